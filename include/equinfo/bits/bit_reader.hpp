// SPDX-License-Identifier: MIT
// Bits out of bytes in memory, most significant bit first.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// A bit_source over bytes that outlive it. Behind the end it gives zero bits and counts them.
class bit_reader {
public:
    explicit bit_reader(std::span<const std::byte> bytes) noexcept : m_bytes(bytes) {}

    /// The next `count` (0..64) bits, right-aligned.
    [[nodiscard]] std::uint64_t read(unsigned count) noexcept {
        EQUINFO_EXPECTS(count <= 64);
        if (count == 0) {
            return 0;
        }
        const std::uint64_t first = m_position;
        m_position += count;
        const unsigned skip = static_cast<unsigned>(first % 8);
        const std::uint64_t word = word_at(first / 8) << skip;  // 57 bits at least are right
        if (skip + count <= 64) {
            return word >> (64 - count);
        }
        const unsigned missing = skip + count - 64;  // 1..7
        const std::uint64_t next = word_at(first / 8 + 8) >> (64 - missing);
        return (word >> (64 - count)) | next;
    }

    /// Bits read so far, those behind the end included.
    [[nodiscard]] std::uint64_t bit_count() const noexcept { return m_position; }

    /// Bits read so far that lie behind the end.
    [[nodiscard]] std::uint64_t overrun() const noexcept {
        const std::uint64_t available = std::uint64_t{m_bytes.size()} * 8;
        return m_position > available ? m_position - available : 0;
    }

    /// Continues at the bit `position`, counted from the start.
    void seek(std::uint64_t position) noexcept { m_position = position; }

private:
    [[nodiscard]] std::uint64_t word_at(std::uint64_t byte) const noexcept {
        if (byte + 8 <= m_bytes.size()) {
            return load_big<std::uint64_t>(m_bytes.data() + byte);
        }
        std::uint64_t word = 0;
        for (std::uint64_t i = 0; i < 8; ++i) {
            word = word << 8 | (byte + i < m_bytes.size() ? std::to_integer<std::uint64_t>(m_bytes[byte + i]) : 0);
        }
        return word;
    }

    std::span<const std::byte> m_bytes;
    std::uint64_t m_position = 0;  // bits
};

}  // namespace equinfo
