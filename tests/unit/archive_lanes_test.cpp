// SPDX-License-Identifier: MIT
// Blocks that are decoded together: the same texts and the same errors as one by one.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/block.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/static_model.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

/// Any model, with lanes; remembers how many were asked for at most.
template <class Model>
struct with_lanes : Model {
    std::shared_ptr<std::atomic<std::size_t>> most = std::make_shared<std::atomic<std::size_t>>(0);
    [[nodiscard]] independent_lanes<Model> lanes(std::size_t count) const {
        for (std::size_t before = *most; before < count && !most->compare_exchange_weak(before, count);) {
        }
        return independent_lanes<Model>(*this, count);
    }
};

m1_model small_transformer() {
    random_source random(5);
    const reference::m1_shape shape = m1_small_shapes()[0];
    return m1_model(std::make_shared<const m1_data>(m1_content_of(shape, random_m1(shape, random))));
}

template <class Model>
std::vector<placed_block> blocks_of(Model model, std::size_t count, std::size_t longest, random_source& random) {
    std::vector<placed_block> blocks;
    for (std::size_t i = 0; i < count; ++i) {
        // Some are stored, some a few symbols, some not a whole number of portions.
        const auto kind = random.chance(1, 4) ? text_kind::uniform : text_kind::text_like;
        const auto text = random_text(random, 1 + random.below(longest), kind);
        archive_block block = encode_block(model, text, static_cast<std::uint32_t>(i));
        blocks.push_back({block.frame, 1000 * i, std::move(block.payload)});
    }
    return blocks;
}

/// Spoils about a third of them in all the ways there are.
void damage(std::vector<placed_block>& blocks, random_source& random) {
    for (placed_block& block : blocks) {
        if (block.payload.empty()) {
            continue;
        }
        switch (random.below(15)) {
            case 0: block.payload.pop_back(); break;
            case 1: block.payload.push_back(std::byte{7}); break;
            case 2: block.payload[random.below(block.payload.size())] ^= std::byte{16}; break;
            case 3: ++block.frame.text_crc; break;
            case 4: block.frame.text_size = max_block_size; break;
            case 5: block.frame.text_size = block.frame.text_size / 2 + 1; break;
            default: break;
        }
    }
}

void expect_same(const std::vector<decoded_block>& together, const std::vector<decoded_block>& alone) {
    REQUIRE(together.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
        INFO("block " << i);
        REQUIRE(together[i].frame == alone[i].frame);
        REQUIRE(together[i].text == alone[i].text);
        REQUIRE(together[i].fault.has_value() == alone[i].fault.has_value());
        if (alone[i].fault) {
            REQUIRE(together[i].fault->code() == alone[i].fault->code());
            REQUIRE(together[i].fault->offset() == alone[i].fault->offset());
            REQUIRE(std::string(together[i].fault->what()) == alone[i].fault->what());
        }
    }
}

template <class Model>
void compare(const Model& model, std::size_t longest, std::uint64_t seed) {
    random_source random(seed);
    for (const std::size_t count : {0u, 1u, 16u, 40u}) {
        for (const std::size_t lanes : {1u, 3u, 16u}) {
            for (const bool damaged : {false, true}) {
                INFO(count << " blocks, " << lanes << " lanes, damaged " << damaged);
                std::vector<placed_block> blocks = blocks_of(model, count, longest, random);
                if (damaged) {
                    damage(blocks, random);
                }
                Model one = model;
                auto many = model.lanes(lanes);
                const auto alone = decode_blocks(one, std::span<const placed_block>(blocks));
                expect_same(decode_blocks(many, std::span<const placed_block>(blocks)), alone);
                const auto faults =
                    std::count_if(alone.begin(), alone.end(), [](const decoded_block& b) { return b.fault.has_value(); });
                REQUIRE((damaged ? count < 40 || faults > 2 : faults == 0));
                if (lanes == 16) {  // the lanes' state before does not matter
                    expect_same(decode_blocks(many, std::span<const placed_block>(blocks)), alone);
                }
            }
        }
    }
}

}  // namespace

TEST_CASE("decode_blocks: lanes give the texts and errors of one block after the other", "[archive]") {
    compare(with_lanes<adaptive_model>(), 12000, 61);
}

