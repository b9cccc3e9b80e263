// SPDX-License-Identifier: MIT
// How few codewords are shared out among 256 symbols.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace equinfo {

/// Up to this many codewords are shared out by a list of all symbols; more by cumulative frequencies alone.
inline constexpr std::uint64_t max_listed_codewords = 1024;

/// Shares codewords out by a divisor rule. At scale t the symbol with frequency f has x = f * t / 2^20 and owns
/// floor(x) + 1 codewords where x >= 1 / weight, none below. The scale is the largest one that gives out no more than there
/// are, and what is left over goes, one each and in the order of the symbols, to those who would own more at t + 1.
/// The second codeword of a symbol comes at x = 1, but the first one much earlier: it is worth about a whole symbol.
class codeword_shares {
public:
    /// Takes the distribution of the next symbol, cut to 16 bits.
    template <distribution D>
    void list(const D& d) noexcept {
        list_frequencies(d, m_frequencies);
        if constexpr (D::precision > kept_bits) {
            for (frequency& f : m_frequencies) {
                f >>= D::precision - kept_bits;
            }
        }
        m_total = std::uint64_t{1} << std::min(D::precision, kept_bits);
        m_largest = *std::max_element(m_frequencies.begin(), m_frequencies.end());
    }

    /// Shares out exactly `codewords` (0..1024); `weight` is 1..8192.
    void share_out(std::uint64_t codewords, std::uint64_t weight) noexcept {
        EQUINFO_EXPECTS(codewords <= max_listed_codewords && weight >= 1 && weight <= 8192);
        m_counts.fill(0);
        m_scale = 0;
        if (codewords == 0) {
            return;
        }
        const auto wanted = static_cast<std::uint32_t>(codewords);
        const auto least = static_cast<std::uint32_t>((one + weight - 1) / weight);
        // At this scale the most frequent symbol alone owns too many. All products stay below 2^31.
        std::uint32_t above = static_cast<std::uint32_t>((std::uint64_t{wanted} << one_bits) / m_largest) + 1;
        const std::size_t active = gather(above, least);
        std::uint32_t below = 0;
        while (above - below > 1) {
            const std::uint32_t middle = below + (above - below) / 2;
            (total_at(middle, least, active) <= wanted ? below : above) = middle;
        }
        std::uint32_t given = 0;
        for (std::size_t i = 0; i < active; ++i) {
            m_counts[m_symbols[i]] = count_at(m_active[i], below, least);
            given += m_counts[m_symbols[i]];
        }
        for (std::size_t i = 0; given < wanted; ++i) {
            EQUINFO_EXPECTS(i < active);
            const std::uint32_t more = count_at(m_active[i], above, least) > m_counts[m_symbols[i]] ? 1 : 0;
            m_counts[m_symbols[i]] += more;
            given += more;
        }
        m_scale = below;
    }

    /// One codeword more for every symbol.
    void add_one_each() noexcept {
        for (std::uint32_t& count : m_counts) {
            ++count;
        }
    }

    void clear() noexcept { m_counts.fill(0); }

    /// Codewords of each symbol, after share_out.
    [[nodiscard]] const std::array<std::uint32_t, 256>& counts() const noexcept { return m_counts; }

    /// Is it right to keep a codeword here, `past_kept` symbols past the last kept one? It saves those symbols whenever the
    /// next one has no codeword, and the scale says what a codeword would save elsewhere.
    [[nodiscard]] bool worth_keeping(std::uint64_t past_kept, std::uint64_t keep_weight) const noexcept {
        std::uint64_t leaving = m_total;  // what the cut took away counts as leaving
        for (std::size_t symbol = 0; symbol < 256; ++symbol) {
            leaving -= m_counts[symbol] == 0 ? 0u : m_frequencies[symbol];
        }
        return keep_weight * past_kept * leaving * m_scale > one;
    }

private:
    static constexpr unsigned kept_bits = 16;
    static constexpr unsigned one_bits = 20;
    static constexpr std::uint64_t one = std::uint64_t{1} << one_bits;

    static constexpr std::uint32_t count_at(std::uint32_t f, std::uint32_t scale, std::uint32_t least) noexcept {
        const std::uint32_t x = f * scale;
        return x < least ? 0 : (x >> one_bits) + 1;
    }

    // The symbols that own a codeword at `scale`, in their order: all others own none at any lower one.
    std::size_t gather(std::uint32_t scale, std::uint32_t least) noexcept {
        std::size_t active = 0;
        for (std::size_t symbol = 0; symbol < 256; ++symbol) {
            m_symbols[active] = static_cast<std::uint8_t>(symbol);
            m_active[active] = m_frequencies[symbol];
            active += m_frequencies[symbol] * scale >= least ? 1u : 0u;
        }
        return active;
    }

    [[nodiscard]] std::uint32_t total_at(std::uint32_t scale, std::uint32_t least, std::size_t active) const noexcept {
        std::uint32_t total = 0;
        for (std::size_t i = 0; i < active; ++i) {
            total += count_at(m_active[i], scale, least);
        }
        return total;
    }

    std::array<frequency, 256> m_frequencies{};
    std::array<std::uint32_t, 256> m_counts{};
    std::array<std::uint32_t, 257> m_active{};   // one spare entry, so that gather need not branch
    std::array<std::uint8_t, 257> m_symbols{};
    std::uint64_t m_total = 256;
    std::uint32_t m_largest = 1;
    std::uint32_t m_scale = 0;
};

}  // namespace equinfo
