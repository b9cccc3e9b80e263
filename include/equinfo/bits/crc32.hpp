// SPDX-License-Identifier: MIT
// CRC-32 as in zlib, gzip and PNG (reflected polynomial 0xEDB88320).
#pragma once

#include <equinfo/bits/byte_order.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {
namespace detail {

/// Table k holds the effect of a byte that is followed by k zero bytes, so that eight bytes go in one step.
struct crc32_tables {
    std::uint32_t of[8][256];  // plain arrays: std::array's operators are slow where a compiler evaluates them
};

[[nodiscard]] constexpr crc32_tables make_crc32_tables() noexcept {
    crc32_tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
        }
        tables.of[0][byte] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t crc = tables.of[k - 1][byte];
            tables.of[k][byte] = (crc >> 8) ^ tables.of[0][crc & 0xFF];
        }
    }
    return tables;
}

inline constexpr crc32_tables crc32_effects = make_crc32_tables();

}  // namespace detail

/// The CRC-32 of `bytes`; give the value so far as `start` to go on with further bytes.
[[nodiscard]] inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t start = 0) noexcept {
    const auto& tables = detail::crc32_effects.of;
    std::uint32_t crc = ~start;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, at += 8) {
        const std::uint32_t low = load_little<std::uint32_t>(at) ^ crc;
        const std::uint32_t high = load_little<std::uint32_t>(at + 4);
        crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^ tables[4][low >> 24] ^
              tables[3][high & 0xFF] ^ tables[2][high >> 8 & 0xFF] ^ tables[1][high >> 16 & 0xFF] ^
              tables[0][high >> 24];
    }
    for (; left != 0; --left, ++at) {
        crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(*at)) & 0xFF];
    }
    return ~crc;
}

}  // namespace equinfo
