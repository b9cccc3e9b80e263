// SPDX-License-Identifier: MIT
// The longest recent repetition: which byte followed the last time the text read like this.
#pragma once

#include <equinfo/models/context_slots.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::detail {

/// Looks up the last six bytes in the text seen, and follows the place found for as long as it predicts right.
class match_context {
public:
    /// Remembers the last 2^history_bits bytes, and the last place of 2^(history_bits - 4) hashes of six bytes.
    explicit match_context(unsigned history_bits)
        : m_history(std::size_t{1} << history_bits),
          m_places(std::size_t{1} << (history_bits - 4)),
          m_line_shift(64 - (history_bits - 8)) {}

    /// Bytes that agree before the place, 0 (nothing found) to longest.
    [[nodiscard]] std::uint32_t length() const noexcept { return m_length; }
    /// What came next there. Meaningless where length() is 0.
    [[nodiscard]] std::uint8_t expected() const noexcept { return m_history[m_place & mask()]; }

    static constexpr std::uint32_t longest = 255;

    /// `recent`: the last eight bytes, `symbol` the lowest.
    void update(std::uint8_t symbol, std::uint64_t recent) noexcept {
        if (m_length != 0) {
            m_length = expected() == symbol ? std::min(m_length + 1, longest) : 0;
            ++m_place;
        }
        m_history[static_cast<std::uint32_t>(m_count) & mask()] = symbol;
        ++m_count;
        const std::uint32_t now = static_cast<std::uint32_t>(m_count);
        // The five bytes before `symbol` chose a cache line of places one step ago; `symbol` chooses one in it.
        const std::size_t entry = m_line + ((symbol * 0x9E3779B1u) >> 28);
        if (m_places[entry] == 0) {
            m_places.touch(entry) = now;
        } else {
            if (m_length == 0) {
                find(m_places[entry], now);
            }
            m_places.touched(entry) = now;
        }
        m_line = static_cast<std::size_t>(((recent << 24) * 0x9FB21C651E98DF25u) >> m_line_shift) * line_places;
        __builtin_prefetch(&m_places[m_line]);
    }

    void reset() noexcept {
        m_places.clear();
        m_count = 0;
        m_place = 0;
        m_length = 0;
        m_line = 0;
    }

private:
    static constexpr std::size_t line_places = cache_line / sizeof(std::uint32_t);
    static constexpr std::uint32_t shortest = 5;    // a place found by accident agrees in fewer bytes
    static constexpr std::uint32_t looked_at = 32;  // bytes compared when a place is found

    [[nodiscard]] std::uint32_t mask() const noexcept { return static_cast<std::uint32_t>(m_history.size() - 1); }

    void find(std::uint32_t place, std::uint32_t now) noexcept {
        // Places are counted modulo 2^32; one that has left the history, or that never was in it, is none.
        const std::uint32_t age = now - place;
        const std::uint64_t kept = std::min<std::uint64_t>(m_count, m_history.size());
        if (age == 0 || age >= kept) {
            return;
        }
        const std::uint32_t room = static_cast<std::uint32_t>(std::min<std::uint64_t>(kept - age, looked_at));
        std::uint32_t length = 0;
        while (length < room && m_history[(place - 1 - length) & mask()] == m_history[(now - 1 - length) & mask()]) {
            ++length;
        }
        if (length >= shortest) {
            m_place = place;
            m_length = length;
        }
    }

    std::vector<std::uint8_t> m_history;         // a ring: byte number i is at i modulo its size
    clearable_array<std::uint32_t> m_places;     // hash of six bytes -> number of the byte behind them; 0: none
    unsigned m_line_shift;
    std::size_t m_line = 0;                      // first of the places for the last five bytes
    std::uint64_t m_count = 0;                   // bytes seen
    std::uint32_t m_place = 0;
    std::uint32_t m_length = 0;
};

}  // namespace equinfo::detail
