// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>
#include <reference/naive_packer.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/tokens/packer.hpp>

#include <utility>

using namespace equinfo;

namespace {

std::vector<token> packed(const token_packer& packer, const std::vector<std::byte>& bytes, std::uint64_t bit_count) {
    bit_reader source(bytes);
    std::vector<token> tokens;
    packer.pack(source, bit_count, tokens);
    return tokens;
}

}  // namespace

TEST_CASE("token_packer: the first bit is the most significant one and the last token is filled with zeros",
          "[tokens]") {
    const std::vector<std::byte> bytes = test::from_hex("a5 f0 3c");  // 1010 0101 1111 0000 0011 1100
    CHECK(packed(token_packer(1), bytes, 4) == std::vector<token>{1, 0, 1, 0});
    CHECK(packed(token_packer(3), bytes, 8) == std::vector<token>{0b101, 0b001, 0b010});
    CHECK(packed(token_packer(8), bytes, 24) == std::vector<token>{0xa5, 0xf0, 0x3c});
    CHECK(packed(token_packer(8), bytes, 20) == std::vector<token>{0xa5, 0xf0, 0x30});
    CHECK(packed(token_packer(9), bytes, 18) == std::vector<token>{0b101001011, 0b111000000});
    CHECK(packed(token_packer(16), bytes, 24) == std::vector<token>{0xa5f0, 0x3c00});
    CHECK(packed(token_packer(32), bytes, 24) == std::vector<token>{0xa5f03c00});
    CHECK(packed(token_packer(16), bytes, 0).empty());
}

TEST_CASE("token_packer: equals its slow twin for every width", "[tokens]") {
    test::random_source random(1);
    for (unsigned token_bits = 1; token_bits <= 32; ++token_bits) {
        const token_packer packer(token_bits);
        CAPTURE(token_bits);
        for (int round = 0; round < 60; ++round) {
            const std::vector<std::byte> bytes = test::random_bytes(random, random.length(3000));
            const std::uint64_t bit_count = random.below(bytes.size() * 8 + 1);
            const std::vector<token> expected = reference::pack(bytes, bit_count, token_bits);
            REQUIRE(packed(packer, bytes, bit_count) == expected);
            REQUIRE(packer.token_count(bit_count) == expected.size());
            std::vector<token> from_bytes{7};  // appends
            packer.pack_bytes(bytes, bit_count, from_bytes);
            REQUIRE(from_bytes.front() == 7);
            from_bytes.erase(from_bytes.begin());
            REQUIRE(from_bytes == expected);
            bit_writer sink;
            packer.unpack(expected, sink);
            REQUIRE(sink.bit_count() == expected.size() * token_bits);
            REQUIRE(sink.take() == reference::unpack(expected, token_bits));
        }
    }
}

TEST_CASE("token_packer: takes exactly bit_count bits, wherever the source stands", "[tokens]") {
    test::random_source random(2);
    const std::vector<std::byte> bytes = test::random_bytes(random, 4000);
    for (const unsigned token_bits : {1u, 7u, 8u, 13u, 16u, 31u, 32u}) {
        const token_packer packer(token_bits);
        bit_reader source(bytes);
        bit_writer shifted;
        const auto skip = static_cast<unsigned>(random.below(64));
        static_cast<void>(source.read(skip));
        bit_reader again(bytes);
        static_cast<void>(again.read(skip));
        const std::uint64_t bit_count = random.between(10000, 30000);
        for (std::uint64_t i = 0; i < bit_count; ++i) {
            shifted.write(again.read(1), 1);
        }
        std::vector<token> tokens;
        packer.pack(source, bit_count, tokens);
        CHECK(source.bit_count() == skip + bit_count);
        CHECK(tokens == reference::pack(shifted.take(), bit_count, token_bits));
    }
}

TEST_CASE("token_packer: sizes", "[tokens]") {
    CHECK(token_packer(16).vocabulary_size() == 65536);
    CHECK(token_packer(1).vocabulary_size() == 2);
    CHECK(token_packer(32).vocabulary_size() == std::uint64_t{1} << 32);
    CHECK(token_packer(16).token_count(0) == 0);
    CHECK(token_packer(16).token_count(1) == 1);
    CHECK(token_packer(16).token_count(16) == 1);
    CHECK(token_packer(16).token_count(17) == 2);
    CHECK(token_packer(3).token_count(~std::uint64_t{0}) == ~std::uint64_t{0} / 3);  // divisible by 3
    CHECK(token_packer(2).token_count(~std::uint64_t{0}) == std::uint64_t{1} << 63);
    for (const unsigned wrong : {0u, 33u, 1000u}) {
        const auto caught = test::error_of([&] { token_packer{wrong}; });
        REQUIRE(caught);
        CHECK(caught->code == errc::bad_parameter);
    }
}

TEST_CASE("token_packer: an id that is no window token is an error and nothing is written", "[tokens]") {
    for (unsigned token_bits = 1; token_bits < 32; ++token_bits) {
        const token_packer packer(token_bits);
        std::vector<token> tokens(10, static_cast<token>(packer.vocabulary_size() - 1));
        bit_writer sink;
        packer.unpack(tokens, sink);
        CHECK(sink.bit_count() == 10 * token_bits);
        tokens[8] = static_cast<token>(packer.vocabulary_size());
        const auto caught = test::error_of([&] { packer.unpack(tokens, sink); });
        REQUIRE(caught);
        CHECK(caught->code == errc::token_overflow);
        CHECK(caught->offset == token_bits);  // byte 8 * token_bits / 8 of the bits
        CHECK(sink.bit_count() == 10 * token_bits);
    }
}
