// SPDX-License-Identifier: MIT
// Many short strings in one piece of memory.
#pragma once

#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

/// Byte strings in order, one behind the other; together below 4 GiB.
class string_list {
public:
    [[nodiscard]] std::size_t size() const noexcept { return m_ends.size() - 1; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// String number `index`; holds until the next push_back.
    [[nodiscard]] std::span<const std::uint8_t> operator[](std::size_t index) const noexcept {
        EQUINFO_EXPECTS(index < size());
        return std::span(m_bytes).subspan(m_ends[index], m_ends[index + 1] - m_ends[index]);
    }

    /// `string` must not lie in this list.
    void push_back(std::span<const std::uint8_t> string) {
        m_bytes.insert(m_bytes.end(), string.begin(), string.end());
        EQUINFO_EXPECTS(m_bytes.size() <= 0xffffffffu);
        m_ends.push_back(static_cast<std::uint32_t>(m_bytes.size()));
    }

    void reserve(std::size_t strings, std::size_t bytes) {
        m_ends.reserve(strings + 1);
        m_bytes.reserve(bytes);
    }

    /// Bytes of all strings.
    [[nodiscard]] std::size_t total_bytes() const noexcept { return m_bytes.size(); }

    friend bool operator==(const string_list&, const string_list&) = default;

private:
    std::vector<std::uint8_t> m_bytes;
    std::vector<std::uint32_t> m_ends{0};  // string i has the bytes [m_ends[i], m_ends[i + 1])
};

}  // namespace equinfo