TEST_CASE("decode_blocks: a transformer's lanes as well", "[archive]") { compare(small_transformer(), 90, 62); }

TEST_CASE("decode_blocks: promises beside good blocks end soon and take what they decode to", "[archive]") {
    std::array<std::uint64_t, 256> counts{};
    counts[0] = 1;  // the least a symbol can cost
    const auto model = static_model<24>::from_counts(counts);
    auto one = model;
    independent_lanes<static_model<24>> lanes(model, 4);
    std::vector<placed_block> blocks;
    for (std::uint32_t i = 0; i < 6; ++i) {
        archive_block block = encode_block(one, std::vector<std::uint8_t>(100000, 0), i);
        blocks.push_back({block.frame, i, std::move(block.payload)});
    }
    CHECK(blocks[0].payload.empty());
    blocks[2].frame.text_size = max_block_size;
    blocks[3] = {{block_kind::coded, 3, max_block_size, 10, 0}, 3, std::vector<std::byte>(10, std::byte{0x55})};
    const auto results = decode_blocks(lanes, std::span<const placed_block>(blocks));
    expect_same(results, decode_blocks(one, std::span<const placed_block>(blocks)));
    CHECK((results[2].fault.has_value() && results[2].text.capacity() == 0));
    CHECK(results[3].fault.has_value());
    CHECK(results[5].text == std::vector<std::uint8_t>(100000, 0));
}

TEST_CASE("extract_blocks: groups give the same text for every number of threads", "[archive]") {
    random_source random(63);
    const with_lanes<adaptive_model> model;
    for (const std::size_t blocks : {0u, 1u, 2u, 15u, 16u, 17u, 40u, 100u}) {
        const auto text = random_text(random, blocks * 300 - (blocks == 0 ? 0 : 120), text_kind::text_like);
        const archive_bytes archive = pack(text, model, {"adaptive", 300, 1});
        for (const unsigned threads : {1u, 2u, 3u, 8u}) {
            INFO(blocks << " blocks, " << threads << " threads");
            *model.most = 0;
            REQUIRE(unpack(archive, model, threads) == text);
            REQUIRE(*model.most == std::min<std::size_t>(16, (blocks + threads - 1) / threads));
        }
    }
}

TEST_CASE("extract_blocks: groups tell damage in its place, as single blocks do", "[archive]") {
    random_source random(64);
    const auto text = random_text(random, 40 * 250, text_kind::text_like);
    const archive_bytes whole = pack(text, adaptive_model{}, {"adaptive", 250, 1});
    for (int round = 0; round < 300; ++round) {
        archive_bytes bytes = whole;
        for (std::uint64_t times = random.between(1, 4); times > 0; --times) {
            const auto at = static_cast<std::ptrdiff_t>(random.between(32, bytes.size() - 1));
            if (random.chance(1, 4)) {
                bytes.erase(bytes.begin() + at, bytes.begin() + std::min<std::ptrdiff_t>(at + 40, std::ssize(bytes)));
            } else {
                bytes[static_cast<std::size_t>(at)] ^= static_cast<std::byte>(random.between(1, 255));
            }
        }
        const auto told = [&](const auto& model, unsigned threads) {
            std::vector<std::string> events;
            memory_source source(bytes);
            memory_sink sink;
            std::uint64_t last = 0;
            const archive_summary summary = decompress_stream(
                source, sink, model, {threads}, [&](std::uint64_t done, std::uint64_t) { last = done; },
                [&](const archive_damage& d) {
                    events.push_back(std::to_string(sink.bytes().size()) + " " + d.what.what() + " " +
                                     std::to_string(d.block) + " " + std::to_string(d.text_bytes));
                });
            REQUIRE(summary.text_bytes == sink.bytes().size());
            REQUIRE(last <= summary.text_bytes);
            events.emplace_back(string_of(text_of(sink.bytes())));
            return events;
        };
        const auto alone = told(adaptive_model{}, 1);
        REQUIRE(told(with_lanes<adaptive_model>(), 1) == alone);
        REQUIRE(told(with_lanes<adaptive_model>(), 3) == alone);
        REQUIRE(try_unpack(bytes, with_lanes<adaptive_model>(), 2).what == try_unpack(bytes, adaptive_model{}).what);
    }
}
