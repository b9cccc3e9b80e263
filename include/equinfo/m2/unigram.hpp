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
#include <utility>
#include <vector>

namespace equinfo::m2 {

/// Probabilities of ids by their counts, each count raised by one amount.
///
/// The amount is the one that predicts each token best from all others (leave one out). So what is nothing but noise
/// comes out as uniform, even where there are fewer tokens than ids, and counts as they are would predict worse than
/// nothing.
class unigram {
public:
    /// counts[i] of id first + i; at least one id.
    explicit unigram(std::vector<std::uint64_t> counts, std::uint32_t first = 0)
        : m_first(first), m_counts(std::move(counts)) {
        EQUINFO_EXPECTS(!m_counts.empty());
        std::map<std::uint64_t, std::uint64_t> ids_with;  // this count
        for (const std::uint64_t count : m_counts) {
            ++ids_with[count];
            m_total += count;
        }
        double best = HUGE_VAL;
        for (int step = -most_steps; step <= most_steps; ++step) {
            const double raised = std::exp2(step / 2.0);
            const double total = static_cast<double>(m_total) - 1 + raised * static_cast<double>(m_counts.size());
            double bits = 0;
            for (const auto& [count, ids] : ids_with) {
                if (count != 0) {
                    bits -=
                        static_cast<double>(count * ids) * std::log2((static_cast<double>(count) - 1 + raised) / total);
                }
            }
            if (bits <= best) {  // where it makes no difference, the more even
                best = bits;
                m_raised = raised;
                m_is_even = step == most_steps;
            }
        }
    }

    /// Of the predicted ids of texts, which are [first, first + ids).
    unigram(std::span<const sequence> texts, std::uint32_t first, std::uint32_t ids)
        : unigram(counts_of(texts, first, ids), first) {}

    /// What each count is raised by: about 0 where counts tell much, much where they are noise.
    [[nodiscard]] double raised() const noexcept { return m_raised; }
    /// The counts tell nothing: it is the most that is tried.
    [[nodiscard]] bool is_even() const noexcept { return m_is_even; }

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
    static constexpr int most_steps = 50;  // of the square root of 2, down and up from 1

    static std::vector<std::uint64_t> counts_of(std::span<const sequence> texts, std::uint32_t first,
                                                std::uint32_t ids) {
        std::vector<std::uint64_t> counts(ids);
        for (const sequence& text : texts) {
            for (std::size_t i = text.given; i < text.ids.size(); ++i) {
                EQUINFO_EXPECTS(text.ids[i] >= first && text.ids[i] - first < ids);
                ++counts[text.ids[i] - first];
            }
        }
        return counts;
    }

    std::uint32_t m_first;
    std::vector<std::uint64_t> m_counts;
    std::uint64_t m_total = 0;
    double m_raised = 1;
    bool m_is_even = false;
};

}  // namespace equinfo::m2
