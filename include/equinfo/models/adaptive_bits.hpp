// SPDX-License-Identifier: MIT
// Binary predictions that learn: probabilities of states, weights that mix them, and a last correction.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/bit_history.hpp>
#include <equinfo/models/logistic.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace equinfo::detail {

/// The probability that a bit is one, 22 bits, above a count of what it was learned from, 10 bits.
using learned_bit = std::uint32_t;

inline constexpr std::uint32_t learned_bit_mask = (1u << 22) - 1;

/// 2^13 / (n + 1.5): how far to go towards the n-th observation.
inline constexpr std::array<std::uint16_t, 1024> learning_rates = [] {
    std::array<std::uint16_t, 1024> rates{};
    for (std::size_t n = 0; n < rates.size(); ++n) {
        rates[n] = static_cast<std::uint16_t>(16384 / (2 * n + 3));
    }
    return rates;
}();

/// Moves towards `bit` by 1 / (count + 1.5); the count stops at `limit`, 1..1023, and from there on old bits fade.
EQUINFO_FORCE_INLINE constexpr void learn(learned_bit& entry, unsigned bit, std::uint32_t limit) noexcept {
    const std::uint32_t count = entry & 1023u;
    // The distance to the target is p itself or, mirrored, its complement: unsigned, and it cannot be overshot.
    const std::uint32_t mirror = bit != 0 ? learned_bit_mask : 0u;
    std::uint32_t distance = (entry >> 10) ^ mirror;
    distance -= (distance >> 4) * learning_rates[count] >> 9;
    entry = (distance ^ mirror) << 10 | (count < limit ? count + 1 : count);
}

/// The stretched probability of a learned bit.
[[nodiscard]] constexpr std::int16_t stretch_learned(learned_bit entry) noexcept { return stretch(entry >> 20); }

/// What a bit history means before anything is learned: (ones + 0.4) / (zeros + ones + 0.8).
inline constexpr std::array<learned_bit, 256> untrained_histories = [] {
    std::array<learned_bit, 256> entries{};
    for (std::size_t state = 0; state < entries.size(); ++state) {
        const std::uint32_t ones = 10u * bit_history.ones[state] + 4u;
        const std::uint32_t all = 10u * (bit_history.zeros[state] + bit_history.ones[state]) + 8u;
        entries[state] = static_cast<std::uint32_t>(std::uint64_t{ones} * learned_bit_mask / all) << 10;
    }
    return entries;
}();

inline constexpr std::size_t mixer_inputs = 8;

/// Stretched predictions of one bit, one of each context.
using mixer_input = std::array<std::int16_t, mixer_inputs>;

/// One set of weights, in units of 2^-28, each within (-7.5, 7.5), and their upper halves, which mix() uses. The
/// arithmetic is made of products of 16 bits and sums of 32 bits, exact in any order, so that compilers vectorise it.
struct alignas(16) mixer_weights {
    std::array<std::int32_t, mixer_inputs> weights;
    std::array<std::int16_t, mixer_inputs> upper;
};

inline constexpr std::int32_t weight_limit = (7 << 28) + (1 << 27);

[[nodiscard]] constexpr mixer_weights equal_weights(std::int32_t weight) noexcept {
    mixer_weights set{};
    set.weights.fill(weight);
    set.upper.fill(static_cast<std::int16_t>(weight >> 16));
    return set;
}

// Functions of their own on purpose: g++ 12 vectorises these loops there, but unrolls them into scalar code first where
// they are inlined into a loop over decisions.

/// The weighted sum, in stretched units. At most 8 * 2047 * 30720 before the shift: it fits 32 bits.
[[nodiscard, gnu::noinline]] inline std::int32_t mix(const mixer_weights& set, const mixer_input& input) noexcept {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < mixer_inputs; ++i) {
        sum += std::int32_t{set.upper[i]} * std::int32_t{input[i]};
    }
    return sum >> 12;
}

/// Moves the weights against the coding cost: w += error * input / 2^Shift, rounded. `error` is bit minus probability times
/// a rate, |error| < 2^15.
template <unsigned Shift>
[[gnu::noinline]] void train(mixer_weights& set, const mixer_input& input, std::int16_t error) noexcept {
    for (std::size_t i = 0; i < mixer_inputs; ++i) {
        const std::int32_t step = (std::int32_t{input[i]} * std::int32_t{error} + (1 << (Shift - 1))) >> Shift;  // |step| < 2^25
        set.weights[i] = std::clamp(set.weights[i] + step, -weight_limit, weight_limit);
    }
    for (std::size_t i = 0; i < mixer_inputs; ++i) {
        set.upper[i] = static_cast<std::int16_t>(set.weights[i] >> 16);
    }
}

/// Corrects a prediction by what came of like predictions in a small context: 33 probabilities along the stretched axis,
/// interpolated (secondary symbol estimation).
inline constexpr std::size_t correction_points = 33;

inline constexpr std::array<std::uint16_t, correction_points> untrained_correction = [] {
    std::array<std::uint16_t, correction_points> points{};
    for (std::size_t i = 0; i < points.size(); ++i) {
        points[i] = static_cast<std::uint16_t>(squash((static_cast<std::int32_t>(i) - 16) * 128));
    }
    return points;
}();

struct corrected {
    std::uint32_t probability;  // 2^-16
    std::uint32_t nearest;      // the point that learns
};

/// `stretched` within +-2047; `row` holds correction_points probabilities.
[[nodiscard]] EQUINFO_FORCE_INLINE corrected correct(const std::uint16_t* row, std::int32_t stretched) noexcept {
    const std::uint32_t position = static_cast<std::uint32_t>(stretched + 2048);
    const std::uint32_t point = position / 128;
    const std::uint32_t part = position % 128;
    const std::uint32_t p = (row[point] * (128 - part) + row[point + 1] * part) / 128;
    return {p, point + (part >= 64 ? 1u : 0u)};
}

/// Moves a point of a correction a 64th of the way towards `bit`.
EQUINFO_FORCE_INLINE void learn_correction(std::uint16_t& point, unsigned bit) noexcept {
    const std::uint32_t mirror = bit != 0 ? 65535u : 0u;
    std::uint32_t distance = point ^ mirror;
    distance -= distance >> 6;
    point = static_cast<std::uint16_t>(distance ^ mirror);
}

}  // namespace equinfo::detail
