// SPDX-License-Identifier: MIT
// The logarithmic scale on which an n-gram model writes its probabilities down, in integers.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace equinfo {

/// Probabilities are stored as codes 0..63: code c stands for 2^(-c/3), so that two neighbours differ by a third of a bit.
inline constexpr unsigned ngram_code_count = 64;

/// round(2^24 * 2^(-code/3)): 16,777,216 down to 8. `code` below 64.
[[nodiscard]] constexpr std::uint32_t ngram_weight(unsigned code) {
    constexpr std::array<std::uint32_t, 3> thirds{1u << 30, 852229450u, 676414963u};  // 2^30, 2^(30-1/3), 2^(30-2/3)
    const unsigned shift = 6 + code / 3;
    return (thirds[code % 3] + (1u << (shift - 1))) >> shift;
}

namespace detail {

inline constexpr auto ngram_weights = [] {
    std::array<std::uint32_t, ngram_code_count> weights{};
    for (unsigned code = 0; code < ngram_code_count; ++code) {
        weights[code] = ngram_weight(code);
    }
    return weights;
}();

/// log2(1 + i/256) in 16 fraction bits, by squaring: the same integers from every compiler.
inline constexpr auto log2_mantissas = [] {
    std::array<std::uint32_t, 257> logs{};
    for (std::uint64_t i = 0; i < 256; ++i) {
        std::uint64_t x = (256 + i) << 23;  // in [2^31, 2^32)
        std::uint32_t log = 0;
        for (unsigned bit = 0; bit < 20; ++bit) {
            x = (x * x) >> 31;
            log <<= 1;
            if (x >= (std::uint64_t{1} << 32)) {
                x >>= 1;
                log |= 1;
            }
        }
        logs[i] = (log + 8) >> 4;
    }
    logs[256] = 1u << 16;
    return logs;
}();

/// log2(x) in 16 fraction bits, x > 0, never falling as x grows, off by less than 2^-15.
[[nodiscard]] constexpr std::int64_t log2_fixed(std::uint64_t x) {
    const auto exponent = static_cast<unsigned>(std::bit_width(x)) - 1;
    const std::uint64_t mantissa = (exponent >= 24 ? x >> (exponent - 24) : x << (24 - exponent)) & 0xffffffu;
    const std::size_t cell = mantissa >> 16;
    const std::uint64_t rest = mantissa & 0xffffu;
    const std::uint64_t low = log2_mantissas[cell];
    const std::uint64_t high = log2_mantissas[cell + 1];
    return static_cast<std::int64_t>((std::uint64_t{exponent} << 16) + low + (((high - low) * rest) >> 16));
}

/// The code nearest to a probability of 2^(-bits/65536); 63 where that is smaller than 2^-21.
[[nodiscard]] constexpr std::uint8_t ngram_code_of_bits(std::int64_t bits) {
    const std::int64_t code = (bits * 3 + (1 << 15)) >> 16;
    return static_cast<std::uint8_t>(code < 0 ? 0 : code >= ngram_code_count ? ngram_code_count - 1 : code);
}

}  // namespace detail
}  // namespace equinfo
