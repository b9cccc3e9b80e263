// SPDX-License-Identifier: MIT
// Slices of probability into bytes: the range encoder.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// How a coded message ends.
enum class message_end {
    /// As short as can be: whoever stores the message knows its length, and the decoder reads zeros behind it.
    minimal,
    /// Any bytes may follow; the decoder finds the end by itself. Takes 0.4 bytes more on average.
    self_delimiting,
};

namespace detail {

/// How far `range` > 0 can be shifted up by whole bytes: bits, 0..56. Those bytes of `low` are settled, but for a carry.
[[nodiscard]] EQUINFO_FORCE_INLINE constexpr unsigned settled_bits(std::uint64_t range) noexcept {
    return static_cast<unsigned>(__builtin_clzll(range)) & 56u;
}

/// The last step of a message: how many of the 64 bits of `low` must be written, and with which value, so that
/// every continuation that `end` allows lies in [low, low + range).
struct final_bytes {
    std::uint64_t value;  // written from the top
    unsigned count;       // 0..8 bytes
    bool carry;           // add one to the bytes before
};

[[nodiscard]] constexpr final_bytes end_message(std::uint64_t low, std::uint64_t range, message_end end) noexcept {
    for (unsigned count = 0; count < 8; ++count) {
        const std::uint64_t below = ~std::uint64_t{0} >> (8 * count);  // what the bytes left out could hold
        const std::uint64_t value = low + below < low ? 0 : (low + below) & ~below;
        const std::uint64_t distance = value - low;  // right also where the sum ran over: arithmetic modulo 2^64
        const std::uint64_t width = end == message_end::minimal ? 0 : below;
        if (distance < range && width < range - distance) {
            return {value, count, value < low};
        }
    }
    return {low, 8, false};
}

}  // namespace detail

/// Codes a sequence of slices into bytes, within 2^-32 of their information content and at most one byte.
///
/// State: the message so far is the interval [low, low + range) of a number whose digits before the 64 bits of `low`
/// are the bytes already written. Invariant between two symbols: range >= 2^56. A carry out of `low` goes into the
/// bytes written (exact: no bits are held back and none are lost).
class range_encoder {
public:
    range_encoder() = default;
    range_encoder(const range_encoder&) = default;
    range_encoder& operator=(const range_encoder&) = default;
    ~range_encoder() = default;

    /// The other one is as new.
    range_encoder(range_encoder&& other) noexcept
        : m_bytes(std::move(other.m_bytes)), m_size(other.m_size), m_low(other.m_low), m_range(other.m_range) {
        other.clear();
    }
    range_encoder& operator=(range_encoder&& other) noexcept {
        if (this != &other) {
            m_bytes = std::move(other.m_bytes);
            m_size = other.m_size;
            m_low = other.m_low;
            m_range = other.m_range;
            other.clear();
        }
        return *this;
    }

    /// Makes room for `bytes` bytes of output.
    void reserve(std::size_t bytes) {
        if (bytes + slack > m_bytes.size()) {
            m_bytes.resize(bytes + slack);
        }
    }

    /// Codes one symbol that owns `slice` of [0, 2^precision); precision 1..24. Allocates only when the room
    /// doubles.
    EQUINFO_FORCE_INLINE void encode(frequency_range slice, unsigned precision) {
        EQUINFO_EXPECTS(precision >= 1 && precision <= max_precision && slice.freq >= 1);
        EQUINFO_EXPECTS(std::uint64_t{slice.low} + slice.freq <= std::uint64_t{1} << precision);
        const std::uint64_t unit = m_range >> precision;  // at least 2^32, so that rounding costs under 2^-32
        const std::uint64_t low = m_low + unit * slice.low;
        const std::uint64_t range = unit * slice.freq;
        if (m_size + slack > m_bytes.size()) [[unlikely]] {
            grow();
        }
        std::byte* const out = m_bytes.data() + m_size;
        if (low < m_low) [[unlikely]] {
            carry(out);
        }
        const unsigned shift = detail::settled_bits(range);
        store_big(out, low);
        m_size += shift / 8;
        m_low = low << shift;
        m_range = range << shift;
    }

    /// Ends the message. Afterwards only bytes(), bit_count(), take() and clear() make sense.
    void finish(message_end end = message_end::minimal) {
        if (m_size + slack > m_bytes.size()) {
            grow();
        }
        const detail::final_bytes last = detail::end_message(m_low, m_range, end);
        std::byte* const out = m_bytes.data() + m_size;
        if (last.carry) {
            carry(out);
        }
        store_big(out, last.value);
        m_size += last.count;
        m_low = 0;
        m_range = ~std::uint64_t{0};
    }

    /// The bytes so far. Before finish() a later carry may still change them.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {m_bytes.data(), m_size}; }

    /// Bits of information so far, rounded down; after finish() the length of the message, in bits.
    [[nodiscard]] std::uint64_t bit_count() const noexcept {
        return std::uint64_t{m_size} * 8 + static_cast<unsigned>(std::countl_zero(m_range));
    }

    /// How many bytes the message would have if finish(end) were called now; never falls from symbol to symbol.
    [[nodiscard]] std::uint64_t finished_size(message_end end = message_end::minimal) const noexcept {
        return m_size + detail::end_message(m_low, m_range, end).count;
    }

    /// Hands the bytes over; the encoder is as new.
    [[nodiscard]] std::vector<std::byte> take() {
        m_bytes.resize(m_size);
        std::vector<std::byte> bytes = std::exchange(m_bytes, {});
        clear();
        return bytes;
    }

    /// As new, but keeps its room.
    void clear() noexcept {
        m_size = 0;
        m_low = 0;
        m_range = ~std::uint64_t{0};
    }

private:
    static constexpr std::size_t slack = 8;  // bytes that one step may store beyond the settled ones

    EQUINFO_NOINLINE void grow() { m_bytes.resize(std::max<std::size_t>(2 * m_bytes.size(), 64)); }

    /// Adds one to the number that ends before `out`. Cannot run past the front: the message is a number below one.
    EQUINFO_NOINLINE static void carry(std::byte* out) noexcept {
        do {
            --out;
            *out = static_cast<std::byte>(std::to_integer<unsigned>(*out) + 1u);
        } while (*out == std::byte{0});
    }

    std::vector<std::byte> m_bytes;            // room; the first m_size bytes count
    std::size_t m_size = 0;
    std::uint64_t m_low = 0;
    std::uint64_t m_range = ~std::uint64_t{0};  // 2^64 - 1: the whole, less a part in 2^64
};

}  // namespace equinfo
