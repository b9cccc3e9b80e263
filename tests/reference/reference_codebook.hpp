// SPDX-License-Identifier: MIT
// A codebook as a map from strings to their numbers: the longest match by trying every length that a string has.
#pragma once

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/string_list.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo::reference {

class codebook {
public:
    explicit codebook(const string_list& strings) {
        for (std::size_t i = 0; i < strings.size(); ++i) {
            m_strings.emplace_back(string_of(strings[i]));
            m_lengths.insert(strings[i].size());
        }
        for (std::uint32_t i = 0; i < m_strings.size(); ++i) {
            m_numbers.emplace(m_strings[i], i);  // of equal ones the first stays
        }
    }

    struct match {
        std::uint32_t number;
        std::size_t length;
    };

    /// Of a text that is not empty.
    [[nodiscard]] match longest_match(std::span<const std::uint8_t> text) const {
        for (const std::size_t length : m_lengths) {
            const auto found = length <= text.size() ? m_numbers.find(string_of(text.first(length))) : m_numbers.end();
            if (found != m_numbers.end()) {
                return {found->second, length};
            }
        }
        return {0, 0};
    }

    /// The numbers of the strings from `begin` on until one ends at `stop` or behind it.
    [[nodiscard]] std::vector<std::uint32_t> parse(std::span<const std::uint8_t> text, std::size_t begin, std::size_t stop) const {
        std::vector<std::uint32_t> numbers;
        for (std::size_t at = begin; at < stop; at += m_strings[numbers.back()].size()) {
            numbers.push_back(longest_match(text.subspan(at)).number);
        }
        return numbers;
    }

    [[nodiscard]] std::vector<std::uint32_t> parse(std::span<const std::uint8_t> text) const { return parse(text, 0, text.size()); }

    /// What the numbers stand for.
    template <class Numbers>
    [[nodiscard]] std::vector<std::uint8_t> text_of(const Numbers& numbers) const {
        std::vector<std::uint8_t> text;
        for (const auto number : numbers) {
            text.insert(text.end(), m_strings[number].begin(), m_strings[number].end());
        }
        return text;
    }

private:
    std::vector<std::string> m_strings;
    std::map<std::string_view, std::uint32_t> m_numbers;
    std::set<std::size_t, std::greater<>> m_lengths;  // the longest first
};

}  // namespace equinfo::reference
