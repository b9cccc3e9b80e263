// SPDX-License-Identifier: MIT
// Weights of any kind into exact frequencies: where a user's own probabilities enter.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/frequency_table.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace equinfo {
namespace detail {

/// What a weight says of its symbol, as mantissa * 2^exponent: exact, and taken from the bits of the number, so that
/// no compiler flag (-ffast-math) changes it.
struct weight_parts {
    std::uint64_t mantissa;
    int exponent;
    bool infinite;
};

template <class W>
[[nodiscard]] constexpr weight_parts parts_of(W weight) noexcept {
    if constexpr (std::unsigned_integral<W>) {
        return {weight, 0, false};
    } else {
        using bits_type = std::conditional_t<sizeof(W) == 8, std::uint64_t, std::uint32_t>;
        constexpr int mantissa_bits = sizeof(W) == 8 ? 52 : 23;
        constexpr int max_exponent = sizeof(W) == 8 ? 2047 : 255;
        const auto bits = std::bit_cast<bits_type>(weight);
        const auto mantissa = static_cast<std::uint64_t>(bits & ((bits_type{1} << mantissa_bits) - 1));
        const int exponent = static_cast<int>(bits >> mantissa_bits) & max_exponent;
        const bool negative = (bits >> (8 * sizeof(W) - 1)) != 0;
        if (negative || (exponent == max_exponent && mantissa != 0)) {
            return {0, 0, false};  // below zero, or not a number
        }
        if (exponent == max_exponent) {
            return {1, 0, true};
        }
        if (exponent == 0) {
            return {mantissa, 1, false};
        }
        return {mantissa | std::uint64_t{1} << mantissa_bits, exponent, false};
    }
}

template <class W>
concept weight = std::unsigned_integral<W> || std::same_as<W, float> || std::same_as<W, double>;

}  // namespace detail

/// Turns 256 weights, in any scale, into frequencies that sum to 2^Precision, each at least 1.
///
/// - `W` is float, double or an unsigned integer. Only ratios matter: weights need not sum to anything.
/// - Negative weights and NaN count as zero, and a zero weight gets frequency 1. Where a weight is infinite, all
///   infinite ones share alike and the others count as zero. All zero: all symbols alike.
/// - A weight below 2^-31 of the largest counts as zero.
/// - Otherwise a symbol's frequency lies within 3 of 1 + weight / sum * (2^Precision - 256).
///
/// Same weights, same frequencies, on every machine and under every compiler flag: a float enters by its bits, and
/// all that follows is integer. Whether the *weights* are the same elsewhere is the caller's affair: a sum of floats
/// is not, in general, and a decoder whose weights differ in one bit decodes something else.
template <unsigned Precision, detail::weight W>
[[nodiscard]] constexpr frequency_table<Precision> quantise(std::span<const W, 256> weights) noexcept {
    // 1. The largest weight, as a number of 63 bits at most: all others are shifted along with it.
    bool any_infinite = false;
    int top = -1;  // position of the highest bit of the largest weight, exponent included
    for (const W& w : weights) {
        const detail::weight_parts parts = detail::parts_of(w);
        any_infinite = any_infinite || parts.infinite;
        if (parts.mantissa != 0 && !parts.infinite) {
            const int bit = parts.exponent + 63 - std::countl_zero(parts.mantissa);
            top = bit > top ? bit : top;
        }
    }

    // 2. The one rounding: to integers whose largest has 32 bits, so that 256 of them sum to less than 2^40.
    std::array<std::uint64_t, 256> scaled{};
    std::uint64_t sum = 0;
    for (std::size_t symbol = 0; symbol < 256; ++symbol) {
        const detail::weight_parts parts = detail::parts_of(weights[symbol]);
        std::uint64_t value = 0;
        if (any_infinite) {
            value = parts.infinite ? 1 : 0;
        } else if (parts.mantissa != 0) {
            const int shift = 31 - top + parts.exponent;  // the highest bit of the largest goes to bit 31
            value = shift >= 0 ? parts.mantissa << shift : shift > -64 ? parts.mantissa >> -shift : 0;
        }
        scaled[symbol] = value;
        sum += value;
    }
    if (sum == 0) {
        scaled.fill(1);
        sum = 256;
    }

    // 3. Lower ends in proportion to the sums so far. `sum` is brought to 32 bits, and multiplication by `factor`,
    //    rounded down, replaces a division a symbol; no product exceeds 2^32 * 2^25.
    const int sum_bits = 64 - std::countl_zero(sum);
    const int drop = sum_bits > 32 ? sum_bits - 32 : 0;
    const int lift = sum_bits < 32 ? 32 - sum_bits : 0;
    const std::uint64_t total = (sum << lift) >> drop;
    const std::uint64_t free = (std::uint64_t{1} << Precision) - 256;  // beside the one that each symbol has for sure
    const std::uint64_t factor = (free << 32) / total;
    std::array<frequency, 256> lows{};
    std::uint64_t before = 0;
    for (std::size_t symbol = 0; symbol < 256; ++symbol) {
        lows[symbol] = static_cast<frequency>(symbol + ((((before << lift) >> drop) * factor) >> 32));
        before += scaled[symbol];
    }
    return frequency_table<Precision>::from_lows(lows);
}

/// The same for an array.
template <unsigned Precision, detail::weight W>
[[nodiscard]] constexpr frequency_table<Precision> quantise(const std::array<W, 256>& weights) noexcept {
    return quantise<Precision>(std::span<const W, 256>(weights));
}

template <unsigned Precision, detail::weight W>
[[nodiscard]] constexpr frequency_table<Precision> quantise(const W (&weights)[256]) noexcept {
    return quantise<Precision>(std::span<const W, 256>(weights));
}

}  // namespace equinfo
