// SPDX-License-Identifier: MIT
// The frozen content of an n-gram model: its contexts, and what is known to follow each.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/models/ngram_counts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

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

}  // namespace equinfo
