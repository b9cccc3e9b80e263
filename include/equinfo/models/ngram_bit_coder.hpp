// SPDX-License-Identifier: MIT
// Adaptive coding of single decisions, for the content of n-gram model files.
#pragma once

#include <equinfo/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::detail {

/// The probability that a decision is 1, learnt from those before: moved towards each by 1 / (n + 2) after n others, and by
/// 1 / 98 at least.
class adaptive_bit {
public:
    /// Of 65,536; from 32 to 65,504.
    [[nodiscard]] std::uint32_t probability() const { return m_state & 0xffffu; }

    EQUINFO_FORCE_INLINE void update(bool bit) {
        const std::int32_t aim = bit ? 65504 : 32;
        const auto before = static_cast<std::int32_t>(probability());
        const std::uint32_t pace = paces[m_state >> 16];
        const std::int32_t after = before + (((aim - before) * static_cast<std::int32_t>(pace & 0xffffu)) >> 16);
        m_state = static_cast<std::uint32_t>(after) | (pace & 0xffff0000u);
    }

private:
    /// By decisions seen: their number from now on above, and the step of 2^-16 below.
    static constexpr auto paces = [] {
        std::array<std::uint32_t, 97> result{};
        for (std::uint32_t n = 0; n < result.size(); ++n) {
            result[n] = (n < 96 ? n + 1 : n) << 16 | 65536 / (n + 2);
        }
        return result;
    }();

    std::uint32_t m_state = 32768;  // decisions seen above, the probability below
};

/// Narrows a 64-bit range around the decisions, and writes 32 bits whenever it falls below 2^32; a carry runs back
/// through the bytes that were written.
class bit_encoder {
public:
    static constexpr bool decodes = false;

    bool code(adaptive_bit& state, bool bit) {
        const std::uint64_t bound = (m_range >> 16) * state.probability();
        if (bit) {
            m_range = bound;
        } else {
            m_low += bound;
            if (m_low < bound) {
                carry();
            }
            m_range -= bound;
        }
        state.update(bit);
        if (m_range >> 32 == 0) {
            shift_out();
            m_range <<= 32;
        }
        return bit;
    }

    /// Ends the code; the decoder reads exactly these bytes.
    [[nodiscard]] std::vector<std::byte> finish() {
        shift_out();
        shift_out();
        return std::move(m_bytes);
    }

private:
    void carry() {
        for (std::size_t i = m_bytes.size(); i-- > 0;) {
            m_bytes[i] = static_cast<std::byte>(std::to_integer<unsigned>(m_bytes[i]) + 1);
            if (m_bytes[i] != std::byte{0}) {
                break;
            }
        }
    }

    void shift_out() {
        for (unsigned shift = 56; shift >= 32; shift -= 8) {
            m_bytes.push_back(static_cast<std::byte>((m_low >> shift) & 0xff));
        }
        m_low <<= 32;
    }

    std::vector<std::byte> m_bytes;
    std::uint64_t m_low = 0;
    std::uint64_t m_range = ~std::uint64_t{0};
};

/// Reads what bit_encoder wrote. Any bytes decode to some decisions; past the end it reads zeros.
class bit_decoder {
public:
    static constexpr bool decodes = true;

    explicit bit_decoder(std::span<const std::byte> bytes) : m_bytes(bytes) {
        shift_in();
        shift_in();
    }

    EQUINFO_FORCE_INLINE bool code(adaptive_bit& state) { return code_below(state, 0) != 0; }

    /// The decision at a node of a binary tree, and the node that it leads to: 2 * node, or one more. A jump and not a
    /// selection: a processor that guesses right goes on to the next node before this decision is known.
    EQUINFO_FORCE_INLINE std::size_t code_below(adaptive_bit& state, std::size_t node) {
        const std::uint64_t bound = (m_range >> 16) * state.probability();
        if (m_offset < bound) {
            m_range = bound;
            state.update(true);
            node = 2 * node + 1;
        } else {
            m_range -= bound;
            m_offset -= bound;
            state.update(false);
            node = 2 * node;
        }
        if (m_range >> 32 == 0) [[unlikely]] {
            shift_in();
            m_range <<= 32;
        }
        return node;
    }

    /// Bytes asked for; more than there are if the code was cut.
    [[nodiscard]] std::size_t bytes_used() const { return m_used; }

private:
    void shift_in() {
        for (unsigned i = 0; i < 4; ++i) {
            const unsigned byte = m_used < m_bytes.size() ? std::to_integer<unsigned>(m_bytes[m_used]) : 0u;
            m_offset = m_offset << 8 | byte;
            ++m_used;
        }
    }

    std::span<const std::byte> m_bytes;
    std::size_t m_used = 0;
    std::uint64_t m_offset = 0;
    std::uint64_t m_range = ~std::uint64_t{0};
};

/// A number of 6 bits, most significant first, each bit told by those above it.
class adaptive_code {
public:
    void encode(bit_encoder& coder, unsigned value) {
        for (std::size_t node = 64 + value, depth = 6; depth-- > 0;) {
            coder.code(m_bits[node >> (depth + 1)], (node >> depth & 1u) != 0);
        }
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE std::uint8_t decode(bit_decoder& coder) {
        std::size_t node = 1;
        while (node < 64) {
            node = coder.code_below(m_bits[node], node);
        }
        return static_cast<std::uint8_t>(node - 64);
    }

private:
    alignas(64) std::array<adaptive_bit, 64> m_bits;  // the first four decisions in one line of the cache
};

}  // namespace equinfo::detail
