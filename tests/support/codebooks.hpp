// SPDX-License-Identifier: MIT
// Strings for tests of codebooks: random ones of every kind, in the order of their bytes.
#pragma once

#include <support/random.hpp>

#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/string_list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace equinfo::test {

using byte_string = std::vector<std::uint8_t>;

enum class string_kind {
    few_letters, // two to four letters, so that nearly all strings begin others
    nested,      // the beginnings of a few long strings
    any_bytes,   // short strings of all bytes
    pairs,       // no string has more than two bytes
    longest,     // all have as many bytes as they may
    text_like,   // cut out of a text
};

inline constexpr std::array all_string_kinds = {string_kind::few_letters, string_kind::nested,  string_kind::any_bytes,
                                                string_kind::pairs,       string_kind::longest, string_kind::text_like};

constexpr std::string_view name_of(string_kind kind) {
    constexpr std::array<std::string_view, 6> names = {"few_letters", "nested", "any_bytes", "pairs", "longest", "text_like"};
    return names[static_cast<std::size_t>(kind)];
}

/// All strings of one byte.
inline std::vector<byte_string> single_bytes() {
    std::vector<byte_string> strings(256);
    for (std::size_t i = 0; i < 256; ++i) {
        strings[i] = {static_cast<std::uint8_t>(i)};
    }
    return strings;
}

/// The strings in the order of their bytes.
inline string_list sorted(std::vector<byte_string> strings) {
    std::sort(strings.begin(), strings.end());
    string_list list;
    for (const byte_string& string : strings) {
        list.push_back(string);
    }
    return list;
}

/// `count` strings (at least 256) of 1 to `longest` bytes in order, all single bytes among them, and some of them twice.
inline string_list random_strings(random_source& random, std::size_t count, string_kind kind, std::size_t longest) {
    std::vector<byte_string> strings = single_bytes();
    const auto text = random_text(random, 20000, text_kind::text_like);
    const std::uint64_t letters = random.between(2, 4);
    while (strings.size() < count) {
        byte_string string;
        if (kind == string_kind::nested) {
            string = random_text(random, longest, text_kind::few_symbols);
            for (std::size_t length = 1; length <= longest && strings.size() < count; length += 1 + random.length(5)) {
                strings.emplace_back(string.begin(), string.begin() + static_cast<std::ptrdiff_t>(length));
            }
            continue;
        }
        if (kind == string_kind::text_like) {
            const std::size_t length = 2 + random.length(std::min<std::size_t>(longest, 20) - 2);
            const auto from = text.begin() + static_cast<std::ptrdiff_t>(random.below(text.size() - length));
            string.assign(from, from + static_cast<std::ptrdiff_t>(length));
        } else if (kind == string_kind::few_letters) {
            string.resize(1 + random.length(longest - 1));
            for (std::uint8_t& byte : string) {
                byte = static_cast<std::uint8_t>('a' + std::min(random.below(letters), random.below(letters)));
            }
        } else {
            const auto short_length = 1 + static_cast<std::size_t>(random.below(std::min<std::size_t>(longest, 6)));
            string.resize(kind == string_kind::pairs ? 2 : kind == string_kind::longest ? longest : short_length);
            for (std::uint8_t& byte : string) {
                byte = static_cast<std::uint8_t>(random.bits(8));
            }
        }
        strings.push_back(string);
    }
    return sorted(strings);
}

/// A text of at least `length` bytes out of strings of the list, some of them cut.
inline byte_string text_of_strings(random_source& random, const string_list& strings, std::size_t length) {
    byte_string text;
    while (text.size() < length) {
        const std::span string = strings[static_cast<std::size_t>(random.below(strings.size()))];
        const std::size_t taken = random.chance(1, 3) ? static_cast<std::size_t>(random.below(string.size() + 1)) : string.size();
        text.insert(text.end(), string.begin(), string.begin() + static_cast<std::ptrdiff_t>(taken));
    }
    return text;
}

/// A book of 2^bits random strings.
inline codebook random_book(random_source& random, unsigned bits, string_kind kind, codebook_origin origin = {}) {
    const std::size_t longest = kind == string_kind::longest && bits > 10 ? 120 : max_window_symbols(bits);
    return codebook(bits, random_strings(random, std::size_t{1} << bits, kind, longest), origin);
}

}  // namespace equinfo::test
