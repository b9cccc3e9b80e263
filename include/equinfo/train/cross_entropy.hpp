// SPDX-License-Identifier: MIT
// What a symbol costs by its logits, and the gradient of that.
#pragma once

#include <equinfo/train/vectors.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace equinfo::train {

/// Bits of the symbol `wanted`, by logits [symbols] in binary orders of magnitude. The logits become probabilities.
inline float cost_forward(std::span<float> logits, std::size_t wanted) noexcept {
    const float top = greatest(logits);
    const float below = top - logits[wanted];
    for (float& logit : logits) {
        logit = power_of_two(logit - top);
    }
    const float total = sum(logits);
    const float share = 1 / total;
    for (float& logit : logits) {
        logit *= share;
    }
    return std::log2(total) + below;
}

/// Probabilities [symbols] become the gradient of `scale` times the bits.
inline void cost_backward(std::span<float> probabilities, std::size_t wanted, float scale) noexcept {
    probabilities[wanted] -= 1;
    for (float& each : probabilities) {
        each *= scale;
    }
}

}  // namespace equinfo::train
