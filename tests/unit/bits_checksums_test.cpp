// SPDX-License-Identifier: MIT
// CRC-32, fingerprints and byte order.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/bits/fingerprint.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#ifdef EQUINFO_TEST_ZLIB
#include <zlib.h>
#endif

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

using namespace equinfo;

TEST_CASE("crc32: the check value of its definition", "[bits]") {
    CHECK(crc32(bytes_of("123456789")) == 0xCBF43926u);
    CHECK(crc32({}) == 0);
}

TEST_CASE("crc32: in parts as in one piece, at every length", "[bits]") {
    test::random_source random(2);
    for (std::size_t length = 0; length < 70; ++length) {
        const std::vector<std::byte> bytes = test::random_bytes(random, length);
        const std::span<const std::byte> all = bytes;
        const std::size_t cut = random.below(length + 1);
        REQUIRE(crc32(all.subspan(cut), crc32(all.first(cut))) == crc32(all));
    }
}

#ifdef EQUINFO_TEST_ZLIB
TEST_CASE("crc32: zlib agrees", "[bits]") {
    test::random_source random(3);
    for (int round = 0; round < 200; ++round) {
        const std::vector<std::byte> bytes = test::random_bytes(random, random.length(5000));
        const auto expected =
            ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
        REQUIRE(equinfo::crc32(bytes) == (bytes.empty() ? 0 : expected));
    }
}
#endif

TEST_CASE("fingerprint_builder: pinned, since files hold its values", "[bits]") {
    fingerprint_builder builder("example 1");
    builder.add(1);
    builder.add(bytes_of("123456789"));
    CHECK(builder.value() == 0xa83dfafb88efe4f3u);
}

TEST_CASE("fingerprint_builder: values, order, splits and kinds tell apart", "[bits]") {
    std::set<std::uint64_t> seen;
    const auto put = [&](const fingerprint_builder& builder) { REQUIRE(seen.insert(builder.value()).second); };
    for (std::uint64_t value = 0; value < 1000; ++value) {
        fingerprint_builder builder("kind");
        builder.add(value);
        put(builder);
        builder.add(value);
        put(builder);
    }
    put(fingerprint_builder("kind"));
    put(fingerprint_builder("kine"));
    put(fingerprint_builder(""));
    for (std::size_t cut = 0; cut <= 10; ++cut) {
        fingerprint_builder builder("split");
        const std::vector<std::byte> zeros(10);
        builder.add(std::span(zeros).first(cut));
        builder.add(std::span(zeros).subspan(cut));
        put(builder);
    }
}

TEST_CASE("byte_order: stated, whatever the machine's", "[bits]") {
    std::byte bytes[8];
    store_little<std::uint32_t>(bytes, 0x01020304u);
    CHECK(bytes[0] == std::byte{4});
    CHECK(bytes[3] == std::byte{1});
    CHECK(load_little<std::uint32_t>(bytes) == 0x01020304u);
    CHECK(load_big<std::uint32_t>(bytes) == 0x04030201u);
    store_big<std::uint64_t>(bytes, 0x0102030405060708u);
    CHECK(bytes[0] == std::byte{1});
    CHECK(bytes[7] == std::byte{8});
    CHECK(load_big<std::uint16_t>(bytes) == 0x0102u);
    static_assert(reverse_bytes(std::uint8_t{7}) == 7);
    static_assert(reverse_bytes(std::uint16_t{0x0102}) == 0x0201);
}

TEST_CASE("read_fully: gathers a source that gives little at a time", "[bits]") {
    struct slow_source {
        std::size_t left;
        std::size_t read(std::span<std::byte> room) {
            if (left == 0 || room.empty()) {
                return 0;
            }
            --left;
            room[0] = std::byte{7};
            return 1;
        }
    };
    static_assert(byte_source<slow_source>);
    std::vector<std::byte> room(5);
    slow_source source{7};
    CHECK(read_fully(source, room) == 5);
    CHECK(read_fully(source, room) == 2);
    CHECK(read_fully(source, room) == 0);
}
