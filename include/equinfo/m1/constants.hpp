// SPDX-License-Identifier: MIT
// The constants of the integer transformer, worked out by integers (docs/m1.md, sections 4 and 6).
#pragma once

#include <cstddef>
#include <cstdint>

namespace equinfo::detail {

inline constexpr unsigned m1_precision = 22;               // of the frequencies
inline constexpr std::int32_t residual_limit = 1 << 22;    // of the numbers in the residual stream
inline constexpr std::int32_t widest_entry = 32767;        // of `bytes` and `relative`
inline constexpr std::uint32_t start_token = 256;          // stands before a text

/// power[f] is about 2^(22 - f/256); decay[d] about 255 * 2^(-d/32), and 0 for the last; dip[n] about 2^16 x / (1 + e^x) with
/// x = n/128, which is what a SiLU stays below a ReLU, at x and at -x.
/// Plain arrays: what a compiler evaluates costs several times as much through std::array's operators.
struct m1_constants {
    std::uint32_t power[256];
    alignas(64) std::uint8_t decay[256];
    std::int32_t dip[513];
};

[[nodiscard]] constexpr m1_constants make_m1_constants() noexcept {
    m1_constants made{};
    std::uint64_t c = std::uint64_t{1} << 62;
    for (std::uint32_t f = 0; f < 256; ++f) {
        made.power[f] = static_cast<std::uint32_t>((c + (std::uint64_t{1} << 39)) >> 40);
        c = (c >> 31) * 2141676972u;
    }
    for (std::uint32_t d = 0; d < 255; ++d) {
        const std::uint32_t shift = 22 + d / 32;
        made.decay[d] =
            static_cast<std::uint8_t>((std::uint64_t{255} * made.power[8 * (d % 32)] + (std::uint64_t{1} << (shift - 1))) >> shift);
    }
    std::uint64_t e = std::uint64_t{1} << 31;  // times e^(-n/128)
    for (std::uint32_t n = 0; n <= 512; ++n) {
        const std::uint64_t whole = (std::uint64_t{1} << 31) + e;
        made.dip[n] = static_cast<std::int32_t>((512 * n * e + whole / 2) / whole);
        e = e * 2130771797 >> 31;
    }
    return made;
}

inline constexpr m1_constants m1_tables = make_m1_constants();

/// The largest r with r * r <= a.
[[nodiscard]] constexpr std::uint64_t floor_root(std::uint64_t a) noexcept {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= a) {
            root += bit;
        }
    }
    return root;
}

/// The gain of a normalisation of `count` numbers to steps of 1/unit of their root mean square.
[[nodiscard]] constexpr std::uint32_t norm_gain(std::size_t count, std::uint32_t unit) noexcept {
    return static_cast<std::uint32_t>(floor_root(std::uint64_t{unit} * 256 * unit * 256 * count));
}

[[nodiscard]] constexpr std::uint32_t residual_gain(std::size_t width) noexcept { return norm_gain(width, 16); }
[[nodiscard]] constexpr std::uint32_t head_gain(std::size_t head_width) noexcept {
    return norm_gain(head_width, head_width >= 64 ? 16 : 22);
}

}  // namespace equinfo::detail
