// SPDX-License-Identifier: MIT
// What an n-gram model predicts: worked out for the symbols that are asked for, and for no others.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/symbol_search.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/frequency_table.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace equinfo {

class ngram_data;

/// Bits of an n-gram model's frequencies: the floor of one count for each symbol costs 0.0004 bits a symbol.
inline constexpr unsigned ngram_precision = 20;

using ngram_table = frequency_table<ngram_precision>;

namespace detail {

class ngram_tables;

/// How many of the rising `symbols` are less than `symbol`. They fill whole groups of sixteen, the last one with 255.
[[nodiscard]] EQUINFO_FORCE_INLINE std::uint32_t count_less(const std::uint8_t* symbols, std::uint32_t size,
                                                            std::uint8_t symbol) noexcept {
    using sixteen_bytes [[gnu::vector_size(16)]] = std::uint8_t;
    const sixteen_bytes limit = sixteen_bytes{} + symbol;
    sixteen_bytes counts{};
    for (std::uint32_t i = 0; i < size; i += 16) {
        sixteen_bytes some;
        std::memcpy(&some, symbols + i, sizeof some);
        counts -= reinterpret_cast<sixteen_bytes>(some < limit);  // each that is less counts as minus 255
    }
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), &counts, sizeof counts);
    return static_cast<std::uint32_t>(((halves[0] + halves[1]) * 0x0101010101010101u) >> 56);
}

/// How many of the rising numbers at `values` are at most `point`. They fill whole groups of four, the last one with
/// numbers above it; all are below 2^31.
[[nodiscard]] EQUINFO_FORCE_INLINE std::uint32_t count_at_most(const frequency* values, std::uint32_t size,
                                                               frequency point) noexcept {
    const auto x = static_cast<std::int32_t>(point);
    const four_numbers points = {x, x, x, x};
    four_numbers counts{};
    for (std::uint32_t i = 0; i < size; i += 4) {
        four_numbers some;
        std::memcpy(&some, values + i, sizeof some);
        counts -= some <= points;
    }
    return static_cast<std::uint32_t>((counts[0] + counts[1]) + (counts[2] + counts[3]));
}

/// The lower ends of 256 slices, as ngram_distribution looks them up.
struct ngram_lows {
    std::array<frequency, 16> every_sixteenth;
    std::array<frequency, 260> lows;  ///< entry 256 is 2^20; three more that groups of four may run into
};

}  // namespace detail

/// A lists_frequencies distribution that refers into the model that made it. Some symbols are listed: the table says where
/// each one's slice begins. All others divide what is left in proportion to their counts (beyond the one that each symbol
/// has) in the table of a shorter context. With D(s) the sum of those counts of the symbols below s that are not
/// listed, floor(D(s) * factor / 2^shift) of it lie below s: so every slice can be told alone.
class ngram_distribution {
public:
    using symbol_type = std::uint8_t;
    static constexpr unsigned precision = ngram_precision;

