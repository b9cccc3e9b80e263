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
#include <type_traits>
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
            m_content.entries.resize(static_cast<std::size_t>(m_limits.entries));  // cut to what is told in the end
        }
        bool whole = true;
        std::size_t begin = 0;
        for (unsigned length = 0; whole && begin < m_rarity.size(); ++length) {
            const std::size_t end = m_rarity.size();
            for (; whole && begin < end; ++begin) {
                whole = tell_context(static_cast<std::uint32_t>(begin), length);
            }
        }
        if constexpr (Coder::decodes) {
            m_content.entries.resize(m_entry);
        }
        return whole;
    }

    [[nodiscard]] std::uint64_t contexts() const { return m_rarity.size(); }
    [[nodiscard]] std::uint64_t entries() const { return m_entry; }
    [[nodiscard]] std::uint64_t candidates() const { return m_candidates; }

private:
    bool tell_context(std::uint32_t number, unsigned length) {
        const ngram_context suffix = m_content.contexts[m_content.contexts[number].suffix];
        const std::uint32_t candidates = length == 0 ? 256 : suffix.size;
        m_candidates += candidates;
        if (m_candidates > m_limits.candidates) {
            return false;
        }
        const std::size_t begin = m_entry;
        // A decoder is copied for as long as a context takes, so that it can stay in registers.
        std::conditional_t<Coder::decodes, Coder, Coder&> coder = m_coder;
        const bool in_limits = tell_entries(coder, number, length, suffix.first_entry, candidates);
        if (!in_limits || (length != 0 && m_entry == begin)) {
            if constexpr (Coder::decodes) {
                m_coder = coder;
            }
            return false;
        }
        const std::uint64_t whole = std::uint64_t{1} << 24;
        const std::uint64_t left = m_told < whole ? whole - m_told : 1;
        adaptive_code& state = m_escapes[std::min<std::size_t>(m_rarity[number] / 6u, escape_buckets - 1)]
                                        [ngram_code_of_bits((24 << 16) - log2_fixed(left))];
        ngram_context& context = m_content.contexts[number];
        if constexpr (Coder::decodes) {
            context.first_entry = static_cast<std::uint32_t>(begin);
            context.size = static_cast<std::uint16_t>(m_entry - begin);
            context.length = static_cast<std::uint8_t>(length);
            context.escape = state.decode(coder);
            m_coder = coder;
        } else {
            state.encode(coder, context.escape);
        }
        return true;
    }

    /// Of each candidate, the suffix's entries or all symbols, whether it has an entry here too, and which.
    EQUINFO_FORCE_INLINE bool tell_entries(Coder& coder, std::uint32_t number, unsigned length, std::uint32_t first,
                                           std::uint32_t candidates) {
        const std::size_t level = std::min<std::size_t>(length, classes - 1);
        const std::size_t rarity = m_rarity[number];
        auto& flags = m_flags[level][std::min<std::size_t>(rarity / 3, buckets - 1)];
        const bool may_be_longer = length < m_content.order;
        std::size_t last = 0;  // of the entries of this context, for an encoder
        if constexpr (!Coder::decodes) {
            last = m_content.contexts[number].first_entry + std::size_t{m_content.contexts[number].size};
        }
        ngram_entry* const entries = m_content.entries.data();
        std::size_t at = m_entry;
        std::uint64_t told = 0;
        bool in_limits = true;
        for (std::uint32_t i = 0; i < candidates; ++i) {
            const ngram_entry known = length == 0 ? ngram_entry{0, static_cast<std::uint8_t>(i), 24} : entries[first + i];
            adaptive_bit& state = flags[known.child != 0 ? 1 : 0][known.code];
            if constexpr (Coder::decodes) {
                if (!coder.code(state)) {
                    continue;
                }
                if (at == m_limits.entries) {
                    in_limits = false;
                    break;
                }
            } else {
                if (!coder.code(state, at < last && entries[at].symbol == known.symbol)) {
                    continue;
                }
            }
            adaptive_code& codes = m_codes[std::min<std::size_t>((rarity + known.code) / 6, code_buckets - 1)][known.code];
            ngram_entry& entry = entries[at];
            if constexpr (Coder::decodes) {
                entry = {0, known.symbol, codes.decode(coder)};
            } else {
                codes.encode(coder, entry.code);
            }
            ++at;
            told += ngram_weights[entry.code];
            if (may_be_longer && (known.child != 0 || length == 0) &&
                !tell_child(coder, level, rarity + entry.code, known.child, entry)) {
                in_limits = false;
                break;
            }
        }
        m_entry = at;
        m_told = told;
        return in_limits;
    }

    /// Whether an entry leads to a longer context, whose suffix is known.
    EQUINFO_FORCE_INLINE bool tell_child(Coder& coder, std::size_t level, std::size_t rarity, std::uint32_t suffix,
                                         ngram_entry& entry) {
        adaptive_bit& state = m_children[level][std::min<std::size_t>(rarity, child_buckets - 1)];
        if constexpr (Coder::decodes) {
            if (!coder.code(state)) {
                return true;
            }
            entry.child = static_cast<std::uint32_t>(m_rarity.size());
        } else {
            if (!coder.code(state, entry.child != 0)) {
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
    std::size_t m_entry = 0;
    std::uint64_t m_candidates = 0;
    std::uint64_t m_told = 0;             // weight of this context's entries
    std::array<std::array<std::array<std::array<adaptive_bit, ngram_code_count>, 2>, buckets>, classes> m_flags;
    std::array<std::array<adaptive_code, ngram_code_count>, code_buckets> m_codes;
    std::array<std::array<adaptive_code, ngram_code_count>, escape_buckets> m_escapes;
    std::array<std::array<adaptive_bit, child_buckets>, classes> m_children;
};

}  // namespace equinfo::detail
