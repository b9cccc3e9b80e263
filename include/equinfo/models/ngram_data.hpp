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

/// Contexts are numbered by length, then by the number of the context that is one symbol shorter at the end, then by
/// their last symbol; number 0 is the empty one. What is known to follow a context, its entries, lies together in the
/// order of the symbols. Two rules hold, and are what a model file is coded by: the context without its first symbol
/// (its suffix) is a context too, and has entries for all symbols for which the longer one has; a context of length
/// k > 0 is an entry of the context of length k - 1 that it starts with.
struct ngram_content {
    unsigned order = 0;                       ///< length of the longest context, at most ngram_max_order
    std::vector<std::uint32_t> first_entry;   ///< of each context, and the number of entries at the end
    std::vector<std::uint32_t> suffix;        ///< of each context; 0 for context 0
    std::vector<std::uint8_t> escape;         ///< code of the share of all symbols without an entry
    std::vector<std::uint8_t> symbol;         ///< of each entry
    std::vector<std::uint8_t> code;           ///< of each entry's share
    std::vector<std::uint32_t> child;         ///< the context that the entry's symbol leads to; 0 if there is none

    [[nodiscard]] std::size_t contexts() const { return suffix.size(); }
    [[nodiscard]] std::size_t entries() const { return symbol.size(); }

    [[nodiscard]] std::span<const std::uint8_t> symbols_of(std::uint32_t context) const {
        return std::span(symbol).subspan(first_entry[context], first_entry[context + 1] - first_entry[context]);
    }
    [[nodiscard]] std::span<const std::uint8_t> codes_of(std::uint32_t context) const {
        return std::span(code).subspan(first_entry[context], first_entry[context + 1] - first_entry[context]);
    }

    /// Names the model: all integers that predictions depend on.
    [[nodiscard]] std::uint64_t fingerprint() const {
        fingerprint_builder builder("equinfo ngram 1");
        builder.add(std::uint64_t{order});
        builder.add(std::uint64_t{contexts()});
        std::size_t entry = 0;
        for (std::size_t context = 0; context < contexts(); ++context) {
            builder.add(std::uint64_t{first_entry[context + 1] - first_entry[context]} << 8 | escape[context]);
            for (; entry < first_entry[context + 1]; ++entry) {
                builder.add(std::uint64_t{child[entry]} << 16 | std::uint64_t{symbol[entry]} << 8 | code[entry]);
            }
        }
        return builder.value();
    }
};

/// The table of a long context starts from that of its suffix of this length.
inline constexpr unsigned ngram_anchor_length = 2;

namespace detail {

/// Works out the table of a context: `start` from the table of a suffix, `narrow` by each longer suffix in turn and by
/// the context itself, `finish`. Every symbol has one count for itself; what is shared out is the rest of 2^20.
class ngram_shares {
public:
    /// `symbols` are the entries of the first context that will narrow: all later ones have no others. They are listed;
    /// the symbols that are not keep their proportions from here on.
    void start(const ngram_table& table, std::span<const std::uint8_t> symbols) {
        const auto lows = table.cumulative();
        m_table = &table;
        m_symbols = symbols;
        m_rest = budget;
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            const std::size_t symbol = symbols[i];
            m_shares[i] = lows[symbol + 1] - lows[symbol] - 1;
            m_rest -= m_shares[i];
        }
        m_rest_before = m_rest;
    }

    /// An entry of weight w gets budget * w / sum, where sum is the weight of all entries and of the escape. What is
    /// left goes to all other symbols, in proportion to what they had; all that rounding leaves, to those not listed.
    void narrow(std::span<const std::uint8_t> symbols, std::span<const std::uint8_t> codes, std::uint8_t escape) {
        EQUINFO_EXPECTS(symbols.size() == codes.size() && symbols.size() <= m_symbols.size());
        std::uint64_t sum = ngram_weights[escape];
        for (const std::uint8_t code : codes) {
            sum += ngram_weights[code];
        }
        const std::uint64_t unit = (std::uint64_t{budget} << 24) / sum;
        std::uint32_t left = budget;
        std::uint32_t had = budget;
        std::array<std::uint8_t, 256> others;  // places of listed symbols without an entry
        std::size_t other_count = 0;
        std::size_t place = 0;
        for (std::size_t i = 0; i < symbols.size(); ++i, ++place) {
            while (m_symbols[place] != symbols[i]) {
                others[other_count++] = static_cast<std::uint8_t>(place++);
            }
            had -= m_shares[place];
            m_shares[place] = static_cast<std::uint32_t>((ngram_weights[codes[i]] * unit) >> 24);
            left -= m_shares[place];
        }
        for (; place < m_symbols.size(); ++place) {
            others[other_count++] = static_cast<std::uint8_t>(place);
        }
        m_rest = left;
        if (other_count != 0) {
            const std::uint64_t scale = had == 0 ? 0 : (std::uint64_t{left} << 24) / had;
            for (std::size_t i = 0; i < other_count; ++i) {
                std::uint32_t& share = m_shares[others[i]];
                share = static_cast<std::uint32_t>((share * scale) >> 24);
                m_rest -= share;
            }
        }
    }

    /// The symbols between two listed ones share the rest by their cumulative shares in the table at the start, times a
    /// factor of at most 31 bits; what rounding leaves goes to the first symbol that is listed.
    [[nodiscard]] ngram_table finish() {
        if (m_symbols.empty()) {
            return *m_table;
        }
        const auto lows = m_table->cumulative();
        const unsigned shift = 31 - static_cast<unsigned>(std::bit_width(m_rest));
        const std::uint32_t factor = m_rest_before == 0 ? 0 : (m_rest << shift) / m_rest_before;
        std::uint32_t rounding = m_rest;
        std::uint32_t begin = 0;
        for (const std::uint32_t symbol : m_symbols) {
            rounding -= ((lows[symbol] - lows[begin] - (symbol - begin)) * factor) >> shift;
            begin = symbol + 1;
        }
        rounding -= ((lows[256] - lows[begin] - (256 - begin)) * factor) >> shift;

        alignas(64) std::array<frequency, 256> result;
        std::uint32_t low = 0;
        begin = 0;
        for (std::size_t i = 0; i < m_symbols.size(); ++i) {
            const std::uint32_t symbol = m_symbols[i];
            fill(lows, begin, symbol + 1, low, factor, shift, result);
            low = result[symbol] + m_shares[i] + 1 + (i == 0 ? rounding : 0);
            begin = symbol + 1;
        }
        fill(lows, begin, 256, low, factor, shift, result);
        return ngram_table::from_lows(result);
    }

private:
    static constexpr std::uint32_t budget = (1u << ngram_precision) - 256;

    /// The lower ends of the symbols from `begin` to before `end`, of which the first is `low`.
    static void fill(std::span<const frequency, 257> lows, std::uint32_t begin, std::uint32_t end, std::uint32_t low,
                     std::uint32_t factor, unsigned shift, std::array<frequency, 256>& result) {
        const std::uint32_t before = begin < 256 ? lows[begin] - begin : 0;
        const std::uint32_t offset = low - begin;
        for (std::uint32_t symbol = begin; symbol < end; ++symbol) {
            result[symbol] = offset + symbol + (((lows[symbol] - symbol - before) * factor) >> shift);
        }
    }

    const ngram_table* m_table = nullptr;
    std::span<const std::uint8_t> m_symbols;
    std::array<std::uint32_t, 256> m_shares;
    std::uint32_t m_rest = 0;         // of the symbols that are not listed
    std::uint32_t m_rest_before = 0;  // in the table at the start
};

}  // namespace detail
}  // namespace equinfo
