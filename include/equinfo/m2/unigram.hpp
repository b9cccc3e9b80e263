// SPDX-License-Identifier: MIT
// How often each id occurs, as a model: the least that there is to learn, and where M2 begins.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m2/sequence.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// Probabilities of ids by their counts, each count raised by one amount.
///
/// The amount is the one that foretells each token best from all others (leave one out). So what is nothing but noise comes out as
/// uniform, even where there are fewer tokens than ids, and counts as they are would foretell worse than nothing.
class unigram {
public:
    /// Of the predicted ids, which are [first, first + ids).
    unigram(std::span<const sequence> texts, std::uint32_t first, std::uint32_t ids) : m_first(first), m_counts(ids) {
        EQUINFO_EXPECTS(ids != 0);
        for (const sequence& text : texts) {
            for (std::size_t i = text.given; i < text.ids.size(); ++i) {
                EQUINFO_EXPECTS(text.ids[i] >= first && text.ids[i] - first < ids);
                ++m_counts[text.ids[i] - first];
                ++m_total;
            }
        }
        std::map<std::uint64_t, std::uint64_t> kinds;  // ids that have a count
        for (const std::uint64_t count : m_counts) {
            ++kinds[count];
        }
        double best = HUGE_VAL;
        for (int exponent = -20; exponent <= 40; ++exponent) {  // steps of the square root of 2
            const double raised = std::exp2(exponent / 2.0);
            const double total = static_cast<double>(m_total) - 1 + raised * static_cast<double>(ids);
            double bits = 0;
            for (const auto& [count, ids_with_it] : kinds) {
                if (count != 0) {
                    const double others = static_cast<double>(count) - 1 + raised;
                    bits -= static_cast<double>(count * ids_with_it) * std::log2(others / total);
                }
            }
            if (bits < best) {
                best = bits;
                m_raised = raised;
            }
        }
    }

    /// Bits of one id.
    [[nodiscard]] double bits_of(std::uint32_t id) const noexcept {
        EQUINFO_EXPECTS(id >= m_first && id - m_first < m_counts.size());
        const double total = static_cast<double>(m_total) + m_raised * static_cast<double>(m_counts.size());
        return std::log2(total / (static_cast<double>(m_counts[id - m_first]) + m_raised));
    }

    /// Bits of all predicted ids, which should be others than those that were counted.
    [[nodiscard]] double bits_of(std::span<const sequence> texts) const noexcept {
        double bits = 0;
        for (const sequence& text : texts) {
            for (std::size_t i = text.given; i < text.ids.size(); ++i) {
                bits += bits_of(text.ids[i]);
            }
        }
        return bits;
    }

private:
    std::uint32_t m_first;
    std::vector<std::uint64_t> m_counts;
    std::uint64_t m_total = 0;
    double m_raised = 1;
};

}  // namespace equinfo::m2
