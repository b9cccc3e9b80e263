// SPDX-License-Identifier: MIT
// Archives written and read as streams: every text comes back, from the same bytes whatever the threads.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

template <class Model>
void check_sizes(const Model& model, std::uint64_t seed) {
    random_source random(seed);
    constexpr std::uint32_t block = 64;
    for (const std::size_t size : {0u, 1u, 63u, 64u, 65u, 127u, 128u, 129u, 640u, 1000u}) {
        for (const text_kind kind : all_text_kinds) {
            INFO(size << " bytes, " << name_of(kind));
            const text_bytes text = random_text(random, size, kind);
            const archive_bytes archive = pack(text, model, {"model", block, 1});
            REQUIRE(unpack(archive, model) == text);
            for (const unsigned threads : {2u, 5u}) {
                REQUIRE(pack(text, model, {"model", block, threads}) == archive);
                REQUIRE(unpack(archive, model, threads) == text);
            }
            const std::size_t blocks = (size + block - 1) / block;
            REQUIRE(archive.size() <= 48 + 5 + size + 24 * blocks);
        }
    }
}

}  // namespace

TEST_CASE("archive: texts around the block size come back under every model, alike for every -j", "[archive]") {
    random_source random(1);
    check_sizes(uniform_model{}, 2);
    check_sizes(adaptive_model{}, 3);
    check_sizes(static_model<16>::from_text(random_text(random, 1000)), 4);
    check_sizes(mixed_model<adaptive_model, uniform_model>{}, 5);
}

TEST_CASE("archive: block sizes from 1 byte on", "[archive]") {
    random_source random(6);
    const text_bytes text = random_text(random, 500, text_kind::text_like);
    for (const std::uint32_t block : {1u, 2u, 3u, 499u, 500u, 501u, max_block_size}) {
        const archive_bytes archive = pack(text, adaptive_model{}, {"a", block, 1});
        CHECK(unpack(archive, adaptive_model{}) == text);
        CHECK(unpack(archive, adaptive_model{}, 3) == text);
    }
}

TEST_CASE("archive: noise is stored, at 24 bytes a block and 48 and the name for the rest", "[archive]") {
    random_source random(7);
    const text_bytes noise = random_text(random, 100000, text_kind::uniform);
    memory_source source(bytes_of(noise));
    memory_sink sink;
    const archive_summary summary = compress_stream(source, sink, adaptive_model{}, {"abc", 1000, 2});
    CHECK(summary == archive_summary{100000, 48 + 3 + 100000 + 24 * 100, 100, 100});
    CHECK(sink.bytes().size() == summary.archive_bytes);
    CHECK(unpack(sink.bytes(), adaptive_model{}) == noise);
    // Coding that gains nothing is not kept either: the uniform model gives just as many bytes.
    CHECK(pack(noise, uniform_model{}, {"abc", 1000, 1}).size() == summary.archive_bytes);
}

TEST_CASE("archive: text costs its information and the documented frames", "[archive]") {
    random_source random(8);
    const text_bytes text = random_text(random, 50000, text_kind::text_like);
    const auto model = static_model<16>::from_text(text);
    double information = 0;
    for (const std::uint8_t symbol : text) {
        information += 16 - std::log2(static_cast<double>(model.predict().range_of(symbol).freq));
    }
    const archive_bytes archive = pack(text, model, {"static", 10000, 1});
    CHECK(static_cast<double>(archive.size()) >= information / 8 + 48 + 6 + 5 * 24);
    CHECK(static_cast<double>(archive.size()) <= information / 8 * 1.0001 + 48 + 6 + 5 * 25);
}

TEST_CASE("archive: what a source gives one byte at a time makes the same archive", "[archive]") {
    random_source random(9);
    const text_bytes text = random_text(random, 3000, text_kind::text_like);
    const archive_bytes archive = pack(text, adaptive_model{}, {"a", 700, 1});
    trickling_source slow_text(bytes_of(text));
    memory_sink packed;
    compress_stream(slow_text, packed, adaptive_model{}, {"a", 700, 2});
    CHECK(std::equal(packed.bytes().begin(), packed.bytes().end(), archive.begin(), archive.end()));
    trickling_source slow_archive(archive);
    memory_sink unpacked;
    decompress_stream(slow_archive, unpacked, adaptive_model{}, {2});
    CHECK(std::equal(text.begin(), text.end(), text_of(unpacked.bytes()).begin(), text_of(unpacked.bytes()).end()));
}

