// SPDX-License-Identifier: MIT
// Adaptive coding of single decisions, for the content of n-gram model files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::detail {

/// The probability that a decision is 1, learnt from those before: moved by 1 / (n + 1.5) after the n-th, by 1 / 97.5
/// at least.
class adaptive_bit {
public:
    /// Of 65,536; from 32 to 65,504.
    [[nodiscard]] std::uint32_t probability() const { return m_probability; }

    void update(bool bit) {
        const std::uint32_t step = steps[m_seen];
        if (bit) {
            m_probability = static_cast<std::uint16_t>(m_probability + (((65504u - m_probability) * step) >> 16));
        } else {
            m_probability = static_cast<std::uint16_t>(m_probability - (((m_probability - 32u) * step) >> 16));
        }
        m_seen = static_cast<std::uint8_t>(m_seen + (m_seen < steps.size() - 1 ? 1 : 0));
    }

private:
    static constexpr auto steps = [] {
        std::array<std::uint32_t, 97> result{};
        for (std::uint32_t n = 0; n < result.size(); ++n) {
            result[n] = 131072 / (2 * n + 3);
        }
        return result;
    }();

    std::uint16_t m_probability = 32768;
    std::uint8_t m_seen = 0;
};

/// Narrows a 32-bit range around the decisions; a carry runs back through the bytes that were written.
class bit_encoder {
public:
    static constexpr bool decodes = false;

    bool code(adaptive_bit& state, bool bit) {
        const std::uint32_t bound = (m_range >> 16) * state.probability();
        if (bit) {
            m_range = bound;
        } else {
            m_low += bound;
            m_range -= bound;
        }
        state.update(bit);
        while (m_range < (1u << 24)) {
            shift_out();
        }
        return bit;
    }

    /// Ends the code; the decoder reads exactly these bytes.
    [[nodiscard]] std::vector<std::byte> finish() {
        for (int i = 0; i < 4; ++i) {
            shift_out();
        }
        return std::move(m_bytes);
    }

private:
    void shift_out() {
        if (m_low >> 32 != 0) {
            for (std::size_t i = m_bytes.size(); i-- > 0;) {
                m_bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(m_bytes[i]) + 1);
                if (m_bytes[i] != std::byte{0}) {
                    break;
                }
            }
        }
        m_bytes.push_back(static_cast<std::byte>((m_low >> 24) & 0xff));
        m_low = (m_low & 0xffffff) << 8;
        m_range <<= 8;
    }

    std::vector<std::byte> m_bytes;
    std::uint64_t m_low = 0;  // below 2^32 but for a carry
    std::uint32_t m_range = 0xffffffffu;
};

/// Reads what bit_encoder wrote. Any bytes decode to some decisions; past the end it reads zeros.
class bit_decoder {
public:
    static constexpr bool decodes = true;

    explicit bit_decoder(std::span<const std::byte> bytes) : m_bytes(bytes) {
        for (int i = 0; i < 4; ++i) {
            shift_in();
        }
    }

    bool code(adaptive_bit& state, bool /*unknown*/ = false) {
        const std::uint32_t bound = (m_range >> 16) * state.probability();
        const bool bit = m_offset < bound;
        if (bit) {
            m_range = bound;
        } else {
            m_offset -= bound;
            m_range -= bound;
        }
        state.update(bit);
        while (m_range < (1u << 24)) {
            shift_in();
            m_range <<= 8;
        }
        return bit;
    }

    /// Bytes asked for; more than there are if the code was cut.
    [[nodiscard]] std::size_t bytes_used() const { return m_used; }

private:
    void shift_in() {
        const unsigned byte = m_used < m_bytes.size() ? std::to_integer<unsigned>(m_bytes[m_used]) : 0u;
        m_offset = m_offset << 8 | byte;
        ++m_used;
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_used = 0;
    std::uint32_t m_offset = 0;
    std::uint32_t m_range = 0xffffffffu;
};

/// A number of 6 bits, most significant first, each bit told by those above it.
class adaptive_code {
public:
    template <class Coder>
    [[nodiscard]] std::uint8_t code(Coder& coder, unsigned value = 0) {
        std::size_t node = 1;
        for (unsigned i = 6; i-- > 0;) {
            node = 2 * node + (coder.code(m_bits[node], (value >> i & 1u) != 0) ? 1 : 0);
        }
        return static_cast<std::uint8_t>(node - 64);
    }

private:
    std::array<adaptive_bit, 64> m_bits;
};

}  // namespace equinfo::detail
