// SPDX-License-Identifier: MIT
// The logistic function and its inverse as integer tables: the domain in which binary predictions are mixed.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace equinfo::detail {

/// Probabilities of a binary event are numbers in (0, 1) times 2^16; their *stretched* form is ln(p / (1 - p)) times
/// 256. Both tables come out of integer arithmetic alone, so that they are the same everywhere.
inline constexpr std::int32_t stretch_limit = 2047;  // what stretch() gives at most; e^-8 from certainty
inline constexpr std::int32_t squash_limit = 2815;   // what squash() distinguishes; e^-11 from certainty

/// Plain arrays: what a compiler evaluates costs several times as much through std::array's operators.
struct logistic_tables {
    std::uint16_t squashed[2 * squash_limit + 1];  // index: stretched value + squash_limit
    std::int16_t stretched[4096];                  // index: the upper 12 bits of a probability
};

[[nodiscard]] constexpr logistic_tables make_logistic_tables() noexcept {
    logistic_tables tables{};
    // e^(-d/256) in units of 2^-32, by repeated multiplication; each step rounds down.
    constexpr std::uint64_t one = std::uint64_t{1} << 32;
    constexpr std::uint64_t step = 4278222805u;  // floor(2^32 e^(-1/256))
    std::uint64_t power = one;
    std::uint32_t cell = 2048;
    for (std::int32_t d = 0; d <= squash_limit; ++d) {
        const auto p = static_cast<std::uint32_t>((one << 16) / (one + power));
        tables.squashed[squash_limit + d] = static_cast<std::uint16_t>(p);
        tables.squashed[squash_limit - d] = static_cast<std::uint16_t>(65536 - p);
        power = power * step >> 32;
        // The inverse: the least d whose probability reaches the middle of the cell; the lower half mirrors the upper.
        for (; cell < 4096 && d <= stretch_limit && (16 * cell + 8 <= p || d == stretch_limit); ++cell) {
            tables.stretched[cell] = static_cast<std::int16_t>(d);
            tables.stretched[4095 - cell] = static_cast<std::int16_t>(-d);
        }
    }
    return tables;
}

inline constexpr logistic_tables logistic = make_logistic_tables();

/// Probability in 2^-16, 1..65535, of a stretched value; values beyond the limit count as the limit.
[[nodiscard]] constexpr std::uint32_t squash(std::int32_t value) noexcept {
    return logistic.squashed[static_cast<std::size_t>(std::clamp(value, -squash_limit, squash_limit) + squash_limit)];
}

/// Stretched value of a probability given by its upper 12 bits, 0..4095.
[[nodiscard]] constexpr std::int16_t stretch(std::uint32_t upper_bits) noexcept {
    return logistic.stretched[upper_bits];
}

/// 256 ln(1 + i/256): entry i is the least d with e^(d/256) >= 1 + i/256.
inline constexpr std::array<std::uint8_t, 256> mantissa_logarithms = [] {
    std::array<std::uint8_t, 256> entries{};
    std::uint64_t power = std::uint64_t{1} << 32;  // e^(-d/256), as above
    std::uint8_t d = 0;
    for (std::uint64_t i = 0; i < 256; ++i) {
        while (power * (256 + i) > std::uint64_t{256} << 32) {
            power = power * 4278222805u >> 32;
            ++d;
        }
        entries[i] = d;
    }
    return entries;
}();

/// 256 ln(x), off by at most 2, 0 < x <= 2^24: without a division, and as fine at the ends as in the middle.
[[nodiscard]] constexpr std::int32_t logarithm(std::uint32_t x) noexcept {
    const auto exponent = static_cast<unsigned>(std::bit_width(x)) - 1;
    const std::uint32_t mantissa = (x << (24 - exponent) >> 16) & 255u;
    return static_cast<std::int32_t>((exponent * 45426u >> 8) + mantissa_logarithms[mantissa]);  // 45426: 2^16 ln 2
}

}  // namespace equinfo::detail
