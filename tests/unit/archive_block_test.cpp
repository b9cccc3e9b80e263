// SPDX-License-Identifier: MIT
// One block by itself.

#include <support/catch.hpp>
#include <support/random.hpp>

#include <equinfo/archive/block.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <array>
#include <span>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

TEST_CASE("encode_block: the model's state before it does not matter", "[archive]") {
    random_source random(1);
    const auto text = random_text(random, 3000, text_kind::text_like);
    adaptive_model fresh;
    adaptive_model used;
    for (const std::uint8_t symbol : random_text(random, 1000)) {
        used.update(symbol);
    }
    const archive_block block = encode_block(fresh, text, 7);
    CHECK(block.frame == encode_block(used, text, 7).frame);
    CHECK(block.payload == encode_block(used, text, 7).payload);
    CHECK(block.frame.number == 7);
    CHECK(block.frame.kind == block_kind::coded);
    CHECK(decode_block(used, block.frame, block.payload) == text);
}

TEST_CASE("encode_block: a payload is never longer than its text, and a coded one shorter", "[archive]") {
    random_source random(2);
    for (int round = 0; round < 500; ++round) {
        const auto text = random_text(random, 1 + random.length(20000));
        adaptive_model model;
        const archive_block block = encode_block(model, text);
        REQUIRE(block.payload.size() == block.frame.payload_size);
        REQUIRE(block.frame.text_size == text.size());
        if (block.frame.kind == block_kind::coded) {
            REQUIRE(block.payload.size() < text.size());
        } else {
            REQUIRE(block.payload.size() == text.size());
        }
        REQUIRE(decode_block(model, block.frame, block.payload) == text);
    }
}

TEST_CASE("encode_block: a text that is nearly certain may take no byte at all", "[archive]") {
    std::array<std::uint64_t, 256> counts{};
    counts[0] = 1;  // the rest has the least frequency, and symbol 0 lies at the bottom, where zeros are read
    auto model = static_model<24>::from_counts(counts);
    const std::vector<std::uint8_t> text(100000, 0);
    const archive_block block = encode_block(model, text);
    CHECK(block.payload.empty());
    CHECK(decode_block(model, block.frame, block.payload) == text);
}

TEST_CASE("decode_block: names damage, with the offset given", "[archive]") {
    random_source random(3);
    const auto text = random_text(random, 5000, text_kind::text_like);
    adaptive_model model;
    archive_block block = encode_block(model, text, 3);
    const auto refusal = [&](const archive_frame& frame, std::span<const std::byte> payload) {
        try {
            static_cast<void>(decode_block(model, frame, payload, 1234));
        } catch (const error& e) {
            CHECK(e.offset() == 1234);
            CHECK(std::string(e.what()).find("block 3") == 0);
            return e.code();
        }
        return errc::io;
    };
    CHECK(refusal(block.frame, std::span(block.payload).first(block.payload.size() - 1)) == errc::corrupt);
    auto longer = block.payload;
    longer.push_back(std::byte{0});
    CHECK(refusal(block.frame, longer) == errc::corrupt);
    auto frame = block.frame;
    ++frame.text_crc;
    CHECK(refusal(frame, block.payload) == errc::bad_checksum);
    for (std::size_t bit = 0; bit < 8 * block.payload.size(); bit += 11) {
        auto changed = block.payload;
        changed[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        const errc code = refusal(block.frame, changed);
        REQUIRE((code == errc::corrupt || code == errc::bad_checksum));
    }
}

TEST_CASE("decode_block: a few bytes that promise 64 MiB end soon", "[archive]") {
    adaptive_model model;
    const std::vector<std::byte> payload(10, std::byte{0x55});
    const archive_frame frame{block_kind::coded, 0, max_block_size, 10, 0};
    CHECK_THROWS_AS(decode_block(model, frame, payload), error);
}
