// SPDX-License-Identifier: MIT
// What a codebook takes and what it refuses, and columns of strings.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/string_column.hpp>
#include <equinfo/error.hpp>
#include <equinfo/windows/params.hpp>

#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

using refusal = std::optional<std::pair<errc, std::uint64_t>>;

refusal refused(unsigned window_bits, const string_list& strings) {
    try {
        static_cast<void>(codebook(window_bits, strings));
    } catch (const error& problem) {
        return std::pair(problem.code(), problem.offset());
    }
    return std::nullopt;
}

refusal at(errc code, std::uint64_t offset) { return std::pair(code, offset); }

/// 2^bits strings in order: all bytes, and `more` between "a" and "b".
std::vector<byte_string> strings_with(unsigned window_bits, std::vector<byte_string> more = {}) {
    std::vector<byte_string> strings = single_bytes();
    strings.insert(strings.end(), more.begin(), more.end());
    for (unsigned i = 0; strings.size() < std::size_t{1} << window_bits; ++i) {
        strings.push_back({'x', static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    }
    std::sort(strings.begin(), strings.end());
    return strings;
}

string_list listed(const std::vector<byte_string>& strings) {
    string_list list;
    for (const byte_string& string : strings) {
        list.push_back(string);
    }
    return list;
}

std::size_t place_of(const std::vector<byte_string>& strings, const byte_string& string) {
    return static_cast<std::size_t>(std::find(strings.begin(), strings.end(), string) - strings.begin());
}

}  // namespace

TEST_CASE("codebook: has the strings that it was made of", "[codebook]") {
    random_source random(4701);
    for (const unsigned window_bits : {9u, 11u, 13u}) {
        for (const string_kind kind : all_string_kinds) {
            INFO(name_of(kind) << ", " << window_bits << " bits");
            const string_list strings = random_strings(random, std::size_t{1} << window_bits, kind, 100);
            const codebook book(window_bits, strings, {42, true});
            REQUIRE(book.window_bits() == window_bits);
            REQUIRE(book.size() == strings.size());
            REQUIRE(book.origin() == codebook_origin{42, true});
            REQUIRE(book.memory() > strings.total_bytes() / 255);
            std::size_t longest = 0;
            for (std::size_t i = 0; i < strings.size(); ++i) {
                REQUIRE(std::equal(book[i].begin(), book[i].end(), strings[i].begin(), strings[i].end()));
                longest = std::max(longest, strings[i].size());
                const string_match match = book.match(strings[i]);
                REQUIRE(match.length == strings[i].size());
                REQUIRE(match.number <= i);
            }
            REQUIRE(book.longest() == longest);
        }
    }
}

TEST_CASE("codebook: other sizes and counts are refused", "[codebook]") {
    const string_list strings = listed(strings_with(9));
    REQUIRE_FALSE(refused(9, strings));
    REQUIRE(refused(8, strings) == at(errc::bad_parameter, 0));
    REQUIRE(refused(0, strings) == at(errc::bad_parameter, 0));
    REQUIRE(refused(21, strings) == at(errc::bad_parameter, 0));
    REQUIRE(refused(10, strings) == at(errc::bad_parameter, 0));
    REQUIRE(refused(9, listed(strings_with(10))) == at(errc::bad_parameter, 0));
    REQUIRE(refused(9, {}) == at(errc::bad_parameter, 0));
}

TEST_CASE("codebook: strings out of order, empty or too long are refused by their number", "[codebook]") {
    for (const std::size_t place : {1u, 100u, 300u, 511u}) {
        INFO(place);
        auto strings = strings_with(9);
        std::swap(strings[place - 1], strings[place]);
        REQUIRE(refused(9, listed(strings)) == at(errc::bad_parameter, place));
    }
    auto strings = strings_with(9);
    strings[0] = {};
    REQUIRE(refused(9, listed(strings)) == at(errc::bad_parameter, 0));
    strings = strings_with(9);
    strings[77] = {};
    REQUIRE(refused(9, listed(strings)) == at(errc::bad_parameter, 77));
    for (const unsigned window_bits : {9u, 10u, 12u}) {
        const byte_string longest(16 * window_bits - 1, 'a');
        REQUIRE_FALSE(refused(window_bits, listed(strings_with(window_bits, {longest}))));
        const byte_string longer(16 * window_bits, 'a');
        strings = strings_with(window_bits, {longer});
        REQUIRE(refused(window_bits, listed(strings)) == at(errc::bad_parameter, place_of(strings, longer)));
    }
    strings = strings_with(9, {{'a', 'b'}, {'a', 'b'}, {'a', 'b'}});
    REQUIRE_FALSE(refused(9, listed(strings)));
    REQUIRE(codebook(9, listed(strings)).match(byte_string{'a', 'b'}).number == place_of(strings, {'a', 'b'}));
}

TEST_CASE("codebook: without one of the single bytes it is refused", "[codebook]") {
    for (const std::size_t byte : {0u, 97u, 255u}) {
        INFO(byte);
        auto strings = strings_with(9);
        strings[place_of(strings, {static_cast<std::uint8_t>(byte)})] = {static_cast<std::uint8_t>(byte), 0};
        REQUIRE(refused(9, listed(strings)) == at(errc::bad_parameter, 512));
        // Another single byte twice is no substitute.
        strings = strings_with(9);
        strings[place_of(strings, {static_cast<std::uint8_t>(byte)})] = {static_cast<std::uint8_t>(byte == 0 ? 1 : byte - 1)};
        REQUIRE(refused(9, listed(strings)) == at(errc::bad_parameter, 512));
    }
}

TEST_CASE("codebook: of 128 bytes a string, and of one more", "[codebook]") {
    const auto strings_of = [](std::size_t total) {
        std::vector<byte_string> strings = single_bytes();
        std::size_t left = total - 256;
        for (std::size_t i = 256; i < 2048; ++i) {
            strings.emplace_back(left / (2048 - i), std::uint8_t{'q'});
            left -= strings.back().size();
            strings.back()[1] = static_cast<std::uint8_t>(i >> 8);
            strings.back()[2] = static_cast<std::uint8_t>(i);
        }
        return sorted(strings);
    };
    REQUIRE_FALSE(refused(11, strings_of(128 * 2048)));
    REQUIRE(refused(11, strings_of(128 * 2048 + 1)) == at(errc::too_large, 0));
    REQUIRE(refused(11, strings_of(128 * 2048 + 128)) == at(errc::too_large, 0));
}

TEST_CASE("codebook: the fingerprint tells strings apart, and sizes, and no origins", "[codebook]") {
    std::set<std::uint64_t> seen;
    seen.insert(codebook(9, listed(strings_with(9))).fingerprint());
    seen.insert(codebook(10, listed(strings_with(10))).fingerprint());
    for (const byte_string& string : {byte_string{'a', 'b'}, byte_string{'a', 'c'}, byte_string{'a', 'b', 0}, byte_string{'b', 'a'}}) {
        seen.insert(codebook(9, listed(strings_with(9, {string}))).fingerprint());
    }
    seen.insert(codebook(9, listed(strings_with(9, {{'a', 'b'}, {'c', 'd'}}))).fingerprint());
    seen.insert(codebook(9, listed(strings_with(9, {{'a', 'b', 'c'}, {'d', 'd'}}))).fingerprint());
    REQUIRE(seen.size() == 8);
    REQUIRE(codebook(9, listed(strings_with(9)), {7, true}).fingerprint() == codebook(9, listed(strings_with(9))).fingerprint());
}

TEST_CASE("string column: each string alone, in any room", "[codebook]") {
    random_source random(4702);
    const auto book = std::make_shared<const codebook>(random_book(random, 12, string_kind::text_like));
    string_column column(book);
    REQUIRE(column.size() == 0);
    std::vector<byte_string> strings;
    std::size_t codewords = 0;
    for (int i = 0; i < 500; ++i) {
        strings.push_back(random_text(random, random.chance(1, 10) ? 0 : random.length(40)));
        column.push_back(strings.back());
    }
    REQUIRE(column.size() == strings.size());
    REQUIRE(&column.book() == book.get());
    for (std::size_t i = strings.size(); i-- > 0;) {
        const byte_string& string = strings[i];
        std::vector<std::uint16_t> tokens;
        book->encode(std::span<const std::uint8_t>(string), tokens);
        codewords += tokens.size();
        REQUIRE(std::equal(tokens.begin(), tokens.end(), column.tokens(i).begin(), column.tokens(i).end()));
        REQUIRE(column.length(i) == string.size());
        for (const std::size_t spare : {std::size_t{0}, std::size_t{1}, book->longest()}) {
            byte_string room(string.size() + spare, 0xa5);
            REQUIRE(column.read(i, room) == string.size());
            REQUIRE(std::equal(string.begin(), string.end(), room.begin()));
        }
        byte_string small(string.size() / 2);
        const std::size_t taken = column.read(i, small);
        REQUIRE(taken <= small.size());
        REQUIRE(std::equal(small.begin(), small.begin() + static_cast<std::ptrdiff_t>(taken), string.begin()));
    }
    REQUIRE(column.memory() == 2 * codewords + 4 * (strings.size() + 1));
}
