// SPDX-License-Identifier: MIT
// Division by the root mean square, in the integer model's steps, and its gradient.
#pragma once

#include <equinfo/train/rounding.hpp>
#include <equinfo/train/vectors.hpp>

#include <cmath>
#include <cstddef>
#include <span>

namespace equinfo::train {

inline constexpr float stream_unit = 16;  // steps a root mean square, of the residual stream

/// The same of a head of queries or keys.
[[nodiscard]] constexpr float head_unit(std::size_t head_width) noexcept { return head_width >= 64 ? 16 : 22; }

/// y [n] = x [n] / its root mean square, in steps of 1 / unit, at most 127 of them. Gives what x was multiplied by.
inline float norm_forward(std::span<const float> x, float unit, rounding how, std::span<float> y) noexcept {
    const float mean = dot(x, x) / static_cast<float>(x.size());
    const float times = 1 / std::sqrt(mean + 1e-12F);
    if (how == rounding::off) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            y[i] = x[i] * times;
        }
        return times;
    }
    const float steps = times * unit;
    const float step = 1 / unit;
    for (std::size_t i = 0; i < x.size(); ++i) {
        y[i] = round_small(limited(x[i] * steps, -127, 127)) * step;
    }
    return times;
}

/// dx [n] += the gradient of x, of that of y, which is taken as 0 where y was limited; `times` is what norm_forward gave. Changes
/// dy.
inline void norm_backward(std::span<const float> x, float times, float unit, rounding how, std::span<float> dy,
                          std::span<float> dx) noexcept {
    const float limit = how == rounding::on ? 127.5F / (unit * times) : HUGE_VALF;
    for (std::size_t i = 0; i < x.size(); ++i) {
        dy[i] = std::abs(x[i]) < limit ? dy[i] : 0.0F;
    }
    const float along = dot(x, dy) * times * times / static_cast<float>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        dx[i] += (dy[i] - x[i] * along) * times;
    }
}

}  // namespace equinfo::train
