// SPDX-License-Identifier: MIT
// Strings in a list, in a table and in a trie, against a map.
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/codebook/string_table.hpp>
#include <equinfo/codebook/string_trie.hpp>

#include <reference/reference_codebook.hpp>
#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

void check_match(const string_trie& trie, const reference::codebook& twin, std::span<const std::uint8_t> text) {
    const string_match found = trie.match(text);
    const reference::codebook::match expected = twin.longest_match(text);
    REQUIRE(found.number == expected.number);
    REQUIRE(found.length == expected.length);
}

}  // namespace

TEST_CASE("string list: gives back what it got, empty strings too", "[codebook]") {
    random_source random(4001);
    string_list list;
    REQUIRE(list.empty());
    std::vector<byte_string> strings;
    std::size_t bytes = 0;
    for (int i = 0; i < 300; ++i) {
        strings.push_back(random_text(random, random.length(40)));
        list.push_back(strings.back());
        bytes += strings.back().size();
    }
    REQUIRE(list.size() == 300);
    REQUIRE(list.total_bytes() == bytes);
    for (std::size_t i = 0; i < 300; ++i) {
        REQUIRE(std::equal(list[i].begin(), list[i].end(), strings[i].begin(), strings[i].end()));
    }
    string_list same = list;
    REQUIRE(same == list);
    same.push_back({});
    REQUIRE(same != list);
    string_list ab;
    ab.push_back(byte_string{'a', 'b'});
    string_list a_b;
    a_b.push_back(byte_string{'a'});
    a_b.push_back(byte_string{'b'});
    REQUIRE(ab != a_b);
}

TEST_CASE("string trie: the longest match of every text, and of equal strings the first", "[codebook]") {
    random_source random(4002);
    for (const string_kind kind : all_string_kinds) {
        for (const std::size_t longest : {2u, 3u, 4u, 17u, 64u, 255u, 511u}) {
            const std::size_t count = 256 + random.length(3000);
            INFO(name_of(kind) << ", " << count << " strings of up to " << longest << " bytes");
            const string_list strings = random_strings(random, count, kind, longest);
            const string_trie trie(strings);
            const reference::codebook twin(strings);
            for (int round = 0; round < 400; ++round) {
                const byte_string text = round % 4 == 0 ? random_text(random, 1 + random.length(600))
                                                        : text_of_strings(random, strings, 1 + random.length(600));
                check_match(trie, twin, text);
            }
            for (std::size_t i = 0; i < strings.size(); ++i) {
                check_match(trie, twin, strings[i]);  // ends with the string
            }
        }
    }
}

TEST_CASE("string trie: all texts of three bytes that begin with two given ones", "[codebook]") {
    random_source random(4003);
    const string_list strings = random_strings(random, 4096, string_kind::any_bytes, 6);
    const string_trie trie(strings);
    const reference::codebook twin(strings);
    for (int round = 0; round < 100; ++round) {
        const std::span drawn = strings[static_cast<std::size_t>(random.below(strings.size()))];
        byte_string text(drawn.begin(), drawn.end());
        text.push_back(static_cast<std::uint8_t>(random.bits(8)));
        text.push_back(0);
        for (unsigned last = 0; last < 256; ++last) {
            text.back() = static_cast<std::uint8_t>(last);
            check_match(trie, twin, text);
        }
    }
}

TEST_CASE("string trie: an entry that stays free passes for nobody's child", "[codebook]") {
    // Each of these pairs of bytes goes on with one byte alone, so their bases follow each other without a gap. The last goes on
    // with another byte, so that the entry behind them stays free, with a base for each label that it may carry.
    for (const unsigned last : {1u, 2u, 100u, 255u}) {
        INFO("last label " << last);
        std::vector<byte_string> some = single_bytes();
        for (unsigned second = 0; second < 255; ++second) {
            some.push_back({'a', static_cast<std::uint8_t>(second), 0});
        }
        some.push_back({'b', 0, static_cast<std::uint8_t>(last)});
        const string_list strings = sorted(some);
        const string_trie trie(strings);
        const reference::codebook twin(strings);
        for (unsigned second = 0; second < 256; ++second) {
            for (unsigned third = 0; third < 256; ++third) {
                for (const std::uint8_t first : {std::uint8_t{'a'}, std::uint8_t{'b'}}) {
                    check_match(trie, twin, byte_string{first, static_cast<std::uint8_t>(second), static_cast<std::uint8_t>(third)});
                }
            }
        }
    }
}

TEST_CASE("string trie: a walk goes on only where a string does", "[codebook]") {
    const string_trie trie(sorted([] {
        std::vector<byte_string> strings = single_bytes();
        strings.push_back({'a', 'b', 'c', 'd'});
        return strings;
    }()));
    const byte_string text{'a', 'b', 'c', 'd'};
    string_trie::place at = trie.behind(text.data());
    REQUIRE((at.number() == 'a' && at.back() == 1));
    REQUIRE_FALSE(trie.step(at, 'd'));
    REQUIRE((at.number() == 'a' && at.back() == 1));
    REQUIRE(trie.step(at, 'c'));
    REQUIRE((at.number() == 'a' && at.back() == 2));
    string_trie::place other = trie.behind(text.data() + 2);
    string_trie::place same = at;
    REQUIRE(trie.step_or(same, 'd', other) == 0);
    REQUIRE((same.number() == 'a' + 1 && same.back() == 0));
    REQUIRE(trie.step_or(same, 'e', other) == ~std::uint64_t{0});
    REQUIRE((same.number() == 'c' + 1 && same.back() == 1));
}

TEST_CASE("string table: every string, within the room that it asks for", "[codebook]") {
    random_source random(4004);
    for (const string_kind kind : all_string_kinds) {
        for (const std::size_t longest : {2u, 15u, 16u, 17u, 32u, 255u}) {
            INFO(name_of(kind) << " of up to " << longest << " bytes");
            const string_list strings = random_strings(random, 1024, kind, longest);
            const string_table table(strings);
            REQUIRE(table.size() == strings.size());
            REQUIRE(table.room_for_any() >= table.longest());
            REQUIRE(table.room_for_any() < table.longest() + 16);
            std::size_t most = 0;
            for (std::size_t i = 0; i < strings.size(); ++i) {
                const std::span string = strings[i];
                most = std::max(most, string.size());
                REQUIRE(table.length(i) == string.size());
                REQUIRE(std::equal(table[i].begin(), table[i].end(), string.begin(), string.end()));
                byte_string room(table.room_for_any() + 16, 0xa5);
                REQUIRE(table.copy_to(room.data(), i) == room.data() + string.size());
                REQUIRE(std::equal(string.begin(), string.end(), room.begin()));
                REQUIRE(std::count(room.end() - 16, room.end(), 0xa5) == 16);
            }
            REQUIRE(table.longest() == most);
        }
    }
}

TEST_CASE("string table: a string lies inside one that it begins", "[codebook]") {
    std::vector<byte_string> strings;
    for (std::size_t length = 1; length <= 255; ++length) {
        strings.emplace_back(length, std::uint8_t{'a'});
        strings.emplace_back(length, std::uint8_t{'a'});
    }
    const string_table table(sorted(strings));
    for (std::size_t i = 0; i < table.size(); ++i) {
        REQUIRE(table[i].data() == table[0].data());
        REQUIRE(table[i].size() == 1 + i / 2);
    }
    REQUIRE(table.memory() < sizeof table + 8 * table.size() + 255 + 16 + 1);
}
