// SPDX-License-Identifier: MIT
// How the content of an n-gram model is told, decision by decision, from what is already known of it.
#pragma once

#include <equinfo/error.hpp>
#include <equinfo/models/ngram_bit_coder.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_scale.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::detail {

/// What a walk may find before it gives up.
struct ngram_walk_limits {
    std::uint64_t contexts;
    std::uint64_t entries;
    std::uint64_t candidates;  ///< symbols asked about
};

/// Goes through the contexts in the order of their numbers. Only symbols that follow a context's suffix can follow the
/// context; of each it is told whether it does, its code, and whether it leads to a longer context, in the light of how
/// likely it is after the suffix and how likely the context itself is. One class for both directions: with an encoder it
/// reads the content, with a decoder it fills it.
template <class Coder>
class ngram_walk {
public:
    ngram_walk(ngram_content& content, Coder& coder, const ngram_walk_limits& limits)
        : m_content(content), m_coder(coder), m_limits(limits), m_rarity{0} {
        m_rarity.reserve(static_cast<std::size_t>(limits.contexts));
    }

    /// False if the content would go beyond the limits or has a context that nothing follows.
    [[nodiscard]] bool run() {
        if constexpr (Coder::decodes) {
            m_content.contexts.assign(1, {});
        }
        std::size_t begin = 0;
        for (unsigned length = 0; begin < m_rarity.size(); ++length) {
            const std::size_t end = m_rarity.size();
            for (; begin < end; ++begin) {
                if (!tell_context(static_cast<std::uint32_t>(begin), length)) {
                    return false;
                }
            }
        }
        return true;
    }

    [[nodiscard]] std::uint64_t contexts() const { return m_rarity.size(); }
    [[nodiscard]] std::uint64_t entries() const { return m_entry; }
    [[nodiscard]] std::uint64_t candidates() const { return m_candidates; }

private:
    bool tell_context(std::uint32_t number, unsigned length) {
        m_context = number;
        m_class = std::min<std::size_t>(length, classes - 1);
        m_told = 0;
        const std::size_t before = m_entry;
        if (length == 0) {
            for (unsigned symbol = 0; symbol < 256; ++symbol) {
                if (!tell({0, static_cast<std::uint8_t>(symbol), 24}, m_content.order > 0)) {
                    return false;
                }
            }
        } else {
            const ngram_context suffix = m_content.contexts[m_content.contexts[number].suffix];
            for (std::uint32_t i = suffix.first_entry; i < suffix.first_entry + suffix.size; ++i) {
                const ngram_entry entry = m_content.entries[i];
                if (!tell(entry, entry.child != 0 && length < m_content.order)) {
                    return false;
                }
            }
            if (m_entry == before) {
                return false;
            }
        }
        const std::uint64_t whole = std::uint64_t{1} << 24;
        const std::uint64_t left = m_told < whole ? whole - m_told : 1;
        adaptive_code& state = m_escapes[std::min<std::size_t>(m_rarity[number] / 6, escape_buckets - 1)]
                                        [ngram_code_of_bits((24 << 16) - log2_fixed(left))];
        ngram_context& context = m_content.contexts[number];
        if constexpr (Coder::decodes) {
            context.first_entry = static_cast<std::uint32_t>(before);
            context.size = static_cast<std::uint16_t>(m_entry - before);
            context.length = static_cast<std::uint8_t>(length);
            context.escape = state.decode(m_coder);
        } else {
            state.encode(m_coder, context.escape);
        }
        return true;
    }

    /// Whether the symbol of `known`, an entry of the suffix, has an entry here too, and which.
    bool tell(const ngram_entry known, bool may_lead_on) {
        if (++m_candidates > m_limits.candidates) {
            return false;
        }
        const std::size_t rarity = m_rarity[m_context];
        adaptive_bit& state =
            m_flags[m_class][known.child != 0 ? 1 : 0][known.code][std::min<std::size_t>(rarity / 3, buckets - 1)];
        adaptive_code& codes = m_codes[std::min<std::size_t>((rarity + known.code) / 6, code_buckets - 1)][known.code];
        ngram_entry entry;
        if constexpr (Coder::decodes) {
            if (!m_coder.code(state)) {
                return true;
            }
            if (m_entry == m_limits.entries) {
                return false;
            }
            entry.symbol = known.symbol;
            entry.code = codes.decode(m_coder);
        } else {
            const ngram_context& context = m_content.contexts[m_context];
            const bool has = m_entry < std::size_t{context.first_entry} + context.size &&
                             m_content.entries[m_entry].symbol == known.symbol;
            if (!m_coder.code(state, has)) {
                return true;
            }
            entry = m_content.entries[m_entry];
            codes.encode(m_coder, entry.code);
        }
        m_told += ngram_weights[entry.code];
        if (may_lead_on && !tell_child(rarity + entry.code, known.child, entry)) {
            return false;
        }
        if constexpr (Coder::decodes) {
            m_content.entries.push_back(entry);
        }
        ++m_entry;
        return true;
    }

    /// Whether an entry leads to a longer context, whose suffix is known.
    bool tell_child(std::size_t rarity, std::uint32_t suffix, ngram_entry& entry) {
        adaptive_bit& state = m_children[m_class][std::min<std::size_t>(rarity, child_buckets - 1)];
        if constexpr (Coder::decodes) {
            if (!m_coder.code(state)) {
                return true;
            }
            entry.child = static_cast<std::uint32_t>(m_rarity.size());
        } else {
            if (!m_coder.code(state, entry.child != 0)) {
                return true;
            }
        }
        if (m_rarity.size() == m_limits.contexts) {
            return false;
        }
        m_rarity.push_back(static_cast<std::uint16_t>(rarity));
        if constexpr (Coder::decodes) {
            m_content.contexts.push_back({});
            m_content.contexts.back().suffix = suffix;
        }
        return true;
    }

    static constexpr std::size_t classes = 4;
    static constexpr std::size_t buckets = 32;
    static constexpr std::size_t code_buckets = 16;
    static constexpr std::size_t escape_buckets = 16;
    static constexpr std::size_t child_buckets = 128;

    ngram_content& m_content;
    Coder& m_coder;
    ngram_walk_limits m_limits;
    std::vector<std::uint16_t> m_rarity;  // of each context so far: the codes of the entries that lead to it, added up
    std::uint32_t m_context = 0;
    std::size_t m_class = 0;
    std::size_t m_entry = 0;
    std::uint64_t m_candidates = 0;
    std::uint64_t m_told = 0;             // weight of this context's entries
    std::array<std::array<std::array<std::array<adaptive_bit, buckets>, ngram_code_count>, 2>, classes> m_flags;
    std::array<std::array<adaptive_code, ngram_code_count>, code_buckets> m_codes;
    std::array<std::array<adaptive_code, ngram_code_count>, escape_buckets> m_escapes;
    std::array<std::array<adaptive_bit, child_buckets>, classes> m_children;
};

}  // namespace equinfo::detail
