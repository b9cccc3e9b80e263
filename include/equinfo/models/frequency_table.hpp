// SPDX-License-Identifier: MIT
// A distribution that is a table of cumulative frequencies.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/symbol_search.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// A distribution over the 256 bytes: their frequencies, each at least 1, sum to 2^Precision.
/// Made afresh at every step by most models, so it holds no more than the search needs: 1,088 bytes.
template <unsigned Precision>
class frequency_table {
public:
    static_assert(Precision >= 8 && Precision <= max_precision, "256 symbols need a precision of 8 to 24 bits");
    using symbol_type = std::uint8_t;
    static constexpr unsigned precision = Precision;
    static constexpr std::size_t alphabet_size = 256;

    /// All symbols alike.
    constexpr frequency_table() noexcept {
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            set_low(symbol, static_cast<frequency>(symbol << (Precision - 8)));
        }
    }

    /// From 256 frequencies, each at least 1, whose sum is 2^Precision.
    [[nodiscard]] static constexpr frequency_table from_frequencies(
        std::span<const frequency, alphabet_size> frequencies) noexcept {
        frequency_table table;
        frequency low = 0;
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            EQUINFO_EXPECTS(frequencies[symbol] >= 1);
            table.set_low(symbol, low);
            low += frequencies[symbol];
        }
        EQUINFO_EXPECTS(low == frequency{1} << Precision);
        return table;
    }

    /// From the 256 lower ends: the first is 0, each is greater than the one before, the last below 2^Precision.
    [[nodiscard]] static constexpr frequency_table from_lows(std::span<const frequency, alphabet_size> lows) noexcept {
        frequency_table table(not_filled{});
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            EQUINFO_EXPECTS(symbol == 0 ? lows[0] == 0 : lows[symbol] > lows[symbol - 1]);
        }
        std::copy(lows.begin(), lows.end(), table.m_lows.begin());
        table.m_lows[alphabet_size] = frequency{1} << Precision;
        for (std::size_t block = 0; block < table.m_blocks.size(); ++block) {
            table.m_blocks[block] = lows[16 * block];
        }
        EQUINFO_EXPECTS(lows[alphabet_size - 1] < frequency{1} << Precision);
        return table;
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE frequency_range range_of(std::uint8_t symbol) const noexcept {
        const frequency low = m_lows[symbol];
        return {low, m_lows[symbol + std::size_t{1}] - low};
    }

    /// The symbol at `point` < 2^Precision.
    [[nodiscard]] EQUINFO_FORCE_INLINE located_symbol<std::uint8_t> locate(frequency point) const noexcept {
        const auto found = static_cast<std::uint8_t>(detail::symbol_at(m_lows.data(), point));
        return {found, range_of(found)};
    }

    /// The same, in less time altogether but later: for decoders that take turns (interleaved_decoder), where the wait of one
    /// is the work of another. First which sixteen symbols, then which of them.
    [[nodiscard]] EQUINFO_FORCE_INLINE located_symbol<std::uint8_t> locate_in_turn(frequency point) const noexcept {
        const std::size_t block = 16 * detail::last_at_most(m_blocks.data(), point);
        const std::size_t symbol = block + detail::last_at_most(m_lows.data() + block, point);
        const auto found = static_cast<std::uint8_t>(symbol);
        return {found, range_of(found)};
    }

    void frequencies(std::span<frequency, alphabet_size> out) const noexcept {
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            out[symbol] = m_lows[symbol + 1] - m_lows[symbol];
        }
    }

    /// Cumulative frequencies: entry s is the lower end of symbol s, entry 256 is 2^Precision.
    [[nodiscard]] std::span<const frequency, alphabet_size + 1> cumulative() const noexcept { return m_lows; }

    friend constexpr bool operator==(const frequency_table&, const frequency_table&) = default;

private:
    struct not_filled {};
    constexpr explicit frequency_table(not_filled) noexcept {}

    constexpr void set_low(std::size_t symbol, frequency low) noexcept {
        m_lows[symbol] = low;
        if (symbol % 16 == 0) {
            m_blocks[symbol / 16] = low;
        }
        m_lows[alphabet_size] = frequency{1} << Precision;
    }

    std::array<frequency, 16> m_blocks{};                 // every sixteenth of the lower ends
    std::array<frequency, alphabet_size + 1> m_lows{};
};

}  // namespace equinfo
