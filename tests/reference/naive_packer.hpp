// SPDX-License-Identifier: MIT
// The slow twin of token_packer: one bit at a time, as docs/tokens.md says it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::reference {

/// Bit i of the stream: bit 7 - i % 8 of byte i / 8.
inline bool bit_at(std::span<const std::byte> bytes, std::uint64_t i) {
    return (std::to_integer<unsigned>(bytes[static_cast<std::size_t>(i / 8)]) >> (7 - i % 8) & 1u) != 0;
}

inline std::vector<std::uint32_t> pack(std::span<const std::byte> bytes, std::uint64_t bit_count, unsigned token_bits) {
    std::vector<std::uint32_t> tokens;
    for (std::uint64_t i = 0; i < bit_count; ++i) {
        const unsigned place = static_cast<unsigned>(i % token_bits);
        if (place == 0) {
            tokens.push_back(0);
        }
        if (bit_at(bytes, i)) {
            tokens.back() |= std::uint32_t{1} << (token_bits - 1 - place);
        }
    }
    return tokens;
}

/// The bits of whole tokens, filled up to whole bytes with zeros.
inline std::vector<std::byte> unpack(std::span<const std::uint32_t> tokens, unsigned token_bits) {
    std::vector<std::byte> bytes((tokens.size() * token_bits + 7) / 8);
    std::size_t i = 0;
    for (const std::uint32_t id : tokens) {
        for (unsigned place = 0; place < token_bits; ++place, ++i) {
            if ((id >> (token_bits - 1 - place) & 1u) != 0) {
                bytes[i / 8] |= std::byte{1} << (7 - i % 8);
            }
        }
    }
    return bytes;
}

}  // namespace equinfo::reference
