// SPDX-License-Identifier: MIT
// Integers to bytes and back in a stated order, on machines of either order.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace equinfo {

/// Turns the order of the bytes around.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T reverse_bytes(T value) noexcept {
    static_assert(sizeof(T) <= 8);
    if constexpr (sizeof(T) == 8) {
        return static_cast<T>(__builtin_bswap64(value));
    } else if constexpr (sizeof(T) == 4) {
        return static_cast<T>(__builtin_bswap32(value));
    } else if constexpr (sizeof(T) == 2) {
        return static_cast<T>(__builtin_bswap16(value));
    } else {
        return value;
    }
}

/// Writes sizeof(T) bytes at `out`, least significant first: the order of all our files.
template <std::unsigned_integral T>
inline void store_little(std::byte* out, T value) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        value = reverse_bytes(value);
    }
    std::memcpy(out, &value, sizeof(T));
}

/// Reads sizeof(T) bytes at `in`, least significant first.
template <std::unsigned_integral T>
[[nodiscard]] inline T load_little(const std::byte* in) noexcept {
    T value;
    std::memcpy(&value, in, sizeof(T));
    return std::endian::native == std::endian::big ? reverse_bytes(value) : value;
}

/// Writes sizeof(T) bytes at `out`, most significant first: the order of coded bits.
template <std::unsigned_integral T>
inline void store_big(std::byte* out, T value) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
        value = reverse_bytes(value);
    }
    std::memcpy(out, &value, sizeof(T));
}

/// Reads sizeof(T) bytes at `in`, most significant first.
template <std::unsigned_integral T>
[[nodiscard]] inline T load_big(const std::byte* in) noexcept {
    T value;
    std::memcpy(&value, in, sizeof(T));
    return std::endian::native == std::endian::little ? reverse_bytes(value) : value;
}

}  // namespace equinfo
