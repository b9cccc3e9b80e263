// SPDX-License-Identifier: MIT
// The integer model's steps and limits on floats, whose gradients pass as if there were no steps.
#pragma once

#include <equinfo/train/vectors.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace equinfo::train {

/// `off` leaves out all steps and limits: for checks of gradients.
enum class rounding : bool { off, on };

/// The w of a matrix: its weights are integers times 2^-w.
inline constexpr int coarsest_unit = 6;
inline constexpr int finest_unit = 12;

/// The finest w whose 127 steps still reach the greatest weight.
[[nodiscard]] inline int unit_of(std::span<const float> weights) noexcept {
    float most = 1e-9F;
    for (const float weight : weights) {
        const float size = std::abs(weight);
        most = size > most ? size : most;
    }
    const float exponent = std::floor(std::log2(127.5F / most));
    return static_cast<int>(limited(exponent, coarsest_unit, finest_unit));
}

/// to = from in steps of 1 / unit, at most `limit` of them.
inline void round_to_steps(std::span<const float> from, float unit, float limit, rounding how, std::span<float> to) noexcept {
    EQUINFO_EXPECTS(from.size() == to.size());
    if (how == rounding::off) {
        for (std::size_t i = 0; i < to.size(); ++i) {
            to[i] = from[i];
        }
        return;
    }
    const float step = 1 / unit;
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] = round_small(limited(from[i] * unit, -limit, limit)) * step;
    }
}

/// The rounded weights of a matrix. Their gradient is that of the weights.
inline void round_weights(std::span<const float> weights, int w, rounding how, std::span<float> to) noexcept {
    round_to_steps(weights, std::ldexp(1.0F, w), 127, how, to);
}

/// The backward of round_to_steps with 127 steps, for values and the results of attention: gradient = 0 where x was limited.
inline void round_to_steps_backward(std::span<const float> x, float unit, rounding how, std::span<float> gradient) noexcept {
    EQUINFO_EXPECTS(x.size() == gradient.size());
    const float limit = how == rounding::on ? 127.5F / unit : HUGE_VALF;
    for (std::size_t i = 0; i < x.size(); ++i) {
        gradient[i] = std::abs(x[i]) < limit ? gradient[i] : 0.0F;
    }
}

/// The greatest input of the feed-forward layer's square.
inline constexpr float square_limit = 511.0F / 128;

/// y = min(max(x, 0), 511/128)^2, rounded down to steps of 1/16.
inline void square_forward(std::span<const float> x, rounding how, std::span<float> y) noexcept {
    EQUINFO_EXPECTS(x.size() == y.size());
    if (how == rounding::off) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float t = x[i] < 0 ? 0 : x[i];
            y[i] = t * t;
        }
        return;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {  // two loops: of one with both, g++ 12 makes jumps instead of vectors
        y[i] = round_small(limited(x[i] * 128, 0, 511));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = static_cast<float>(static_cast<std::int32_t>(y[i] * y[i] * (1.0F / 1024))) * (1.0F / 16);
    }
}

/// gradient becomes that of x. Above the limit it has the slope of the limit, so that what got there finds back.
inline void square_backward(std::span<const float> x, rounding how, std::span<float> gradient) noexcept {
    EQUINFO_EXPECTS(x.size() == gradient.size());
    const float most = how == rounding::on ? square_limit : HUGE_VALF;
    for (std::size_t i = 0; i < x.size(); ++i) {
        gradient[i] *= 2 * limited(x[i], 0, most);
    }
}

}  // namespace equinfo::train
