// SPDX-License-Identifier: MIT
// bit_writer and bit_reader against a string of zeros and ones.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;

/// The twin: bits as characters.
void append_bits(std::string& bits, std::uint64_t value, unsigned count) {
    for (unsigned bit = count; bit-- != 0;) {
        bits += (value >> bit & 1) != 0 ? '1' : '0';
    }
}

std::string bits_of(const std::vector<std::byte>& bytes) {
    std::string bits;
    for (const std::byte byte : bytes) {
        append_bits(bits, std::to_integer<std::uint64_t>(byte), 8);
    }
    return bits;
}

}  // namespace

TEST_CASE("bit_writer: the first bit is the most significant one of the first byte", "[bits]") {
    bit_writer writer;
    writer.write(1, 1);
    writer.write(0, 2);
    writer.write(0b10110, 5);
    writer.write(0xABC, 12);
    CHECK(writer.bit_count() == 20);
    CHECK(writer.take() == std::vector<std::byte>{std::byte{0b10010110}, std::byte{0xAB}, std::byte{0xC0}});
}

TEST_CASE("bit_writer: bits above the count are ignored, and a count of zero writes nothing", "[bits]") {
    bit_writer writer;
    writer.write(~std::uint64_t{0}, 3);
    writer.write(~std::uint64_t{0}, 0);
    writer.write(0xFF00, 5);
    CHECK(writer.bit_count() == 8);
    CHECK(writer.take() == std::vector<std::byte>{std::byte{0b11100000}});
}

TEST_CASE("bit_writer: it is empty after its bytes were taken", "[bits]") {
    bit_writer writer;
    CHECK(writer.take().empty());
    writer.write(5, 3);
    CHECK(writer.take().size() == 1);
    CHECK(writer.bit_count() == 0);
    CHECK(writer.take().empty());
    writer.write(1, 8);
    CHECK(writer.take() == std::vector<std::byte>{std::byte{1}});
}

TEST_CASE("bit_writer, bit_reader: random widths agree with a string of zeros and ones", "[bits]") {
    test::random_source random(1);
    for (int round = 0; round < 300; ++round) {
        std::vector<std::pair<std::uint64_t, unsigned>> parts(random.below(60));
        bit_writer writer;
        std::string expected;
        for (auto& [value, count] : parts) {
            count = static_cast<unsigned>(random.below(65));
            value = random.bits(count);
            writer.write(value, count);
            append_bits(expected, value, count);
        }
        REQUIRE(writer.bit_count() == expected.size());
        const std::vector<std::byte> bytes = writer.take();
        REQUIRE(bytes.size() == (expected.size() + 7) / 8);
        std::string padded = expected;
        padded.resize(8 * bytes.size(), '0');
        REQUIRE(bits_of(bytes) == padded);

        bit_reader reader(bytes);
        for (const auto& [value, count] : parts) {
            REQUIRE(reader.read(count) == value);
        }
        REQUIRE(reader.bit_count() == expected.size());
        REQUIRE(reader.overrun() == 0);
    }
}

TEST_CASE("bit_reader: behind the end are zeros, and they are counted", "[bits]") {
    const std::vector<std::byte> bytes = {std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}};
    bit_reader reader(bytes);
    CHECK(reader.read(20) == 0xFFFFF);
    CHECK(reader.overrun() == 0);
    CHECK(reader.read(10) == 0b1111000000);
    CHECK(reader.overrun() == 6);
    CHECK(reader.read(64) == 0);
    CHECK(reader.overrun() == 70);
    CHECK(reader.bit_count() == 94);

    bit_reader empty({});
    CHECK(empty.read(64) == 0);
    CHECK(empty.overrun() == 64);
}

TEST_CASE("bit_reader: it goes on wherever it is sent, even far behind the end", "[bits]") {
    const std::vector<std::byte> bytes = {std::byte{0x12}, std::byte{0x34}, std::byte{0x56}};
    bit_reader reader(bytes);
    reader.seek(8);
    CHECK(reader.read(8) == 0x34);
    reader.seek(4);
    CHECK(reader.read(12) == 0x234);
    reader.seek(~std::uint64_t{0} - 200);
    CHECK(reader.read(64) == 0);
}
