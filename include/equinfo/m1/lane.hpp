// SPDX-License-Identifier: MIT
// One text under way: what the hashes and attention remember of it.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>
#include <equinfo/m1/weights.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace equinfo {
namespace detail {

/// Which row of each table comes next (docs/m1.md, section 3).
class row_hashes {
public:
    row_hashes() noexcept { reset(); }

    void reset() noexcept {
        m_tokens.fill(start_token);
        m_count = 0;
        m_word = 0;
        m_ended = 0;
        m_apart = 0;
    }

    void take_in(std::uint32_t token) noexcept {
        m_tokens[m_count++ % m_tokens.size()] = token;
        const std::uint32_t folded = token >= 'A' && token <= 'Z' ? token + 32 : token;
        if ((folded >= 'a' && folded <= 'z') || (folded >= 128 && folded <= 255)) {
            m_word = (m_word + folded + 1) * multiplier;
            m_apart = 0;
        } else {
            m_ended = m_word != 0 ? m_word : m_ended;
            m_word = 0;
            m_apart = (token + 1) * 0x85EBCA6Bu;
        }
    }

    [[nodiscard]] std::uint32_t row(const m1_table_shape& table) const noexcept {
        std::uint32_t h = 0;
        if (table.kind == m1_table_kind::bytes) {
            for (unsigned j = 1; j <= table.order; ++j) {
                h = h * multiplier + m_tokens[(m_count - j) % m_tokens.size()] + 1;
            }
        } else {
            h = (table.order == 1 ? m_word : m_word * multiplier + m_ended + 1) + m_apart;
        }
        return ((h ^ h >> 15) * 0x2C1B3C6Du) >> (32 - table.row_bits);
    }

private:
    static constexpr std::uint32_t multiplier = 0x9E3779B1u;

    std::array<std::uint32_t, 16> m_tokens;  // a ring; token number n is in place n modulo 16
    std::uint32_t m_count;
    std::uint32_t m_word;   // the hash of the word under way, or 0
    std::uint32_t m_ended;  // that of the last word that ended, or 0
    std::uint32_t m_apart;  // tells tokens apart that are no letters
};

}  // namespace detail

/// The memory of one text: keys and values of the last positions, in a ring a layer. About 2 * kv * head_width *
/// (context + 64) bytes a layer, whatever the length of the text.
class m1_lane {
public:
    explicit m1_lane(const m1_data& data) {
        const m1_shape& shape = data.shape();
        std::size_t positions = 0;  // of all key heads of the layers before
        for (std::size_t layer = 0; layer < shape.layers; ++layer) {
            const std::size_t context = shape.context_of(layer);
            const std::size_t capacity = (context + most_rows + 63) / 64 * 64;
            m_rings.push_back({capacity, positions});
            m_least_capacity = std::min(m_least_capacity, capacity);
            m_least_way_back = std::min(m_least_way_back, capacity - context);
            positions += shape.kv() * capacity;
        }
        m_keys = detail::aligned_bytes(positions * shape.head_width);
        m_values = detail::aligned_bytes(positions * shape.head_width);
        if (data.m_kernels.layout.offset == 0) {
            m_key_start.resize(positions);
        }
    }

    /// Positions that may be worked on at once: attention of the first must still see its whole context.
    static constexpr std::size_t most_rows = 64;

    /// Forgets the text. What the rings hold is never seen again, but for the start.
    void reset() noexcept {
        m_position = 0;
        m_farthest = 0;
        m_hashes.reset();
    }

    /// Takes in the start without work, if the rings still have it from the text before: then the prediction is that one's, too.
    /// Most windows and messages begin so.
    [[nodiscard]] bool take_start_again() noexcept {
        if (m_position != 0 || !m_has_start) {
            return false;
        }
        m_hashes.take_in(detail::start_token);
        m_position = 1;
        m_farthest = 1;
        return true;
    }

    /// Goes back to `prefix`, which the text begins with, without work if the rings still have all that is seen from there;
    /// false if not.
    [[nodiscard]] bool go_back(std::span<const std::uint8_t> prefix) noexcept {
        if (prefix.size() >= m_position ||
            (m_farthest > m_least_capacity && m_farthest - (prefix.size() + 1) > m_least_way_back)) {
            return false;
        }
        m_position = prefix.size() + 1;
        m_hashes.reset();
        m_hashes.take_in(detail::start_token);
        for (const std::uint8_t symbol : prefix) {
            m_hashes.take_in(symbol);
        }
        return true;
    }

    /// Bytes that a lane takes, however long its text.
    [[nodiscard]] std::size_t memory() const noexcept {
        return sizeof *this + m_rings.size() * sizeof(ring) + m_keys.size() + m_values.size() +
               m_key_start.size() * sizeof(std::int32_t);
    }

    /// How many tokens were taken in.
    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }

private:
    friend class m1_engine;

    /// Where a layer's keys and values stand: of each key head those of the last `capacity` positions.
    struct ring {
        std::size_t capacity;  // in positions, a multiple of 64
        std::size_t before;    // positions of all rings and key heads before it

        /// Where the positions of a key head begin in all rings.
        [[nodiscard]] std::size_t start(std::size_t group) const noexcept { return before + group * capacity; }
    };

    /// Counts a token whose keys and values are in the rings.
    void advance() noexcept {
        m_has_start = m_position == 0 || (m_has_start && m_position < m_least_capacity);  // until the shortest ring comes round
        ++m_position;
        m_farthest = std::max(m_farthest, m_position);
    }

    std::uint64_t m_position = 0;
    std::uint64_t m_farthest = 0;  // the greatest position of this text so far: what the rings have lost for it stays lost
    bool m_has_start = false;
    detail::row_hashes m_hashes;
    std::vector<ring> m_rings;                // a layer
    std::size_t m_least_capacity = SIZE_MAX;  // of all rings, in positions
    std::size_t m_least_way_back = SIZE_MAX;  // positions that every ring has beside its layer's context
    detail::aligned_bytes m_keys;             // a layer, a key head: weights with a position an output
    detail::aligned_bytes m_values;           // the same, with a position an input
    std::vector<std::int32_t> m_key_start;    // a layer, a key head, a position: takes the zero of the query off
};

}  // namespace equinfo