TEST_CASE("archive_writer: the pieces of the text do not matter", "[archive]") {
    random_source random(10);
    const text_bytes text = random_text(random, 5000);
    const archive_bytes expected = pack(text, adaptive_model{}, {"a", 512, 1});
    for (int round = 0; round < 20; ++round) {
        memory_sink sink;
        archive_writer<memory_sink, adaptive_model> writer(sink, adaptive_model{}, {"a", 512, 1});
        std::span<const std::uint8_t> rest(text);
        while (!rest.empty()) {
            const std::size_t count = std::min(rest.size(), random.length(2000));
            writer.write(rest.first(count));
            rest = rest.subspan(count);
        }
        CHECK(writer.finish().archive_bytes == expected.size());
        REQUIRE(std::equal(expected.begin(), expected.end(), sink.bytes().begin(), sink.bytes().end()));
    }
}

TEST_CASE("archive: what sink and source throw comes out", "[archive]") {
    random_source random(11);
    const text_bytes text = random_text(random, 20000, text_kind::text_like);
    const archive_bytes archive = pack(text, adaptive_model{}, {"a", 500, 1});
    for (const unsigned threads : {1u, 3u}) {
        for (const std::size_t limit : {0u, 25u, 40u, 5000u}) {
            full_sink packed(limit);
            memory_source source(bytes_of(text));
            REQUIRE_THROWS_AS(compress_stream(source, packed, adaptive_model{}, {"a", 500, threads}), error);
            full_sink unpacked(limit);
            memory_source packed_source(archive);
            REQUIRE_THROWS_AS(decompress_stream(packed_source, unpacked, adaptive_model{}, {threads}), error);
            memory_sink sink;
            failing_source failing{std::span(archive).first(limit)};
            REQUIRE_THROWS_AS(decompress_stream(failing, sink, adaptive_model{}, {threads}), error);
            failing_source failing_text(bytes_of(text).first(limit));
            REQUIRE_THROWS_AS(compress_stream(failing_text, sink, adaptive_model{}, {"a", 500, threads}), error);
        }
    }
}

TEST_CASE("archive: progress ends with all of it, and never goes back", "[archive]") {
    random_source random(12);
    const text_bytes text = random_text(random, 200000, text_kind::text_like);
    for (const unsigned threads : {1u, 2u}) {
        archive_summary seen;
        const auto progress = [&seen](std::uint64_t text_count, std::uint64_t archive_count) {
            REQUIRE(text_count >= seen.text_bytes);
            REQUIRE(archive_count >= seen.archive_bytes);
            seen.text_bytes = text_count;
            seen.archive_bytes = archive_count;
        };
        memory_source source(bytes_of(text));
        memory_sink sink;
        const auto packed = compress_stream(source, sink, adaptive_model{}, {"a", 4096, threads}, progress);
        CHECK(seen.text_bytes == packed.text_bytes);
        CHECK(seen.archive_bytes == packed.archive_bytes);
        seen = {};
        memory_source archive(sink.bytes());
        memory_sink back;
        CHECK(decompress_stream(archive, back, adaptive_model{}, {threads}, progress) == packed);
        CHECK(seen.text_bytes == text.size());
    }
}

TEST_CASE("archive_info: tells the contents without the model", "[archive]") {
    random_source random(13);
    text_bytes text = random_text(random, 5000, text_kind::text_like);
    const text_bytes noise = random_text(random, 2500, text_kind::uniform);
    text.insert(text.end(), noise.begin(), noise.end());
    const archive_bytes archive = pack(text, adaptive_model{}, {"adaptive", 1000, 1});
    trickling_source source(archive);
    const archive_info info = read_archive_info(source);
    CHECK(info.header == archive_header{"adaptive", adaptive_model{}.fingerprint(), 1000});
    CHECK(info.summary == archive_summary{7500, archive.size(), 8, 3});
    memory_source again(archive);
    const archive_header header = read_archive_header(again);
    std::uint64_t end = header.size();
    walk_blocks(again, header, [&end](const archive_frame& frame, std::uint64_t offset) {
        CHECK(offset == end + archive_frame::size);
        end = offset + frame.payload_size;
    });
    CHECK(end + archive_frame::size == archive.size());
}
