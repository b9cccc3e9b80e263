// SPDX-License-Identifier: MIT
// Reading on behind damage: all blocks that are whole come out, and each damage is told.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/models/adaptive_model.hpp>

#include <algorithm>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

constexpr std::size_t block = 200;

struct recovery {
    text_bytes text;
    std::vector<archive_damage> damage;
    archive_summary summary;
};

recovery recover(std::span<const std::byte> archive, unsigned threads) {
    recovery result;
    memory_source source(archive);
    memory_sink sink;
    result.summary = decompress_stream(source, sink, adaptive_model{}, {threads}, no_progress{},
                                       [&result](const archive_damage& d) { result.damage.push_back(d); });
    result.text.assign(text_of(sink.bytes()).begin(), text_of(sink.bytes()).end());
    return result;
}

/// The text less the blocks named.
text_bytes without(const text_bytes& text, const std::vector<std::size_t>& lost) {
    text_bytes rest;
    for (std::size_t at = 0; at < text.size(); at += block) {
        if (std::find(lost.begin(), lost.end(), at / block) == lost.end()) {
            const auto end = std::min(at + block, text.size());
            rest.insert(rest.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                        text.begin() + static_cast<std::ptrdiff_t>(end));
        }
    }
    return rest;
}

struct ten_blocks {
    text_bytes text;
    archive_bytes bytes;
    std::vector<std::size_t> frames;

    ten_blocks() {
        random_source random(31);
        text = random_text(random, 10 * block - 30, text_kind::text_like);
        bytes = pack(text, adaptive_model{}, {"adaptive", block, 1});
        frames = frames_of(bytes);
        REQUIRE(frames.size() == 11);
    }
};

}  // namespace

TEST_CASE("recovery: a flipped bit anywhere costs the block that it is in, and no other", "[archive]") {
    const ten_blocks archive;
    for (std::size_t at = archive.frames[0]; at < archive.bytes.size(); at += 3) {
        INFO("byte " << at);
        auto bytes = archive.bytes;
        bytes[at] ^= std::byte{4};
        const auto hit = static_cast<std::size_t>(
            std::upper_bound(archive.frames.begin(), archive.frames.end(), at) - archive.frames.begin() - 1);
        const recovery result = recover(bytes, at % 2 == 0 ? 1u : 3u);
        REQUIRE(result.text == (hit == 10 ? archive.text : without(archive.text, {hit})));
        REQUIRE_FALSE(result.damage.empty());
        REQUIRE(result.summary.text_bytes == result.text.size());
        REQUIRE(result.damage[0].block == hit);
        const bool in_frame = at < archive.frames[hit] + archive_frame::size;
        REQUIRE(result.damage[0].what.offset() == archive.frames[hit] + (in_frame ? 0 : archive_frame::size));
        std::uint64_t lost = 0;
        for (const archive_damage& d : result.damage) {
            lost += d.text_bytes;
        }
        REQUIRE(lost == archive.text.size() - result.text.size());
    }
}

TEST_CASE("recovery: nothing wrong, nothing told", "[archive]") {
    const ten_blocks archive;
    const recovery result = recover(archive.bytes, 2);
    CHECK(result.damage.empty());
    CHECK(result.text == archive.text);
}

TEST_CASE("recovery: of a cut archive the whole blocks come out", "[archive]") {
    const ten_blocks archive;
    for (std::size_t size = archive.frames[0]; size < archive.bytes.size(); size += 7) {
        const auto whole = static_cast<std::size_t>(
            std::upper_bound(archive.frames.begin() + 1, archive.frames.end(), size) - archive.frames.begin() - 1);
        const recovery result = recover(std::span(archive.bytes).first(size), 2);
        const auto count = static_cast<std::ptrdiff_t>(std::min(whole * block, archive.text.size()));
        REQUIRE(result.text == text_bytes(archive.text.begin(), archive.text.begin() + count));
        REQUIRE(result.damage.size() == 1);
        REQUIRE(result.damage[0].what.code() == errc::truncated);
    }
}

TEST_CASE("recovery: blocks behind lost, added and overwritten bytes are found", "[archive]") {
    const ten_blocks archive;
    auto bytes = archive.bytes;
    const auto at = [&](std::size_t i) { return bytes.begin() + static_cast<std::ptrdiff_t>(i); };

    bytes.erase(at(archive.frames[3] + 5), at(archive.frames[5] + 9));
    CHECK(recover(bytes, 1).text == without(archive.text, {3, 4, 5}));

    bytes = archive.bytes;
    bytes.insert(at(archive.frames[4]), 70000, std::byte{0xF2});
    CHECK(recover(bytes, 2).text == archive.text);
    CHECK(recover(bytes, 2).damage.size() == 1);

    // A block that lost bytes swallows the frame behind it: two are gone.
    bytes = archive.bytes;
    bytes.erase(at(archive.frames[6] + 30));
    CHECK(recover(bytes, 1).text == without(archive.text, {6, 7}));

    bytes = archive.bytes;
    std::fill(at(archive.frames[0]), at(archive.frames[9]), std::byte{0});
    CHECK(recover(bytes, 1).text == without(archive.text, {0, 1, 2, 3, 4, 5, 6, 7, 8}));

    // A block that comes twice is written once.
    bytes = archive.bytes;
    bytes.insert(at(archive.frames[2]), archive.bytes.begin() + static_cast<std::ptrdiff_t>(archive.frames[1]),
                 archive.bytes.begin() + static_cast<std::ptrdiff_t>(archive.frames[2]));
    CHECK(recover(bytes, 1).text == archive.text);
    CHECK(recover(bytes, 1).damage.size() == 1);
}

TEST_CASE("recovery: random damage never crashes, and all that comes out was there", "[archive]") {
    const ten_blocks archive;
    random_source random(32);
    for (int round = 0; round < 3000; ++round) {
        auto bytes = archive.bytes;
        for (std::uint64_t times = random.between(1, 6); times > 0 && bytes.size() > 40; --times) {
            const std::size_t at = random.between(archive.frames[0], bytes.size() - 1);
            const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            switch (random.below(3)) {
            case 0: *here ^= static_cast<std::byte>(1 + random.below(255)); break;
            case 1:
                bytes.erase(here, here + static_cast<std::ptrdiff_t>(std::min(random.length(300), bytes.size() - at)));
                break;
            default: {
                const auto more = random_bytes(random, random.length(300));
                bytes.insert(here, more.begin(), more.end());
            }
            }
        }
        const recovery result = recover(bytes, 1);
        // Every block of the result is a block of the text, in order.
        std::size_t from = 0;
        std::size_t at = 0;
        while (at < result.text.size()) {
            REQUIRE(from < archive.text.size());
            const std::size_t count = std::min(block, archive.text.size() - from);
            if (at + count <= result.text.size() &&
                std::equal(archive.text.begin() + static_cast<std::ptrdiff_t>(from),
                           archive.text.begin() + static_cast<std::ptrdiff_t>(from + count),
                           result.text.begin() + static_cast<std::ptrdiff_t>(at))) {
                at += count;
            }
            from += count;
        }
    }
}
