// SPDX-License-Identifier: MIT
// How fast to learn: a short rise, then a fall to nearly nothing at the end.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace equinfo::train {

inline constexpr double warm_steps = 100;
inline constexpr double least_factor = 0.002;

/// What all rates are multiplied by at step number `step`, when the share `done` (0..1) of the training is over.
[[nodiscard]] inline float rate_factor(std::uint64_t step, double done, double power) noexcept {
    const double warm = std::min(1.0, (static_cast<double>(step) + 1) / warm_steps);
    return static_cast<float>(warm * std::pow(1 - std::clamp(done, 0.0, 1.0), power) + least_factor);
}

}  // namespace equinfo::train
