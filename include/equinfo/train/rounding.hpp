// SPDX-License-Identifier: MIT
// The integer model's steps and limits on floats, whose gradients pass as if there were no steps.
#pragma once

#include <equinfo/m1/constants.hpp>
#include <equinfo/train/vectors.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
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
        y[i] = round_small(y[i] * y[i] * (1.0F / 1024) - 1023.0F / 2048) * (1.0F / 16);  // down: a square is a multiple of 1/1024
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

/// What a gated or SwiGLU feed-forward layer takes in goes from -gate_limit to square_limit.
inline constexpr float gate_limit = 512.0F / 128;

namespace detail {

/// What gates open, in 2^-16, times values: in steps of 1/16, at most 127 of them.
inline void times_values(std::span<const float> values, std::span<float> y) noexcept {
    for (std::size_t i = 0; i < y.size(); ++i) {
        const float value = round_small(limited(values[i] * 128, -512, 511));
        y[i] = round_small(limited(y[i] * value * (1.0F / 524288), -127, 127)) * (1.0F / 16);
    }
}

struct gate_opening {
    float share;  // of the gate: times it, what it opens
    float slope;  // of what it opens, by the gate
};

/// Of that of y, the gradients of gates and values: 0 where y was limited, and beyond a limit of theirs with the slope there.
/// To let them pass where y was limited drives gate and value further up, which nothing holds: 0.04 bits a byte worse after 2.5 MB.
template <class Opening>
void gates_backward(std::span<const float> gates, std::span<const float> values, rounding how, std::span<const float> of_y,
                    std::span<float> of_gates, std::span<float> of_values, Opening&& opening_of) noexcept {
    EQUINFO_EXPECTS(gates.size() == of_y.size() && values.size() == of_y.size());
    EQUINFO_EXPECTS(of_gates.size() == of_y.size() && of_values.size() == of_y.size());
    const float least = how == rounding::on ? -gate_limit : -HUGE_VALF;
    const float most = how == rounding::on ? square_limit : HUGE_VALF;
    const float limit = how == rounding::on ? 127.5F / 16 : HUGE_VALF;
    for (std::size_t i = 0; i < of_y.size(); ++i) {
        const float gate = limited(gates[i], least, most);
        const gate_opening opening = opening_of(gate);
        const float value = limited(values[i], least, most);
        const float passed = std::abs(gate * opening.share * value) < limit ? of_y[i] : 0.0F;
        of_gates[i] = passed * opening.slope * value;
        of_values[i] = passed * gate * opening.share;
    }
}

/// 1 / (1 + e^-x), at least 2^-126.
[[nodiscard]] inline float sigmoid(float x) noexcept {
    const float power = x * -std::numbers::log2e_v<float>;
    return 1 / (1 + power_of_two(power > 126 ? 126 : power));
}

}  // namespace detail

/// y = gate * min(max(gate / 4 + 1/2, 0), 1) * value, in steps of 1/16, at most 127 of them; gate and value in steps of 1/128.
inline void gate_forward(std::span<const float> gates, std::span<const float> values, rounding how, std::span<float> y) noexcept {
    EQUINFO_EXPECTS(gates.size() == y.size() && values.size() == y.size());
    if (how == rounding::off) {
        for (std::size_t i = 0; i < y.size(); ++i) {
            y[i] = gates[i] * limited(gates[i] * 0.25F + 0.5F, 0, 1) * values[i];
        }
        return;
    }
    for (std::size_t i = 0; i < y.size(); ++i) {  // two loops, as above
        const float gate = round_small(limited(gates[i] * 128, -512, 511));
        y[i] = gate * limited(gate + 256, 0, 512);
    }
    detail::times_values(values, y);
}

/// Of that of y, the gradients of gates and values: see detail::gates_backward.
inline void gate_backward(std::span<const float> gates, std::span<const float> values, rounding how, std::span<const float> of_y,
                          std::span<float> of_gates, std::span<float> of_values) noexcept {
    detail::gates_backward(gates, values, how, of_y, of_gates, of_values, [](float gate) {
        const float share = limited(gate * 0.25F + 0.5F, 0, 1);
        return detail::gate_opening{share, share + (std::abs(gate) < 2 ? gate * 0.25F : 0.0F)};
    });
}

/// gate_forward() with y = gate * sigmoid(gate) * value; where it is rounded, the integer model's table has the first product.
inline void swiglu_forward(std::span<const float> gates, std::span<const float> values, rounding how, std::span<float> y) noexcept {
    EQUINFO_EXPECTS(gates.size() == y.size() && values.size() == y.size());
    if (how == rounding::off) {
        for (std::size_t i = 0; i < y.size(); ++i) {
            y[i] = gates[i] * detail::sigmoid(gates[i]) * values[i];
        }
        return;
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
        const float gate = round_small(limited(gates[i] * 128, -512, 511));
        const float size = std::abs(gate) <= 512 ? std::abs(gate) : 0;  // where training has run away, what is no number stays none
        const std::int32_t dip = equinfo::detail::m1_tables.dip[static_cast<std::int32_t>(size)];
        y[i] = (gate < 0 ? 0 : gate) * 512 - static_cast<float>(dip);
    }
    detail::times_values(values, y);
}

/// gate_backward() of swiglu_forward().
inline void swiglu_backward(std::span<const float> gates, std::span<const float> values, rounding how, std::span<const float> of_y,
                            std::span<float> of_gates, std::span<float> of_values) noexcept {
    detail::gates_backward(gates, values, how, of_y, of_gates, of_values, [](float gate) {
        const float share = detail::sigmoid(gate);
        return detail::gate_opening{share, share * (1 + gate * (1 - share))};
    });
}

}  // namespace equinfo::train
