// SPDX-License-Identifier: MIT
// A baseline to measure against: the 64-bit range asymmetric numeral system (rANS; Duda 2013), in its usual shape of a
// 63-bit state and 32-bit words. Its decoder either searches the cumulative frequencies, or looks the point up in a
// table of 2^precision symbols, which only pays where the distribution stays the same.
#pragma once

#include <equinfo/coding/frequency.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::bench {

class rans_encoder {
public:
    /// Symbols go in from the last to the first.
    void encode(frequency_range slice, unsigned precision) {
        const std::uint64_t limit = (lower_bound >> precision << 32) * slice.freq;
        if (m_state >= limit) {
            m_words.push_back(static_cast<std::uint32_t>(m_state));
            m_state >>= 32;
        }
        m_state = (m_state / slice.freq << precision) + m_state % slice.freq + slice.low;
    }

    /// The words in the order in which the decoder reads them.
    std::vector<std::uint32_t> finish() {
        m_words.push_back(static_cast<std::uint32_t>(m_state));
        m_words.push_back(static_cast<std::uint32_t>(m_state >> 32));
        std::reverse(m_words.begin(), m_words.end());
        return std::move(m_words);
    }

    static constexpr std::uint64_t lower_bound = std::uint64_t{1} << 31;

private:
    std::vector<std::uint32_t> m_words;
    std::uint64_t m_state = lower_bound;
};

class rans_decoder {
public:
    explicit rans_decoder(const std::vector<std::uint32_t>& words) : m_next(words.data() + 2) {
        m_state = std::uint64_t{words[0]} << 32 | words[1];
    }

    [[nodiscard]] frequency point(unsigned precision) const {
        return static_cast<frequency>(m_state & ((std::uint64_t{1} << precision) - 1));
    }

    void advance(frequency_range slice, unsigned precision) {
        m_state = slice.freq * (m_state >> precision) + point(precision) - slice.low;
        if (m_state < rans_encoder::lower_bound) {
            m_state = m_state << 32 | *m_next++;
        }
    }

private:
    const std::uint32_t* m_next;
    std::uint64_t m_state;
};

/// The symbol at `point`, by the binary search that public coders use.
inline std::uint8_t binary_search(std::span<const frequency, 257> cumulative, frequency point) {
    const auto above = std::upper_bound(cumulative.begin() + 1, cumulative.end() - 1, point);
    return static_cast<std::uint8_t>(above - cumulative.begin() - 1);
}

}  // namespace equinfo::bench
