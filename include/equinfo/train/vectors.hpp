// SPDX-License-Identifier: MIT
// Sums, greatest numbers and powers of two over rows of floats, in the same order on every run.
#pragma once

#include <equinfo/config.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace equinfo::train {
namespace detail {

/// A compiler may not reorder a float sum, so the sixteen partial sums that a vector holds are asked for.
using float_lanes = float __attribute__((vector_size(64)));

inline constexpr std::size_t lane_count = 16;

/// The sum of term(lanes) over whole vectors, and of term(number) over the rest; `term` takes 0-based places.
template <class Vectors, class Single>
[[nodiscard]] float sum_in_lanes(std::size_t size, Vectors&& vectors, Single&& single) noexcept {
    const std::size_t whole = size / lane_count * lane_count;
    float_lanes sums{};
    for (std::size_t at = 0; at < whole; at += lane_count) {
        vectors(sums, at);
    }
    float total = 0;
    for (std::size_t i = 0; i < lane_count; ++i) {
        total += sums[i];
    }
    for (std::size_t at = whole; at < size; ++at) {
        total += single(at);
    }
    return total;
}

inline void load_lanes(float_lanes& to, const float* from) noexcept { std::memcpy(&to, from, sizeof to); }

}  // namespace detail

[[nodiscard]] inline float sum(std::span<const float> a) noexcept {
    return detail::sum_in_lanes(
        a.size(),
        [&](detail::float_lanes& sums, std::size_t at) {
            detail::float_lanes x;
            detail::load_lanes(x, a.data() + at);
            sums += x;
        },
        [&](std::size_t at) { return a[at]; });
}

[[nodiscard]] inline float dot(std::span<const float> a, std::span<const float> b) noexcept {
    EQUINFO_EXPECTS(a.size() == b.size());
    return detail::sum_in_lanes(
        a.size(),
        [&](detail::float_lanes& sums, std::size_t at) {
            detail::float_lanes x;
            detail::float_lanes y;
            detail::load_lanes(x, a.data() + at);
            detail::load_lanes(y, b.data() + at);
            sums += x * y;
        },
        [&](std::size_t at) { return a[at] * b[at]; });
}

/// Of at least one number.
[[nodiscard]] inline float greatest(std::span<const float> a) noexcept {
    EQUINFO_EXPECTS(!a.empty());
    const std::size_t whole = a.size() / detail::lane_count * detail::lane_count;
    float most = a[0];
    if (whole != 0) {
        detail::float_lanes lanes;
        detail::load_lanes(lanes, a.data());
        for (std::size_t at = detail::lane_count; at < whole; at += detail::lane_count) {
            detail::float_lanes x;
            detail::load_lanes(x, a.data() + at);
            lanes = x > lanes ? x : lanes;
        }
        for (std::size_t i = 0; i < detail::lane_count; ++i) {
            most = std::max(most, lanes[i]);
        }
    }
    for (std::size_t at = whole; at < a.size(); ++at) {
        most = std::max(most, a[at]);
    }
    return most;
}

/// The nearest integer of |x| < 2^22, halves to even: an addition that leaves no room for a fraction.
[[nodiscard]] inline float round_small(float x) noexcept {
    constexpr float no_fraction = 12582912.0F;
    return (x + no_fraction) - no_fraction;
}

[[nodiscard]] inline float limited(float x, float least, float most) noexcept {
    const float raised = x < least ? least : x;
    return raised > most ? most : raised;
}

/// 2^x for x <= 126, to 2^-22 of itself; 2^-126 for all that is less.
[[nodiscard]] inline float power_of_two(float x) noexcept {
    x = x < -126.0F ? -126.0F : x;
    const float whole = round_small(x);
    const float f = x - whole;
    float y = 1.5252734e-5F;  // ln(2)^n / n!
    y = y * f + 1.5403530e-4F;
    y = y * f + 1.3333558e-3F;
    y = y * f + 9.6181291e-3F;
    y = y * f + 5.5504109e-2F;
    y = y * f + 2.4022651e-1F;
    y = y * f + 6.9314718e-1F;
    y = y * f + 1.0F;
    return y * std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23);
}

/// to += from.
inline void add_to(std::span<float> to, std::span<const float> from) noexcept {
    EQUINFO_EXPECTS(to.size() == from.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] += from[i];
    }
}

}  // namespace equinfo::train
