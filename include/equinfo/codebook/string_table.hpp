// SPDX-License-Identifier: MIT
// Strings by their numbers, as fast as memory gives them.
#pragma once

#include <equinfo/codebook/string_list.hpp>
#include <equinfo/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// A place for each string in one block of bytes. Strings that begin alike follow each other, and one that another begins
/// with lies inside it, which saves a quarter of the block and so keeps more of it in the cache.
class string_table {
public:
    /// `strings` are in the order of their bytes.
    explicit string_table(const string_list& strings) {
        std::vector<place> places(strings.size());
        m_bytes.reserve(strings.total_bytes() + slack);
        for (std::size_t number = strings.size(); number-- > 0;) {
            const std::span string = strings[number];
            const bool begins_next = number + 1 < strings.size() && string.size() <= strings[number + 1].size() &&
                                     std::equal(string.begin(), string.end(), strings[number + 1].begin());
            const std::size_t offset = begins_next ? places[number + 1].offset : m_bytes.size();
            if (!begins_next) {
                m_bytes.insert(m_bytes.end(), string.begin(), string.end());
            }
            places[number] = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(string.size())};
            m_longest = std::max(m_longest, string.size());
        }
        m_bytes.resize(m_bytes.size() + slack);
        // Half the size where all fit, so that more of them stay in the cache: in codebooks of 16 bits.
        if (m_longest < 256 && m_bytes.size() < std::size_t{1} << 24) {
            m_narrow.reserve(places.size());
            for (const place& at : places) {
                m_narrow.push_back(at.offset << 8 | at.length);
            }
        } else {
            m_wide = std::move(places);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_narrow.size() + m_wide.size(); }
    /// Bytes of the longest string.
    [[nodiscard]] std::size_t longest() const noexcept { return m_longest; }
    [[nodiscard]] EQUINFO_FORCE_INLINE std::size_t length(std::size_t number) const noexcept { return place_of(number).length; }

    [[nodiscard]] std::span<const std::uint8_t> operator[](std::size_t number) const noexcept {
        EQUINFO_EXPECTS(number < size());
        const place at = place_of(number);
        return std::span(m_bytes).subspan(at.offset, at.length);
    }

    /// Writes string `number` to `out` and returns its end. Writes whole pieces of 16 bytes: there must be `room_for_any`
    /// bytes of room.
    EQUINFO_FORCE_INLINE std::uint8_t* copy_to(std::uint8_t* out, std::size_t number) const noexcept {
        const place at = place_of(number);
        const std::uint8_t* const from = m_bytes.data() + at.offset;
        std::memcpy(out, from, piece);
        if (at.length > piece) {
            for (std::size_t done = piece; done < at.length; done += piece) {
                std::memcpy(out + done, from + done, piece);
            }
        }
        return out + at.length;
    }

    /// Bytes that copy_to may write.
    [[nodiscard]] std::size_t room_for_any() const noexcept { return (m_longest + piece - 1) / piece * piece; }

    /// Bytes that it takes.
    [[nodiscard]] std::size_t memory() const noexcept { return sizeof *this + m_bytes.size() + m_narrow.size() * sizeof(std::uint32_t) + m_wide.size() * sizeof(place); }

private:
    static constexpr std::size_t piece = 16;
    static constexpr std::size_t slack = piece;  // so that a piece may be read at any string

    struct place {
        std::uint32_t offset;
        std::uint32_t length;
    };

    [[nodiscard]] EQUINFO_FORCE_INLINE place place_of(std::size_t number) const noexcept {
        if (m_wide.empty()) {
            const std::uint32_t at = m_narrow[number];
            return {at >> 8, at & 0xff};
        }
        return m_wide[number];
    }

    std::vector<std::uint8_t> m_bytes;
    std::vector<std::uint32_t> m_narrow;  // offset * 256 + length; or
    std::vector<place> m_wide;
    std::size_t m_longest = 0;
};

}  // namespace equinfo