    [[nodiscard]] EQUINFO_FORCE_INLINE frequency_range range_of(std::uint8_t symbol) const noexcept {
        if (m_listed == 0) {
            return in_table(symbol);
        }
        const std::uint32_t k = detail::count_less(m_symbols, m_listed, symbol);
        if (k < m_listed && m_symbols[k] == symbol) {
            return listed(k);
        }
        return unlisted(symbol, gap_before(k));
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE located_symbol<std::uint8_t> locate(frequency point) const noexcept {
        if (m_listed == 0) {
            return locate_in_table(point);
        }
        const std::uint32_t k = detail::count_at_most(m_starts, m_listed, point);
        unsigned first = 0;
        if (k != 0) {
            const frequency_range range = listed(k - 1);
            if (point - range.low < range.freq) {
                return {m_symbols[k - 1], range};
            }
            first = m_symbols[k - 1] + 1u;
        }
        return locate_in_gap(point, k, first);
    }

    /// As much work as 20 to 40 calls of range_of.
    void frequencies(std::span<frequency, 256> out) const noexcept {
        if (m_listed == 0) {
            for (std::size_t symbol = 0; symbol < 256; ++symbol) {
                out[symbol] = m_table->lows[symbol + 1] - m_table->lows[symbol];
            }
            return;
        }
        // Gaps are written in groups of four, from the first to the last: what runs over is written again.
        using four_counts [[gnu::vector_size(16)]] = std::uint32_t;
        std::array<std::uint32_t, 260> below;
        std::array<frequency, 256> shares;  // of those listed, up to the one looked at
        std::uint32_t begin = 0;
        std::uint32_t passed = 0;
        for (std::uint32_t k = 0; k <= m_listed; ++k) {
            const std::uint32_t end = symbol_at(k);
            const auto [before, had] = gap_before(k);
            if (k != 0) {
                shares[k - 1] = before - passed;
            }
            passed = before;
            four_counts numbers = four_counts{0, 1, 2, 3} + (begin + had);
            for (std::uint32_t symbol = begin; symbol <= end; symbol += 4) {
                four_counts some;
                std::memcpy(&some, &m_table->lows[symbol], sizeof some);
                some = ((some - numbers) * m_factor) >> m_shift;
                std::memcpy(&below[symbol], &some, sizeof some);
                numbers += 4;
            }
            begin = end + 1;
        }
        for (std::size_t symbol = 0; symbol < 256; ++symbol) {
            out[symbol] = below[symbol + 1] - below[symbol] + 1;
        }
        for (std::uint32_t k = 0; k < m_listed; ++k) {
            out[m_symbols[k]] = shares[k] + 1;
        }
    }

    /// All slices at once.
    [[nodiscard]] ngram_table table() const noexcept {
        std::array<frequency, 256> all;
        frequencies(all);
        return ngram_table::from_frequencies(all);
    }

private:
    friend class detail::ngram_tables;  // writes it
    friend class ngram_data;

    /// Between two listed symbols.
    struct gap {
        std::uint32_t shares;  ///< of the listed symbols below it, beside the one count of each
        std::uint32_t had;     ///< the same in the table of the shorter context
    };

    [[nodiscard]] std::uint32_t scaled(std::uint32_t left) const noexcept { return (left * m_factor) >> m_shift; }
    [[nodiscard]] std::uint32_t symbol_at(std::uint32_t k) const noexcept { return k < m_listed ? m_symbols[k] : 256u; }

    [[nodiscard]] EQUINFO_FORCE_INLINE frequency_range listed(std::uint32_t k) const noexcept {
        const std::uint32_t others = symbol_at(k + 1) - m_symbols[k] - 1;  // up to the next one that is listed
        const std::uint32_t theirs = scaled(m_left[k + 1]) - scaled(m_left[k]);
        return {m_starts[k], m_starts[k + 1] - others - theirs - m_starts[k]};
    }

    /// The gap that ends at the k-th listed symbol.
    [[nodiscard]] gap gap_before(std::uint32_t k) const noexcept {
        const std::uint32_t end = symbol_at(k);
        return {m_starts[k] - end - scaled(m_left[k]), m_table->lows[end] - end - m_left[k]};
    }

    [[nodiscard]] frequency low_in_gap(std::uint32_t symbol, gap where) const noexcept {
        return symbol + where.shares + scaled(m_table->lows[symbol] - symbol - where.had);
    }

    [[nodiscard]] frequency_range unlisted(std::uint32_t symbol, gap where) const noexcept {
        const frequency low = low_in_gap(symbol, where);
        return {low, low_in_gap(symbol + 1, where) - low};
    }

    [[nodiscard]] located_symbol<std::uint8_t> locate_in_gap(frequency point, std::uint32_t k, unsigned first) const noexcept {
        const gap where = gap_before(k);
        unsigned end = symbol_at(k);
        while (end - first > 1) {
            const unsigned middle = first + (end - first) / 2;
            (low_in_gap(middle, where) <= point ? first : end) = middle;
        }
        return {static_cast<std::uint8_t>(first), unlisted(first, where)};
    }

    [[nodiscard]] located_symbol<std::uint8_t> locate_in_table(frequency point) const noexcept {
        const std::size_t block = 16 * detail::last_at_most(m_table->every_sixteenth.data(), point);
        const std::size_t symbol = block + detail::last_at_most(m_table->lows.data() + block, point);
        return {static_cast<std::uint8_t>(symbol), in_table(symbol)};
    }

    [[nodiscard]] frequency_range in_table(std::size_t symbol) const noexcept {
        return {m_table->lows[symbol], m_table->lows[symbol + 1] - m_table->lows[symbol]};
    }

    const detail::ngram_lows* m_table;  ///< of the shorter context; of this one where nothing is listed
    const std::uint8_t* m_symbols;      ///< those listed, rising; see count_less
    const std::uint32_t* m_starts;      ///< of each its lower end; then 2^20; see count_at_most
    const std::uint32_t* m_left;        ///< of each D; then that of symbol 256
    std::uint32_t m_factor;
    std::uint32_t m_shift;
    std::uint32_t m_listed;
};

}  // namespace equinfo
