// SPDX-License-Identifier: MIT
// What is done with numbers one by one, between the products: written once, compiled for each instruction set.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

// Every function here is inlined into the kernels of kernels.hpp, which have the instruction set. The vector extension of
// g++ and clang becomes the widest registers that there are, at every optimisation level, and plain code where there are none.
namespace equinfo::detail::stages {

using sixteen [[gnu::vector_size(64)]] = std::int32_t;
using eight [[gnu::vector_size(32)]] = std::int32_t;
using eight_long [[gnu::vector_size(64)]] = std::int64_t;
using sixteen_bytes [[gnu::vector_size(16)]] = std::uint8_t;
using eight_bytes [[gnu::vector_size(8)]] = std::uint8_t;

/// Activations from -127 to 127 are kept with this added.
inline constexpr std::int32_t activation_zero = 128;

/// floor(square root of a), for 2^30 <= a < 2^32. A line lies within 6 % of the root, and a step of Newton's leaves half the
/// square of an error, always above: 0.2 %, then 2 of a million. Rounding down takes less than one off, so this is the floor or one more.
[[nodiscard]] EQUINFO_FORCE_INLINE std::uint32_t root_of(std::uint32_t a) {
    std::uint32_t r = (a >> 19) * 5 + 24300;
    r = (r + a / r) >> 1;
    r = (r + a / r) >> 1;
    return std::uint64_t{r} * r > a ? r - 1 : r;
}

/// norm() of docs/m1.md, section 4. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void norm(const std::int32_t* x, std::size_t count, std::uint32_t gain, std::uint8_t* y) {
    eight_long squares = {};
    for (std::size_t i = 0; i < count; i += 8) {
        eight narrow;
        std::memcpy(&narrow, x + i, sizeof narrow);
        const eight_long wide = __builtin_convertvector(narrow, eight_long);
        squares += wide * wide;
    }
    std::uint64_t parts[8];  // a copy: a vector whose elements are looked at would live in memory all along
    std::memcpy(parts, &squares, sizeof parts);
    const std::uint64_t sum = ((parts[0] + parts[1]) + (parts[2] + parts[3])) + ((parts[4] + parts[5]) + (parts[6] + parts[7]));
    if (sum == 0) {
        std::memset(y, activation_zero, count);
        return;
    }
    const int digits = 64 - __builtin_clzll(sum);
    const int e = digits + digits % 2;
    const std::uint32_t r = root_of(static_cast<std::uint32_t>(e >= 32 ? sum >> (e - 32) : sum << (32 - e)));
    const std::uint64_t q = (std::uint64_t{gain} << 20) / r;
    const int d = 64 - __builtin_clzll(q) - 15;
    const int k = e / 2 > 15 ? e / 2 - 15 : 0;
    const int m = 12 + e / 2 - k - d;
    const auto factor = static_cast<std::int32_t>(q >> d);
    const std::int32_t half = std::int32_t{1} << (m - 1);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen t;
        std::memcpy(&t, x + i, sizeof t);
        t = ((t >> k) * factor + half) >> m;
        t = t > 127 ? sixteen{} + 127 : t;
        t = t < -127 ? sixteen{} - 127 : t;
        const sixteen_bytes narrow = __builtin_convertvector(t + activation_zero, sixteen_bytes);
        std::memcpy(y + i, &narrow, sizeof narrow);
    }
}

/// x = clamp(x + round_shift(sum, shift)): a result joins the residual stream. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void add_to_residual(std::int32_t* x, const std::int32_t* sums, std::size_t count, unsigned shift) {
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen a, t;
        std::memcpy(&a, x + i, sizeof a);
        std::memcpy(&t, sums + i, sizeof t);
        a += (t + half) >> s;
        a = a > residual_limit ? sixteen{} + residual_limit : a;
        a = a < -residual_limit ? sixteen{} - residual_limit : a;
        std::memcpy(x + i, &a, sizeof a);
    }
}

/// The activations of a squared feed-forward layer: 0..255. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void squared(const std::int32_t* sums, std::size_t count, unsigned shift, std::uint8_t* y) {
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen t;
        std::memcpy(&t, sums + i, sizeof t);
        t = (t + half) >> s;
        t = t < 0 ? sixteen{} : t;
        t = t > 511 ? sixteen{} + 511 : t;
        const sixteen_bytes narrow = __builtin_convertvector((t * t) >> 10, sixteen_bytes);
        std::memcpy(y + i, &narrow, sizeof narrow);
    }
}

/// The activations of a gated feed-forward layer, with their zero; gates and values stand apart. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void gated(const std::int32_t* gates, const std::int32_t* values, std::size_t count, unsigned shift,
                                std::uint8_t* y) {
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen g, u;
        std::memcpy(&g, gates + i, sizeof g);
        std::memcpy(&u, values + i, sizeof u);
        g = (g + half) >> s;
        g = g > 511 ? sixteen{} + 511 : g;
        g = g < -512 ? sixteen{} - 512 : g;
        u = (u + half) >> s;
        u = u > 511 ? sixteen{} + 511 : u;
        u = u < -512 ? sixteen{} - 512 : u;
        sixteen open = g + 256;
        open = open < 0 ? sixteen{} : open;
        open = open > 512 ? sixteen{} + 512 : open;
        sixteen t = (g * open * u + (1 << 18)) >> 19;  // below 2^27
        t = t > 127 ? sixteen{} + 127 : t;
        t = t < -127 ? sixteen{} - 127 : t;
        const sixteen_bytes narrow = __builtin_convertvector(t + activation_zero, sixteen_bytes);
        std::memcpy(y + i, &narrow, sizeof narrow);
    }
}

