// SPDX-License-Identifier: MIT
// One walk down the tree of strings of a window code: which prefix owns which codewords. Encoder and decoder share it.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/shares.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace equinfo {

/// Codewords [first, first + count) of the current prefix, counted from its own first one. None: the symbol has no codeword.
struct codeword_slice {
    std::uint64_t first;
    std::uint64_t count;
    friend constexpr bool operator==(codeword_slice, codeword_slice) = default;
};

/// What a prefix is to a window code, beside its place: enough to go on from it.
struct window_prefix {
    std::uint64_t count;   ///< codewords that it owns, in units of 2^hidden_bits
    unsigned hidden_bits;  ///< bits of the codeword that are not in view yet
    std::size_t length;    ///< symbols
    std::size_t past_kept; ///< symbols since the last kept codeword on the way here
    friend constexpr bool operator==(const window_prefix&, const window_prefix&) = default;
};

struct located_codeword {
    std::uint8_t symbol;
    codeword_slice slice;
};

/// The state of a prefix: how many codewords it owns, how long it is, how far behind it the last kept codeword lies.
///
///     walk.start();
///     until walk.is_closed() or walk.is_single():
///         walk.open(model.predict());              // shares the codewords out
///         if (walk.keeps()) ...                    // codeword 0 means that the window ends here
///         slice = walk.slice_of(d, symbol);        // or walk.locate(d, offset)
///         new_bits = walk.enter(slice);            // new_bits more bits of the codeword come into view
///
/// Windows of more than 40 bits show the first 40 of them; further ones come into view as the count shrinks, until the
/// window's bits are used up. So all counts fit 64 bits with products to spare, and what `keeps` takes is one codeword of
/// the bits in view, which is at most a 2^-32 part of those there are.
template <ending_rule Ending>
class window_walk {
public:
    /// So many bits of a codeword are in view at most: with 24 bits of precision a product takes 64.
    static constexpr unsigned visible_bits = 40;

    explicit constexpr window_walk(unsigned window_bits) noexcept : m_window_bits(window_bits) {
        EQUINFO_EXPECTS(is_valid({window_bits}));
        start();
    }

    /// Back to the empty prefix, which owns all codewords.
    constexpr void start() noexcept {
        const unsigned visible = m_window_bits < visible_bits ? m_window_bits : visible_bits;
        m_hidden_bits = m_window_bits - visible;
        m_count = std::uint64_t{1} << visible;
        m_length = 0;
        m_past_kept = 0;
    }

    /// The prefix under way, and back to one that was seen before.
    [[nodiscard]] constexpr window_prefix prefix() const noexcept { return {m_count, m_hidden_bits, m_length, m_past_kept}; }
    constexpr void start(const window_prefix& prefix) noexcept {
        m_count = prefix.count;
        m_hidden_bits = prefix.hidden_bits;
        m_length = prefix.length;
        m_past_kept = prefix.past_kept;
    }

    [[nodiscard]] constexpr unsigned window_bits() const noexcept { return m_window_bits; }
    /// Symbols of the prefix.
    [[nodiscard]] constexpr std::size_t length() const noexcept { return m_length; }
    /// Symbols that the window may still take.
    [[nodiscard]] constexpr std::size_t room() const noexcept { return max_window_symbols(m_window_bits) - m_length; }
    /// Codewords of the prefix, in units of 2^hidden_bits.
    [[nodiscard]] constexpr std::uint64_t count() const noexcept { return m_count; }
    /// Bits of the codeword that are not in view yet.
    [[nodiscard]] constexpr unsigned hidden_bits() const noexcept { return m_hidden_bits; }
    /// Symbols since the last kept codeword on the way here, this prefix not looked at.
    [[nodiscard]] constexpr std::size_t past_kept() const noexcept { return m_past_kept; }

    /// The window ends here for every text: no symbol can follow. No prediction is needed.
    [[nodiscard]] constexpr bool is_closed() const noexcept {
        return m_length == max_window_symbols(m_window_bits) ||
               (m_count == 1 && (Ending::keeps_every_prefix || m_length == 1));
    }

    /// One codeword is left, which runs on through likely symbols (run_on.hpp).
    [[nodiscard]] constexpr bool is_single() const noexcept { return m_count == 1 && !is_closed(); }

