// SPDX-License-Identifier: MIT
// How much memory archives take.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/counted_memory.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/message.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/static_model.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

/// Gives `left` bytes of text, never holding them.
struct long_source {
    std::size_t left;
    random_source random{41};
    std::size_t read(std::span<std::byte> room) {
        const std::size_t count = std::min(left, room.size());
        for (auto& byte : room.first(count)) {
            byte = static_cast<std::byte>('a' + random.below(4));
        }
        left -= count;
        return count;
    }
};

struct null_sink {
    void write(std::span<const std::byte>) {}
};

constexpr std::size_t overhead = 300000;  // buffers of 64 KiB, models, threads

}  // namespace

TEST_CASE("memory: streams take blocks and threads, not the length of the text", "[archive]") {
    constexpr std::size_t block = 100000;
    for (const unsigned threads : {1u, 2u, 4u}) {
        const std::size_t blocks = 2 * threads + 2;
        memory_sink archive;
        compress_stream(*std::make_unique<long_source>(long_source{6000000}), archive, adaptive_model{}, {"a", block, 1});
        const std::size_t packing = peak_of([&] {
            long_source text{6000000};
            null_sink sink;
            compress_stream(text, sink, adaptive_model{}, {"a", block, threads});
        });
        INFO("threads " << threads << ": " << packing << " bytes");
        CHECK(packing <= blocks * 3 * block + overhead);
        const std::size_t unpacking = peak_of([&] {
            memory_source source(archive.bytes());
            null_sink sink;
            decompress_stream(source, sink, adaptive_model{}, {threads});
        });
        INFO("unpacking " << unpacking << " bytes");
        CHECK(unpacking <= blocks * 3 * block + overhead);
    }
}

TEST_CASE("memory: a promise of 64 MiB takes nothing before the bytes come", "[archive]") {
    const archive_header header{"adaptive", adaptive_model{}.fingerprint(), max_block_size};
    const std::uint32_t crc = detail::checksum_of(header);
    for (const block_kind kind : {block_kind::stored, block_kind::coded}) {
        for (const std::size_t there : {0u, 100u, 100000u}) {
            const std::uint32_t payload = kind == block_kind::stored ? max_block_size : max_block_size - 1;
            archive_bytes bytes = detail::bytes_of_header(header);
            const auto frame = detail::bytes_of_frame({kind, 0, max_block_size, payload, 0}, crc);
            bytes.insert(bytes.end(), frame.begin(), frame.end());
            bytes.resize(bytes.size() + there, std::byte{0x5A});
            const std::size_t peak = peak_of([&] { CHECK(try_unpack(bytes, adaptive_model{}).code == errc::truncated); });
            INFO(peak << " bytes for " << there);
            CHECK(peak <= overhead + 4 * there);
            const std::size_t walking = peak_of([&] {
                memory_source source(bytes);
                CHECK_THROWS_AS(read_archive_info(source), error);
            });
            CHECK(walking <= overhead);
        }
    }
}

TEST_CASE("memory: a short payload that promises a long text takes what it decodes to", "[archive]") {
    const archive_header header{"adaptive", adaptive_model{}.fingerprint(), max_block_size};
    archive_bytes bytes = detail::bytes_of_header(header);
    const auto frame = detail::bytes_of_frame({block_kind::coded, 0, max_block_size, 100, 0}, detail::checksum_of(header));
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    bytes.resize(bytes.size() + 100, std::byte{0x77});
    const std::size_t peak = peak_of([&] { CHECK(try_unpack(bytes, adaptive_model{}).code == errc::corrupt); });
    CHECK(peak <= overhead);

    independent_lanes<adaptive_model> lanes(adaptive_model{}, 2);
    const std::vector<placed_block> blocks(2, {{block_kind::coded, 0, max_block_size, 100, 0}, 0, {100, std::byte{0x77}}});
    const std::size_t together = peak_of([&] {
        for (const decoded_block& block : decode_blocks(lanes, std::span<const placed_block>(blocks))) {
            CHECK(block.fault.has_value());
        }
    });
    CHECK(together <= overhead);
}

TEST_CASE("memory: ten bytes of a hostile message make no gigabytes", "[archive]") {
    std::array<std::uint64_t, 256> counts{};
    counts[0] = 1;  // 0.00002 bits a symbol: the most that a model of bytes can do
    const auto model = static_model<24>::from_counts(counts);
    std::vector<std::byte> message = {detail::long_coded};
    message.resize(9);
    store_little(message.data() + 1, model.fingerprint());
    detail::append_varint(message, default_max_text);
    message.resize(message.size() + 4);
    message.insert(message.end(), 10, std::byte{0});
    const std::size_t peak = peak_of([&] { CHECK_THROWS_AS(decompress(message, model), error); });
    CHECK(peak <= 20 * 365000 * 3);
    for (unsigned first = 0; first < 256; ++first) {
        std::vector<std::byte> garbage(12, static_cast<std::byte>(first));
        const std::size_t used = peak_of([&] {
            std::size_t size = 0;
            try {
                size = decompress(garbage, model).size();
            } catch (const error&) {  // most are
            }
            REQUIRE(size <= longest_short_message);
        });
        REQUIRE(used <= 4 * longest_short_message);
    }
}