/// The values of a position, -127..127. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void values(const std::int32_t* sums, std::size_t count, unsigned shift, std::int8_t* y) {
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen t;
        std::memcpy(&t, sums + i, sizeof t);
        t = (t + half) >> s;
        t = t > 127 ? sixteen{} + 127 : t;
        t = t < -127 ? sixteen{} - 127 : t;
        const sixteen_bytes narrow = __builtin_convertvector(t, sixteen_bytes);
        std::memcpy(y + i, &narrow, sizeof narrow);
    }
}

/// By address, since a vector of 64 bytes has no agreed way to be passed.
[[nodiscard]] EQUINFO_FORCE_INLINE std::int32_t greatest(const sixteen* numbers) {
    std::int32_t parts[16];
    std::memcpy(parts, numbers, sizeof parts);
    std::int32_t top = parts[0];
    for (const std::int32_t part : parts) {
        top = part > top ? part : top;
    }
    return top;
}

/// From sums of query times key to what decay[] is asked for, min(255, top - score). `count` is a multiple of 16;
/// `relative` has a very small number where there is no position.
EQUINFO_FORCE_INLINE void distances(std::int32_t* sums, const std::int32_t* relative, std::size_t count, std::int32_t heat,
                                    std::uint8_t* p) {
    sixteen tops = sixteen{} - (std::int32_t{1} << 30);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen t, bias;
        std::memcpy(&t, sums + i, sizeof t);
        std::memcpy(&bias, relative + i, sizeof bias);
        t = ((t * heat) >> 14) + bias;
        tops = t > tops ? t : tops;
        std::memcpy(sums + i, &t, sizeof t);
    }
    const std::int32_t top = greatest(&tops);
    for (std::size_t i = 0; i < count; i += 16) {
        sixteen t;
        std::memcpy(&t, sums + i, sizeof t);
        t = top - t;
        t = t > 255 ? sixteen{} + 255 : t;
        const sixteen_bytes narrow = __builtin_convertvector(t, sixteen_bytes);
        std::memcpy(p + i, &narrow, sizeof narrow);
    }
}

/// Each byte d becomes decay[d]; gives their sum.
EQUINFO_FORCE_INLINE std::uint32_t look_up_decay(std::uint8_t* p, std::size_t count) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        p[i] = m1_tables.decay[p[i]];
        sum += p[i];
    }
    return sum;
}

/// The result of a head: the mean of the values, weighted. `count` is a multiple of 16.
EQUINFO_FORCE_INLINE void weighted_mean(const std::int32_t* sums, std::size_t count, std::uint32_t weight, std::uint8_t* y) {
    const std::int64_t factor = (std::int64_t{1} << 25) / weight;
    for (std::size_t i = 0; i < count; i += 8) {
        eight narrow;
        std::memcpy(&narrow, sums + i, sizeof narrow);
        const eight_long wide = (__builtin_convertvector(narrow, eight_long) * factor + (std::int64_t{1} << 23)) >> 24;
        eight t = __builtin_convertvector(wide, eight);
        t = t > 127 ? eight{} + 127 : t;
        t = t < -127 ? eight{} - 127 : t;
        const eight_bytes bytes = __builtin_convertvector(t + activation_zero, eight_bytes);
        std::memcpy(y + i, &bytes, sizeof bytes);
    }
}

/// Section 5: 256 sums into 256 logits, and these into the 256 lower ends.
EQUINFO_FORCE_INLINE void lower_ends(const std::int32_t* sums, const std::int32_t* bias, unsigned shift, std::int32_t* logits,
                                     std::uint32_t* lows) {
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    sixteen tops = sixteen{} - (std::int32_t{1} << 30);
    for (std::size_t i = 0; i < 256; i += 16) {
        sixteen t, b;
        std::memcpy(&t, sums + i, sizeof t);
        std::memcpy(&b, bias + i, sizeof b);
        t = ((t + half) >> s) + b;
        tops = t > tops ? t : tops;
        std::memcpy(logits + i, &t, sizeof t);
    }
    const std::int32_t top = greatest(&tops);
    alignas(64) std::int32_t distances[256];
    for (std::size_t i = 0; i < 256; i += 16) {
        sixteen t;
        std::memcpy(&t, logits + i, sizeof t);
        t = top - t;
        t = t < 22 * 256 ? t : sixteen{} + 31 * 256;  // power[] >> 31 is 0
        std::memcpy(distances + i, &t, sizeof t);
    }
    std::uint32_t below = 0;
    for (std::size_t i = 0; i < 256; ++i) {
        const auto d = static_cast<std::uint32_t>(distances[i]);
        lows[i] = below;
        below += m1_tables.power[d % 256] >> (d / 256);
    }
    const std::uint64_t factor = (((std::uint64_t{1} << m1_precision) - 256) << 32) / below;
    for (std::uint32_t i = 0; i < 256; ++i) {
        lows[i] = i + static_cast<std::uint32_t>(lows[i] * factor >> 32);
    }
}

}  // namespace equinfo::detail::stages
