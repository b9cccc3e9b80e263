// SPDX-License-Identifier: MIT
// The size of a window and the limits that hold for every window code.
#pragma once

#include <cstddef>
#include <cstdint>

namespace equinfo {

/// 2^9 codewords are the least that give each of 256 first symbols one and leave some over.
inline constexpr unsigned min_window_bits = 9;
inline constexpr unsigned max_window_bits = 128;

/// What a window code is made from, beside its model and its ending rule.
struct window_params {
    unsigned window_bits = 16;  ///< bits of every codeword, 9..128
    friend constexpr bool operator==(const window_params&, const window_params&) = default;
};

/// True where a coder can be made from these parameters.
[[nodiscard]] constexpr bool is_valid(const window_params& params) noexcept {
    return params.window_bits >= min_window_bits && params.window_bits <= max_window_bits;
}

/// The most symbols that a window holds; part of the format, the same for encoder and decoder. It bounds what a few bits
/// decode to when a model is nearly certain for ever, and keeps the strings of a 16-bit code within 255 bytes.
[[nodiscard]] constexpr std::size_t max_window_symbols(unsigned window_bits) noexcept {
    return std::size_t{16} * window_bits - 1;
}

}  // namespace equinfo