    /// Shares the codewords of this prefix out by the distribution of the next symbol.
    template <distribution D>
    void open(const D& d) noexcept {
        EQUINFO_EXPECTS(!is_closed() && !is_single());
        m_listed = m_count <= max_listed_codewords;
        m_keeps = m_length > 0 && (Ending::keeps_every_prefix || m_length == 1 || !m_listed);
        m_spare = m_count - (m_length == 0 ? 256 : m_keeps ? 1 : 0);
        if (!m_listed) {
            return;
        }
        m_shares.list(d);
        if constexpr (!Ending::keeps_every_prefix) {
            if (m_length > 1) {
                m_shares.share_out(m_count, Ending::first_weight * (m_past_kept + 1));
                m_keeps = m_shares.worth_keeping(m_past_kept, Ending::keep_weight);
                if (!m_keeps) {
                    return;
                }
                m_spare = m_count - 1;
            }
        }
        m_shares.share_out(m_spare, Ending::first_weight);
        if (m_length == 0) {
            m_shares.add_one_each();
        }
    }

    /// After open(): does this prefix own codeword 0 for itself?
    [[nodiscard]] bool keeps() const noexcept { return m_keeps; }

    /// After open(d): the codewords of the prefix with `symbol` behind it.
    template <distribution D>
    [[nodiscard]] codeword_slice slice_of(const D& d, std::uint8_t symbol) const noexcept {
        const std::uint64_t kept = m_keeps ? 1 : 0;
        if (m_listed) {
            std::uint64_t first = kept;
            for (std::size_t other = 0; other < symbol; ++other) {
                first += m_shares.counts()[other];
            }
            return {first, m_shares.counts()[symbol]};
        }
        const codeword_slice scaled = scale<D::precision>(d.range_of(symbol));
        if (m_length == 0) {
            return {scaled.first + symbol, scaled.count + 1};
        }
        return {scaled.first + kept, scaled.count};
    }

    /// After open(d): the symbol that owns the codeword at `offset`, which is below count() and not the kept one.
    template <distribution D>
    [[nodiscard]] located_codeword locate(const D& d, std::uint64_t offset) const noexcept {
        EQUINFO_EXPECTS(offset < m_count && !(m_keeps && offset == 0));
        if (m_listed) {
            std::uint64_t first = m_keeps ? 1 : 0;
            std::size_t symbol = 0;
            while (first + m_shares.counts()[symbol] <= offset) {
                first += m_shares.counts()[symbol];
                ++symbol;
            }
            return {static_cast<std::uint8_t>(symbol), {first, m_shares.counts()[symbol]}};
        }
        if (m_length == 0) {
            return locate_first(d, offset);
        }
        // The last point whose scaled place is at most offset - 1, which is what the kept codeword leaves: its symbol owns it.
        const std::uint64_t point = ((offset << D::precision) - 1) / m_spare;
        const auto found = d.locate(static_cast<frequency>(point));
        const codeword_slice scaled = scale<D::precision>(found.range);
        return {found.symbol, {scaled.first + 1, scaled.count}};
    }

    /// Goes on to the prefix that owns `slice`, which is not empty, and says how many bits more of the codeword are in view.
    constexpr unsigned enter(codeword_slice slice) noexcept {
        EQUINFO_EXPECTS(slice.count > 0 && slice.first + slice.count <= m_count);
        m_count = slice.count;
        m_past_kept = m_keeps || m_length == 0 ? 1 : m_past_kept + 1;
        ++m_length;
        if (m_hidden_bits == 0 || m_count >> few_bits != 0) {
            return 0;
        }
        const unsigned room = visible_bits - static_cast<unsigned>(std::bit_width(m_count));
        const unsigned shown = m_hidden_bits < room ? m_hidden_bits : room;
        m_hidden_bits -= shown;
        m_count <<= shown;
        return shown;
    }

private:
    static constexpr unsigned few_bits = 32;      // below 2^32 codewords more bits are shown

    template <unsigned Precision>
    [[nodiscard]] constexpr codeword_slice scale(frequency_range range) const noexcept {
        const std::uint64_t begin = (m_spare * range.low) >> Precision;
        const std::uint64_t end = (m_spare * (std::uint64_t{range.low} + range.freq)) >> Precision;
        return {begin, end - begin};
    }

    // At the start of a window every symbol owns one codeword more than its scaled slice, so places do not scale back.
    template <distribution D>
    [[nodiscard]] located_codeword locate_first(const D& d, std::uint64_t offset) const noexcept {
        unsigned symbol = 0;
        for (unsigned step = 128; step > 0; step /= 2) {
            symbol += slice_of(d, static_cast<std::uint8_t>(symbol + step)).first <= offset ? step : 0;
        }
        const auto found = static_cast<std::uint8_t>(symbol);
        return {found, slice_of(d, found)};
    }

    unsigned m_window_bits;
    unsigned m_hidden_bits = 0;
    std::uint64_t m_count = 0;
    std::uint64_t m_spare = 0;  // codewords shared out by frequency
    std::size_t m_length = 0;
    std::size_t m_past_kept = 0;
    bool m_listed = false;
    bool m_keeps = false;
    codeword_shares m_shares;
};

}  // namespace equinfo
