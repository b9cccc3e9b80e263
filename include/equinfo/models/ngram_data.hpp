// SPDX-License-Identifier: MIT
// The frozen content of an n-gram model: its contexts, what is known to follow each, and the table of every context.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/models/ngram_counts.hpp>
#include <equinfo/models/ngram_scale.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Bits of an n-gram model's frequencies: the floor of one count for each symbol costs 0.0004 bits a symbol.
inline constexpr unsigned ngram_precision = 20;

using ngram_table = frequency_table<ngram_precision>;

/// What is known to follow a context: one symbol.
struct ngram_entry {
    std::uint32_t child = 0;  ///< the context that the symbol leads to; 0 if there is none
    std::uint8_t symbol = 0;
    std::uint8_t code = 0;    ///< of its share, on the scale of ngram_weight
    friend bool operator==(const ngram_entry&, const ngram_entry&) = default;
};

/// A run of symbols after which more is known than after the run without its first symbol.
struct ngram_context {
    std::uint32_t first_entry = 0;
    std::uint32_t suffix = 0;  ///< the context without its first symbol; 0 for the empty one
    std::uint32_t slot = 0;    ///< where ngram_data keeps its table; 0: nowhere. Not part of the content
    std::uint16_t size = 0;    ///< entries, up to 256
    std::uint8_t length = 0;   ///< symbols
    std::uint8_t escape = 0;   ///< code of the share of all symbols without an entry
};

/// Contexts are numbered by length, then by the number of the context that is one symbol shorter at the end, then by
/// their last symbol; number 0 is the empty one. The entries of a context lie together in the order of their symbols,
/// and the contexts' entries in the order of the contexts. Two rules hold, and are what a model file is coded by: the
/// context without its first symbol is a context too, and has entries for all symbols for which the longer one has; a
/// context of length k > 0 is a child of the context of length k - 1 that it starts with.
struct ngram_content {
    unsigned order = 0;  ///< no context is longer; at most ngram_max_order
    std::vector<ngram_context> contexts;
    std::vector<ngram_entry> entries;

    [[nodiscard]] std::span<const ngram_entry> entries_of(const ngram_context& context) const {
        return {entries.data() + context.first_entry, context.size};
    }

    /// Names the model: all integers that predictions depend on.
    [[nodiscard]] std::uint64_t fingerprint() const {
        fingerprint_builder builder("equinfo ngram 1");
        builder.add(std::uint64_t{contexts.size()});
        for (const ngram_context& context : contexts) {
            builder.add(std::uint64_t{context.suffix} << 32 | std::uint64_t{context.size} << 8 | context.escape);
        }
        for (const ngram_entry& entry : entries) {
            builder.add(std::uint64_t{entry.child} << 32 | std::uint64_t{entry.symbol} << 8 | entry.code);
        }
        return builder.value();
    }
};

/// The table of a longer context is worked out from that of its suffix of this length.
inline constexpr unsigned ngram_anchor_length = 2;

namespace detail {

/// Works out the table of a context: `share` for the context, then for each of its suffixes, longest first, then
/// `finish` with the table of the next suffix. Every symbol has one count for itself; what is shared out is the rest.
class ngram_shares {
public:
    /// A symbol that has a share already is passed over. Each other entry of weight w gets mass * w / sum, where sum is
    /// the weight of all these entries and of the escape; what remains is the mass for the next context.
    void share(std::span<const ngram_entry> entries, std::uint8_t escape) {
        std::uint64_t sum = ngram_weights[escape];
        for (const ngram_entry entry : entries) {
            sum += ngram_weights[entry.code] & ~m_listed[entry.symbol];
        }
        const std::uint64_t unit = (std::uint64_t{m_mass} << 24) / sum;
        for (const ngram_entry entry : entries) {
            const std::uint32_t weight = ngram_weights[entry.code] & ~m_listed[entry.symbol];
            const auto share = static_cast<std::uint32_t>((weight * unit) >> 24);
            m_shares[entry.symbol] += share;
            m_mass -= share;
            m_listed[entry.symbol] = ~std::uint32_t{0};
        }
    }

    /// `entries` are those of the last context that shared, and so hold all symbols that have a share. The others divide
    /// the mass by their cumulative shares in `table`, so that the low end of each can be worked out alone: cumulative
    /// share times a factor of at most 31 bits. What that leaves goes to `first`.
    [[nodiscard]] ngram_table finish(const ngram_table& table, std::span<const ngram_entry> entries, std::uint8_t first) {
        const auto before = table.cumulative();
        std::uint32_t had = whole;
        for (const ngram_entry entry : entries) {
            had -= before[entry.symbol + std::size_t{1}] - before[entry.symbol] - 1;
        }
        const unsigned shift = 31 - static_cast<unsigned>(std::bit_width(m_mass));
        const std::uint32_t factor = had == 0 ? 0 : (m_mass << shift) / had;
        m_shares[first] += m_mass - ((had * factor) >> shift);
        alignas(64) std::array<frequency, 256> lows;
        std::uint32_t listed = 0;      // shares of the symbols below that have one
        std::uint32_t listed_had = 0;  // what those had
        std::uint32_t next = 0;
        for (const ngram_entry entry : entries) {
            const std::uint32_t symbol = entry.symbol;
            fill(before.data(), lows.data(), next, symbol + 1, listed, listed_had, factor, shift);
            listed += m_shares[symbol];
            listed_had += before[symbol + 1] - before[symbol] - 1;
            next = symbol + 1;
        }
        fill(before.data(), lows.data(), next, 256, listed, listed_had, factor, shift);
        return ngram_table::from_lows(lows);
    }

private:
    static constexpr std::uint32_t whole = (1u << ngram_precision) - 256;

    /// The low ends of the symbols from `symbol` to before `end`, between which nothing is listed.
    static void fill(const frequency* before, frequency* lows, std::uint32_t symbol, std::uint32_t end, std::uint32_t listed,
                     std::uint32_t listed_had, std::uint32_t factor, unsigned shift) {
        for (; symbol < end; ++symbol) {
            lows[symbol] = symbol + listed + (((before[symbol] - symbol - listed_had) * factor) >> shift);
        }
    }

    std::uint32_t m_mass = whole;
    alignas(64) std::array<std::uint32_t, 256> m_shares{};  // beside the count that every symbol has
    alignas(64) std::array<std::uint32_t, 256> m_listed{};  // all ones where there is a share, else 0
};

}  // namespace detail
}  // namespace equinfo
