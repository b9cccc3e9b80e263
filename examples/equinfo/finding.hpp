// SPDX-License-Identifier: MIT
// What a small language model learnt of text as tokens, and what that means.
#pragma once

#include "plain_text.hpp"

#include <cmath>
#include <optional>
#include <string>

namespace program {

/// What M2 learns of one tokenization.
struct finding {
    std::string name;
    std::string model;
    std::optional<std::string> rule;  // nothing: bytes
    unsigned window_bits = 0;
    unsigned token_bits = 8;
    double bytes_a_token = 1;
    double uniform = 0;  // bits a byte
    double unigram = 0;
    double learnt = 0;
    // Shares of right predictions in the later halves of texts:
    std::optional<double> decompressed;  // of bytes, the tokens given
    std::optional<double> compressed;    // of tokens, the text given
    double alone = 0;                    // of bytes, by the text before them alone
    bool by_the_clock = false;           // stopped before all text was seen

    /// How much less M2 takes than a model that knows only how often each token occurs.
    [[nodiscard]] double gain() const { return 1 - learnt / unigram; }
};

[[nodiscard]] inline std::string percent(double share) { return decimal(100 * share, 1) + " %"; }

[[nodiscard]] inline std::string percent(const std::optional<double>& share) { return share ? percent(*share) : "-"; }

/// In words, against the bytes of the same text where that is known (nullptr where it is not).
[[nodiscard]] inline std::string meaning(const finding& each, const finding* as_bytes) {
    constexpr double noise = 0.01;
    std::string text = each.name + ": ";
    if (each.by_the_clock) {
        return text + "not decided. The time ran out before all text was seen (--minutes); M2 stands at " +
               decimal(each.learnt, 2) + " bits a byte.";
    }
    if (each.gain() < noise) {
        text += "not learnt. M2 predicts these tokens no better than by how often each occurs (" +
                decimal(each.learnt, 2) + " bits a byte).";
    } else {
        text += "M2 takes " + percent(each.gain()) + " less than how often each token occurs would";
        if (as_bytes != nullptr && !as_bytes->by_the_clock) {
            const double more = each.learnt / as_bytes->learnt - 1;
            text += ", and " + percent(std::abs(more)) + (more > 0 ? " more" : " less") +
                    " than for the bytes of the same text";
            text += ", in sequences " + decimal(each.bytes_a_token, 1) + " times as short";
        }
        text += ".";
    }
    if (each.decompressed) {
        const double gain = *each.decompressed - each.alone;
        text += gain < 2 * noise ? " It cannot read the text in them" : " It reads text in them";
        text += ": " + percent(*each.decompressed) + " of bytes right, " + percent(each.alone) + " without the tokens.";
    }
    return text;
}

}  // namespace program
