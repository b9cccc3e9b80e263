// SPDX-License-Identifier: MIT
// What M2 learns from: texts as tokens, several of them at a time.
#pragma once

#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// One text as ids. The first `given` of them are seen but not predicted: what is translated from, say.
struct sequence {
    std::vector<std::uint32_t> ids;
    std::size_t given = 0;
    std::size_t bytes = 0;  // of text that the predicted ids stand for

    [[nodiscard]] std::size_t predicted() const noexcept { return ids.size() - given; }
};

/// Tokens and bytes that are predicted.
struct amounts {
    std::uint64_t tokens = 0;
    std::uint64_t bytes = 0;
};

[[nodiscard]] inline amounts amounts_of(std::span<const sequence> texts) noexcept {
    amounts sums;
    for (const sequence& text : texts) {
        sums.tokens += text.predicted();
        sums.bytes += text.bytes;
    }
    return sums;
}

/// Sequences side by side, each from a start on; what a network works on at a time.
struct piece {
    std::vector<std::size_t> lengths;      // a sequence
    std::vector<std::uint32_t> inputs;     // [positions]: the start, then all ids but the last
    std::vector<std::uint32_t> predicted;  // positions whose next id counts, ascending
    std::vector<std::uint32_t> targets;    // [predicted]

    /// Texts without ids that count are left out.
    void add(const sequence& text, std::uint32_t start) {
        EQUINFO_EXPECTS(text.given <= text.ids.size());
        if (text.predicted() == 0) {
            return;
        }
        const std::size_t begin = inputs.size();
        lengths.push_back(text.ids.size());
        inputs.push_back(start);
        inputs.insert(inputs.end(), text.ids.begin(), text.ids.end() - 1);
        for (std::size_t i = text.given; i < text.ids.size(); ++i) {
            predicted.push_back(static_cast<std::uint32_t>(begin + i));
            targets.push_back(text.ids[i]);
        }
    }
    [[nodiscard]] std::size_t positions() const noexcept { return inputs.size(); }
};

}  // namespace equinfo::m2
