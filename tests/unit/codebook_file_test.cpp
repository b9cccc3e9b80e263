// SPDX-License-Identifier: MIT
// Codebook files: read back as they were written, cut, or with a bit flipped.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/error.hpp>

#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/file_kind.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

using header = detail::codebook_header;

void require_same(const codebook& book, const codebook& other) {
    REQUIRE(other.window_bits() == book.window_bits());
    REQUIRE(other.origin() == book.origin());
    REQUIRE(other.fingerprint() == book.fingerprint());
    REQUIRE(other.longest() == book.longest());
    for (std::size_t i = 0; i < book.size(); ++i) {
        REQUIRE(std::equal(book[i].begin(), book[i].end(), other[i].begin(), other[i].end()));
    }
}

errc refusal(std::span<const std::byte> file, std::uint64_t* offset = nullptr) {
    try {
        static_cast<void>(read_codebook(file));
    } catch (const error& refused) {
        if (offset != nullptr) {
            *offset = refused.offset();
        }
        return refused.code();
    }
    return errc::io;  // stands for: not refused
}

/// All bytes, ten words, and three bytes behind an x.
codebook small_book() {
    std::vector<byte_string> strings = single_bytes();
    for (const std::string_view word : {"the", "the ", "then", "there", "that", "a cat", "a cat sat", "sat on", "mat", "mat."}) {
        strings.emplace_back(word.begin(), word.end());
    }
    for (unsigned i = 0; strings.size() < 512; ++i) {
        strings.push_back({'x', static_cast<std::uint8_t>(i / 16), static_cast<std::uint8_t>(i)});
    }
    return codebook(9, sorted(strings), {0x1122334455667788u, true});
}

}  // namespace

TEST_CASE("codebook file: every book comes back", "[codebook]") {
    random_source random(4901);
    for (const unsigned window_bits : {9u, 10u, 12u}) {
        for (const string_kind kind : all_string_kinds) {
            INFO(name_of(kind) << ", " << window_bits << " bits");
            const codebook book = random_book(random, window_bits, kind, {random(), random.chance(1, 2)});
            const std::vector<std::byte> file = write_codebook(book);
            const codebook back = read_codebook(file);
            require_same(book, back);
            REQUIRE(write_codebook(back) == file);
        }
    }
}

TEST_CASE("codebook file: strings about the lengths that take a byte more", "[codebook]") {
    std::vector<byte_string> strings = single_bytes();
    std::uint8_t first = 1;
    for (const std::size_t length : {14u, 15u, 16u, 269u, 270u, 271u}) {
        byte_string string(length, 'm');
        string[0] = first++;  // shares nothing with the one before
        strings.push_back(string);
        string.push_back('n');  // shares all of it
        if (length < 271) {
            strings.push_back(string);
        }
        strings.emplace_back(string.begin(), string.begin() + 14);
    }
    for (std::uint32_t i = 0; strings.size() < std::size_t{1} << 17; ++i) {
        strings.push_back({'x', static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    }
    const codebook book(17, sorted(strings), {1, false});
    require_same(book, read_codebook(write_codebook(book)));
}

TEST_CASE("codebook file: two lengths in a byte and a few", "[codebook]") {
    for (std::size_t shared = 0; shared < 800; shared += shared < 20 ? 1 : 5) {
        for (std::size_t more = 0; more < 800; more += more < 20 ? 1 : 5) {
            std::vector<std::byte> bytes;
            detail::append_lengths(bytes, shared, more);
            const auto size_of = [](std::size_t length) { return length < 15 ? 0 : 1 + (length - 15) / 255; };
            REQUIRE(bytes.size() == 1 + size_of(shared) + size_of(more));
            detail::payload_cursor cursor(bytes);
            const std::uint8_t halves = cursor.next();
            REQUIRE(cursor.length(halves >> 4, 800) == shared);
            REQUIRE(cursor.length(halves & 15, 800) == more);
            REQUIRE(cursor.position() == bytes.size());
            REQUIRE_FALSE(cursor.is_cut());
            REQUIRE(cursor.next() == 0);
            REQUIRE(cursor.is_cut());
            REQUIRE(cursor.position() == bytes.size());
        }
    }
    const std::vector<std::byte> endless(10000, std::byte{255});
    detail::payload_cursor cursor(endless);
    REQUIRE(cursor.length(15, 143) > 143);
    REQUIRE(cursor.position() <= 2);
}

TEST_CASE("codebook file: the bytes are what they were", "[codebook]") {
    const codebook book = small_book();
    CHECK(book.fingerprint() == 0xa7985d1d807fd78cu);
    const std::vector<std::byte> file = write_codebook(book);
    CHECK(file.size() == 1090);
    CHECK(crc32(std::span(file).first(file.size() - 4)) == 0x99426b7fu);
    const std::string_view begin("\x89" "EQC\r\n\x1a\n\x01\x09\x01\0", 12);
    CHECK(std::equal(begin.begin(), begin.end(), file.begin(), [](char c, std::byte b) { return static_cast<std::byte>(c) == b; }));
    CHECK(load_little<std::uint32_t>(file.data() + header::payload) == file.size() - 36);
    CHECK(load_little<std::uint64_t>(file.data() + header::model) == 0x1122334455667788u);
    CHECK(load_little<std::uint64_t>(file.data() + header::fingerprint) == book.fingerprint());
    // The first string is one byte, 0, and the second shares nothing with it.
    const std::byte strings[] = {std::byte{1}, std::byte{0}, std::byte{1}, std::byte{1}};
    CHECK(std::equal(std::begin(strings), std::end(strings), file.begin() + header::size));
}

TEST_CASE("codebook file: every cut is named", "[codebook]") {
    const std::vector<std::byte> file = write_codebook(small_book());
    for (std::size_t size = 0; size < file.size(); ++size) {
        std::uint64_t offset = 0;
        REQUIRE(refusal(std::span(file).first(size), &offset) == errc::truncated);
        REQUIRE(offset == size);
    }
}

TEST_CASE("codebook file: the size of a file is known by its first bytes", "[codebook]") {
    CHECK(test::wrong_sizes(codebook_file_size, write_codebook(small_book()), 36) == 0);
}

TEST_CASE("codebook file: bytes behind the end are named", "[codebook]") {
    std::vector<std::byte> file = write_codebook(small_book());
    const std::size_t size = file.size();
    file.push_back(std::byte{0});
    std::uint64_t offset = 0;
    REQUIRE(refusal(file, &offset) == errc::corrupt);
    REQUIRE(offset == size);
}

TEST_CASE("codebook file: every flipped bit is found", "[codebook]") {
    const std::vector<std::byte> file = write_codebook(small_book());
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::vector<std::byte> flipped = file;
            flipped[at] ^= static_cast<std::byte>(1u << bit);
            std::uint64_t offset = 0;
            const errc code = refusal(flipped, &offset);
            if (at < 8) {
                REQUIRE((code == errc::bad_magic && offset == at));
            } else if (at == detail::file_kind::version_place) {
                REQUIRE((code == errc::bad_version && offset == at));
            } else if (at >= header::payload && at < header::model) {
                REQUIRE((code == errc::truncated || code == errc::corrupt));
            } else {
                REQUIRE((code == errc::bad_checksum && offset == file.size() - 4));
            }
        }
    }
}
