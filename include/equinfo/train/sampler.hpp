// SPDX-License-Identifier: MIT
// What a step of training reads: long pieces of text, and short fresh starts.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/train/random.hpp>
#include <equinfo/train/transformer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::train {

/// Texts in memory, or mapped into it, that outlive this. Their documents end with a NUL byte.
class sampler {
public:
    /// Pieces of `longest` bytes will be taken.
    /// @throws equinfo::error where no text has so many and 64
    sampler(std::vector<std::span<const std::uint8_t>> texts, std::size_t longest) : m_longest(longest) {
        for (const std::span<const std::uint8_t> text : texts) {
            if (text.size() > longest + near) {
                m_texts.push_back(text);
                m_total += text.size();
            }
        }
        if (m_texts.empty()) {
            equinfo::detail::throw_error(errc::bad_parameter, 0,
                                         "training wants a text of more than " + std::to_string(longest + near) + " bytes");
        }
    }

    static constexpr std::size_t short_length = 32;

    [[nodiscard]] std::uint64_t total() const noexcept { return m_total; }

    /// About `bytes` bytes in pieces for one thread: long sequences, and an eighth in short ones, half of them from starts of
    /// words.
    [[nodiscard]] std::vector<piece> batch(random_numbers& random, std::size_t bytes) const {
        const std::size_t shorts = bytes / 8 / short_length;
        const std::size_t longs = std::max<std::size_t>(1, (bytes - shorts * short_length) / m_longest);
        std::vector<piece> pieces;
        for (std::size_t i = 0; i < longs; ++i) {
            pieces.push_back(take(random, 1, m_longest, 0));
        }
        const std::size_t together = std::max<std::size_t>(1, m_longest / short_length);
        for (std::size_t i = 0; i < shorts; i += together) {
            const std::size_t count = std::min(together, shorts - i);
            pieces.push_back(take(random, count, short_length, count / 2));
        }
        return pieces;
    }

    /// `count` sequences from random places, the first `words` of them from starts of words.
    [[nodiscard]] piece take(random_numbers& random, std::size_t count, std::size_t length, std::size_t words) const {
        EQUINFO_EXPECTS(length <= m_longest);
        piece taken;
        taken.length = length;
        for (std::size_t i = 0; i < count; ++i) {
            std::uint64_t place = random.below(m_total);  // so that long texts are taken from more often
            std::size_t which = 0;
            while (place >= m_texts[which].size()) {
                place -= m_texts[which++].size();
            }
            const std::span<const std::uint8_t> text = m_texts[which];
            std::size_t at = random.below(text.size() - length - near);
            if (i < words) {
                const auto starts = [&](std::size_t before) { return text[before] <= ' ' && text[before + 1] > ' '; };
                std::size_t before = at;
                while (before < at + near - 1 && !starts(before)) {
                    ++before;
                }
                at = before < at + near - 1 ? before + 1 : at;
            }
            const auto from = text.subspan(at, length);
            taken.text.insert(taken.text.end(), from.begin(), from.end());
        }
        return taken;
    }

private:
    static constexpr std::size_t near = 64;  // bytes within which a word should start

    std::vector<std::span<const std::uint8_t>> m_texts;
    std::uint64_t m_total = 0;
    std::size_t m_longest;
};

}  // namespace equinfo::train
