// SPDX-License-Identifier: MIT
// What is done with numbers one by one, between the products: written once, compiled for each instruction set.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

// Every function here is inlined into the kernels of kernels.hpp, which have the instruction set, and takes as many numbers at a
// time as its registers have room for: g++ takes selections and conversions of wider vectors apart into single numbers. The vector
// extension of g++ and clang becomes plain code where there are no such registers.
namespace equinfo::detail::stages {

/// Vectors for registers of `Count` numbers of 32 bits: 4, 8 or 16.
template <std::size_t Count>
struct vectors {
    using ints [[gnu::vector_size(4 * Count)]] = std::int32_t;
    using unsigned_ints [[gnu::vector_size(4 * Count)]] = std::uint32_t;
    using shorts [[gnu::vector_size(2 * Count)]] = std::int16_t;
    using bytes [[gnu::vector_size(Count)]] = std::uint8_t;
    using longs [[gnu::vector_size(4 * Count)]] = std::int64_t;
};

/// The lowest byte of each number. By address, since wide vectors have no agreed way to be passed. In two steps, for g++ takes a
/// conversion to a quarter of the width apart into single numbers; all but that of AVX-512, which is an instruction.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void store_bytes(const typename vectors<Count>::ints* numbers, void* y) {
    using bytes = typename vectors<Count>::bytes;
    bytes narrow;
    if constexpr (Count == 16) {
        narrow = __builtin_convertvector(*numbers, bytes);
    } else {
        narrow = __builtin_convertvector(__builtin_convertvector(*numbers, typename vectors<Count>::shorts), bytes);
    }
    std::memcpy(y, &narrow, sizeof narrow);
}

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
template <std::size_t Count>
EQUINFO_FORCE_INLINE void norm(const std::int32_t* x, std::size_t count, std::uint32_t gain, std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    using longs = typename vectors<Count>::longs;
    longs squares = {};
    for (std::size_t i = 0; i < count; i += Count) {
        longs pairs;  // which of the two is the upper half does not matter
        std::memcpy(&pairs, x + i, sizeof pairs);
        const longs upper = pairs >> 32;
        const longs lower = (pairs << 32) >> 32;
        squares += upper * upper + lower * lower;
    }
    std::uint64_t parts[Count / 2];  // a copy: a vector whose elements are looked at would live in memory all along
    std::memcpy(parts, &squares, sizeof parts);
    std::uint64_t sum = 0;
    for (const std::uint64_t part : parts) {
        sum += part;
    }
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
    for (std::size_t i = 0; i < count; i += Count) {
        ints t;
        std::memcpy(&t, x + i, sizeof t);
        t = ((t >> k) * factor + half) >> m;
        t = t > 127 ? ints{} + 127 : t;
        t = t < -127 ? ints{} - 127 : t;
        t += activation_zero;
        store_bytes<Count>(&t, y + i);
    }
}

/// x = clamp(x + round_shift(sum, shift)): a result joins the residual stream. `count` is a multiple of 16.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void add_to_residual(std::int32_t* x, const std::int32_t* sums, std::size_t count, unsigned shift) {
    using ints = typename vectors<Count>::ints;
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += Count) {
        ints a, t;
        std::memcpy(&a, x + i, sizeof a);
        std::memcpy(&t, sums + i, sizeof t);
        a += (t + half) >> s;
        a = a > residual_limit ? ints{} + residual_limit : a;
        a = a < -residual_limit ? ints{} - residual_limit : a;
        std::memcpy(x + i, &a, sizeof a);
    }
}

/// The activations of a squared feed-forward layer: 0..255. `count` is a multiple of 16.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void squared(const std::int32_t* sums, std::size_t count, unsigned shift, std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += Count) {
        ints t;
        std::memcpy(&t, sums + i, sizeof t);
        t = (t + half) >> s;
        t = t < 0 ? ints{} : t;
        t = t > 511 ? ints{} + 511 : t;
        t = (t * t) >> 10;
        store_bytes<Count>(&t, y + i);
    }
}

/// What `shift` leaves of a gate or a value, -512..511.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void load_gate(const std::int32_t* sums, unsigned shift, typename vectors<Count>::ints* t) {
    using ints = typename vectors<Count>::ints;
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    std::memcpy(t, sums, sizeof *t);
    *t = (*t + half) >> static_cast<int>(shift);
    *t = *t > 511 ? ints{} + 511 : *t;
    *t = *t < -512 ? ints{} - 512 : *t;
}

/// Of a gate's SiLU, in 2^-16, and a value: their product as an activation, with its zero.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void store_gated(const typename vectors<Count>::ints* silu, const typename vectors<Count>::ints* value,
                                      std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    ints t = (*silu * *value + (1 << 18)) >> 19;  // below 2^27
    t = t > 127 ? ints{} + 127 : t;
    t = t < -127 ? ints{} - 127 : t;
    t += activation_zero;
    store_bytes<Count>(&t, y);
}

/// The activations of a gated feed-forward layer, with their zero; gates and values stand apart. `count` is a multiple of 16.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void gated(const std::int32_t* gates, const std::int32_t* values, std::size_t count, unsigned shift,
                                std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    for (std::size_t i = 0; i < count; i += Count) {
        ints g, u;
        load_gate<Count>(gates + i, shift, &g);
        load_gate<Count>(values + i, shift, &u);
        ints open = g + 256;
        open = open < 0 ? ints{} : open;
        open = open > 512 ? ints{} + 512 : open;
        g *= open;
        store_gated<Count>(&g, &u, y + i);
    }
}

