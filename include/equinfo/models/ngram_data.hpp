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

/// Works out the table of a context from the table of its suffix.
///
/// One count goes to every symbol; the other 2^20 - 256 are shared out. An entry of weight w gets floor(rest * w / sum),
/// where sum is the weight of all entries and of the escape. What remains goes to the symbols without an entry, in
/// proportion to what they had in the suffix's table; what their rounding leaves goes to the first entry. The empty
/// context starts from the table in which all symbols are alike.
[[nodiscard]] inline ngram_table ngram_refine(const ngram_table& suffix, std::span<const std::uint8_t> symbols,
                                              std::span<const std::uint8_t> codes, std::uint8_t escape) {
    EQUINFO_EXPECTS(symbols.size() == codes.size());
    if (symbols.empty()) {
        return suffix;
    }
    constexpr std::uint32_t budget = (1u << ngram_precision) - 256;
    const auto lows = suffix.cumulative();
    std::uint64_t sum = symbols.size() < 256 ? detail::ngram_weights[escape] : 0;
    for (const std::uint8_t code : codes) {
        sum += detail::ngram_weights[code];
    }
    std::uint32_t left = budget;      // for the symbols without an entry
    std::uint32_t had = budget;       // by them in the suffix's table
    std::array<std::uint32_t, 256> shares;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        const std::size_t symbol = symbols[i];
        shares[i] = static_cast<std::uint32_t>(std::uint64_t{budget} * detail::ngram_weights[codes[i]] / sum);
        left -= shares[i];
        had -= lows[symbol + 1] - lows[symbol] - 1;
    }
    std::array<frequency, 256> frequencies;
    std::uint32_t used = 0;
    if (had != 0) {
        const unsigned shift = 10 + static_cast<unsigned>(std::bit_width(had));
        const auto factor = static_cast<std::uint32_t>((std::uint64_t{left} << shift) / had);
        for (std::size_t symbol = 0; symbol < 256; ++symbol) {
            const std::uint32_t share = lows[symbol + 1] - lows[symbol] - 1;
            frequencies[symbol] = static_cast<std::uint32_t>((std::uint64_t{share} * factor) >> shift) + 1;
            used += frequencies[symbol] - 1;
        }
    } else {
        frequencies.fill(1);
    }
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        used -= frequencies[symbols[i]] - 1;  // modulo 2^32, as it was added
        frequencies[symbols[i]] = shares[i] + 1;
    }
    frequencies[symbols[0]] += left - used;
    return ngram_table::from_frequencies(frequencies);
}

}  // namespace equinfo
