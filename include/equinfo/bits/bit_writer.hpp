// SPDX-License-Identifier: MIT
// Bits into a vector of bytes, most significant bit first.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// A bit_sink in memory. The first bit written is the most significant bit of the first byte.
class bit_writer {
public:
    bit_writer() = default;

    /// Appends the low `count` (0..64) bits of `value`, the highest of them first. Higher bits are ignored.
    void write(std::uint64_t value, unsigned count) {
        EQUINFO_EXPECTS(count <= 64);
        if (count == 0) {
            return;
        }
        m_bit_count += count;
        value &= ~std::uint64_t{0} >> (64 - count);
        const unsigned room = 64 - m_pending_bits;  // 1..64
        if (count < room) {
            m_pending |= value << (room - count);
            m_pending_bits += count;
            return;
        }
        const unsigned rest = count - room;  // 0..63 bits that do not fit
        store(m_pending | (value >> rest));
        m_pending = rest == 0 ? 0 : value << (64 - rest);
        m_pending_bits = rest;
    }

    /// Bits written so far, padding not counted.
    [[nodiscard]] std::uint64_t bit_count() const noexcept { return m_bit_count; }

    /// Makes room for `bytes` more bytes.
    void reserve(std::size_t bytes) { m_bytes.reserve(m_bytes.size() + bytes); }

    /// Pads with zero bits to a whole byte and hands the bytes over; the writer is empty afterwards.
    [[nodiscard]] std::vector<std::byte> take() {
        const std::size_t tail = (m_pending_bits + 7) / 8;
        std::byte last[8];
        store_big(last, m_pending);
        const std::size_t size = m_bytes.size();
        m_bytes.resize(size + tail);
        std::copy_n(last, tail, m_bytes.data() + size);
        m_pending = 0;
        m_pending_bits = 0;
        m_bit_count = 0;
        return std::exchange(m_bytes, {});
    }

private:
    void store(std::uint64_t word) {
        const std::size_t size = m_bytes.size();
        m_bytes.resize(size + 8);
        store_big(m_bytes.data() + size, word);
    }

    std::vector<std::byte> m_bytes;    // whole 64-bit words only, until take()
    std::uint64_t m_pending = 0;       // the next bits, from the top down; below them zeros
    unsigned m_pending_bits = 0;       // 0..63
    std::uint64_t m_bit_count = 0;
};

}  // namespace equinfo