/// The same of a SwiGLU layer. Look-ups go one by one through memory, so many at once that they are written long before they are
/// read: a wide load would wait for narrow stores that are still under way.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void swiglu(const std::int32_t* gates, const std::int32_t* values, std::size_t count, unsigned shift,
                                 std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    constexpr std::size_t most = 128;
    alignas(64) std::int32_t dips[most];
    for (std::size_t start = 0; start < count; start += most) {
        const std::size_t end = count - start < most ? count : start + most;
        for (std::size_t i = start; i < end; i += Count) {
            ints g;
            load_gate<Count>(gates + i, shift, &g);
            g = g < 0 ? -g : g;
            std::memcpy(dips + (i - start), &g, sizeof g);
        }
        for (std::size_t i = 0; i < end - start; ++i) {
            dips[i] = m1_tables.dip[dips[i]];
        }
        for (std::size_t i = start; i < end; i += Count) {
            ints g, u, dip;
            load_gate<Count>(gates + i, shift, &g);
            load_gate<Count>(values + i, shift, &u);
            std::memcpy(&dip, dips + (i - start), sizeof dip);
            g = (g < 0 ? ints{} : g) * 512 - dip;
            store_gated<Count>(&g, &u, y + i);
        }
    }
}

/// The values of a position, -127..127. `count` is a multiple of 16.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void values(const std::int32_t* sums, std::size_t count, unsigned shift, std::int8_t* y) {
    using ints = typename vectors<Count>::ints;
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    for (std::size_t i = 0; i < count; i += Count) {
        ints t;
        std::memcpy(&t, sums + i, sizeof t);
        t = (t + half) >> s;
        t = t > 127 ? ints{} + 127 : t;
        t = t < -127 ? ints{} - 127 : t;
        store_bytes<Count>(&t, y + i);
    }
}

/// By address, as in store_bytes().
template <std::size_t Count>
[[nodiscard]] EQUINFO_FORCE_INLINE std::int32_t greatest(const typename vectors<Count>::ints* numbers) {
    std::int32_t parts[Count];
    std::memcpy(parts, numbers, sizeof parts);
    std::int32_t top = parts[0];
    for (const std::int32_t part : parts) {
        top = part > top ? part : top;
    }
    return top;
}

/// From sums of query times key to what decay[] is asked for, min(255, top - score). `count` is a multiple of 16;
/// `relative` has a very small number where there is no position.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void distances(std::int32_t* sums, const std::int32_t* relative, std::size_t count, std::int32_t heat,
                                    std::uint8_t* p) {
    using ints = typename vectors<Count>::ints;
    ints tops = ints{} - (std::int32_t{1} << 30);
    for (std::size_t i = 0; i < count; i += Count) {
        ints t, bias;
        std::memcpy(&t, sums + i, sizeof t);
        std::memcpy(&bias, relative + i, sizeof bias);
        t = ((t * heat) >> 14) + bias;
        tops = t > tops ? t : tops;
        std::memcpy(sums + i, &t, sizeof t);
    }
    const std::int32_t top = greatest<Count>(&tops);
    for (std::size_t i = 0; i < count; i += Count) {
        ints t;
        std::memcpy(&t, sums + i, sizeof t);
        t = top - t;
        t = t > 255 ? ints{} + 255 : t;
        store_bytes<Count>(&t, p + i);
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

/// The result of a head: the mean of the values, weighted. `count` is a multiple of 16. No value is beyond 127, so no sum is beyond
/// 127 * weight: a sum's size times the factor, plus the half for rounding, is below 2^32.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void weighted_mean(const std::int32_t* sums, std::size_t count, std::uint32_t weight, std::uint8_t* y) {
    using ints = typename vectors<Count>::ints;
    using unsigned_ints = typename vectors<Count>::unsigned_ints;
    const std::uint32_t factor = (std::uint32_t{1} << 25) / weight;
    for (std::size_t i = 0; i < count; i += Count) {
        ints t;
        std::memcpy(&t, sums + i, sizeof t);
        const ints sign = t >> 31;  // 0 or -1
        const auto size = reinterpret_cast<unsigned_ints>((t ^ sign) - sign);
        // To the nearest, a half upwards: for what is negative that is towards zero, so its size is rounded with one less.
        t = reinterpret_cast<ints>((size * factor + (std::uint32_t{1} << 23) + reinterpret_cast<unsigned_ints>(sign)) >> 24);
        t = t > 127 ? ints{} + 127 : t;
        t = ((t ^ sign) - sign) + activation_zero;
        store_bytes<Count>(&t, y + i);
    }
}

/// Section 5: 256 sums into 256 logits, and these into the 256 lower ends.
template <std::size_t Count>
EQUINFO_FORCE_INLINE void lower_ends(const std::int32_t* sums, const std::int32_t* bias, unsigned shift, std::int32_t* logits,
                                     std::uint32_t* lows) {
    using ints = typename vectors<Count>::ints;
    const std::int32_t half = shift == 0 ? 0 : std::int32_t{1} << (shift - 1);
    const int s = static_cast<int>(shift);
    ints tops = ints{} - (std::int32_t{1} << 30);
    for (std::size_t i = 0; i < 256; i += Count) {
        ints t, b;
        std::memcpy(&t, sums + i, sizeof t);
        std::memcpy(&b, bias + i, sizeof b);
        t = ((t + half) >> s) + b;
        tops = t > tops ? t : tops;
        std::memcpy(logits + i, &t, sizeof t);
    }
    const std::int32_t top = greatest<Count>(&tops);
    alignas(64) std::int32_t distances[256];
    for (std::size_t i = 0; i < 256; i += Count) {
        ints t;
        std::memcpy(&t, logits + i, sizeof t);
        t = top - t;
        t = t < 22 * 256 ? t : ints{} + 31 * 256;  // power[] >> 31 is 0
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
