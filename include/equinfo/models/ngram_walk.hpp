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
            m_content.suffix.assign(1, 0);
            m_content.first_entry.assign(1, 0);
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
    /// What is known of a symbol before it is told whether it has an entry.
    struct question {
        std::uint8_t symbol;
        std::uint8_t code;          // after the suffix
        std::uint32_t child;        // context that it leads to there
        bool may_lead_on;
    };

    bool tell_context(std::uint32_t context, unsigned length) {
        m_context = context;
        m_class = std::min<std::size_t>(length, classes - 1);
        m_told = 0;
        const std::size_t before = m_entry;
        if (length == 0) {
            for (unsigned symbol = 0; symbol < 256; ++symbol) {
                if (!tell({static_cast<std::uint8_t>(symbol), 24, 0, m_content.order > 0})) {
                    return false;
                }
            }
        } else {
            const std::uint32_t suffix = m_content.suffix[context];
            const std::uint32_t end = m_content.first_entry[suffix + 1];
            for (std::uint32_t i = m_content.first_entry[suffix]; i < end; ++i) {
                const std::uint32_t child = m_content.child[i];
                if (!tell({m_content.symbol[i], m_content.code[i], child, child != 0 && length < m_content.order})) {
                    return false;
                }
            }
            if (m_entry == before) {
                return false;
            }
        }
        const std::uint64_t whole = std::uint64_t{1} << 24;
        const std::uint64_t left = m_told < whole ? whole - m_told : 1;
        adaptive_code& state = m_escapes[std::min<std::size_t>(m_rarity[context] / 6, escape_buckets - 1)][ngram_code_of_bits((24 << 16) - log2_fixed(left))];
        if constexpr (Coder::decodes) {
            m_content.escape.push_back(state.decode(m_coder));
            m_content.first_entry.push_back(static_cast<std::uint32_t>(m_entry));
        } else {
            state.encode(m_coder, m_content.escape[context]);
        }
        return true;
    }

    bool tell(const question& asked) {
        if (++m_candidates > m_limits.candidates) {
            return false;
        }
        const std::size_t rarity = m_rarity[m_context];
        adaptive_code& codes = m_codes[std::min<std::size_t>((rarity + asked.code) / 6, code_buckets - 1)][asked.code];
        adaptive_bit& state = m_flags[m_class][asked.child != 0 ? 1 : 0][asked.code][std::min<std::size_t>(rarity / 3, buckets - 1)];
        if constexpr (Coder::decodes) {
            if (!m_coder.code(state)) {
                return true;
            }
            if (m_entry == m_limits.entries) {
                return false;
            }
            m_content.symbol.push_back(asked.symbol);
            m_content.code.push_back(codes.decode(m_coder));
        } else {
            const bool has = m_entry < m_content.first_entry[m_context + 1] && m_content.symbol[m_entry] == asked.symbol;
            if (!m_coder.code(state, has)) {
                return true;
            }
            codes.encode(m_coder, m_content.code[m_entry]);
        }
        m_told += ngram_weights[m_content.code[m_entry]];
        return tell_child(asked);
    }

    bool tell_child(const question& asked) {
        const std::size_t entry = m_entry++;
        bool leads_on = false;
        const std::size_t rarity = std::size_t{m_rarity[m_context]} + m_content.code[entry];
        if (asked.may_lead_on) {
            adaptive_bit& state = m_children[m_class][std::min<std::size_t>(rarity, child_buckets - 1)];
            if constexpr (Coder::decodes) {
                leads_on = m_coder.code(state);
            } else {
                leads_on = m_coder.code(state, m_content.child[entry] != 0);
            }
        }
        if (leads_on) {
            if (m_rarity.size() == m_limits.contexts) {
                return false;
            }
            if constexpr (Coder::decodes) {
                m_content.suffix.push_back(asked.child);
            }
        }
        if constexpr (Coder::decodes) {
            m_content.child.push_back(leads_on ? static_cast<std::uint32_t>(m_rarity.size()) : 0);
        }
        if (leads_on) {
            m_rarity.push_back(static_cast<std::uint16_t>(rarity));
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
