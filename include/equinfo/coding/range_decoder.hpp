// SPDX-License-Identifier: MIT
// Bytes into slices of probability: the range decoder.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// The inverse of range_encoder. Total: any bytes decode to something, and nothing behind the input is touched.
///
/// For one symbol: `point(precision)` says where the message lies in [0, 2^precision); the model says which slice
/// that is; `advance(slice, precision)` steps over it.
///
/// Bytes may also come in pieces: start with the default constructor, `feed` a piece whenever `ready()` is false, and
/// call `end_input` after the last one.
class range_decoder {
public:
    /// Without input yet.
    range_decoder() = default;

    /// Over a whole message, which must outlive the decoder.
    explicit range_decoder(std::span<const std::byte> bytes) noexcept {
        feed(bytes);
        end_input();
    }

    /// Goes on with `bytes`, which must live until they are used up. Call it only when ready() is false.
    void feed(std::span<const std::byte> bytes) noexcept {
        EQUINFO_EXPECTS(m_left == 0 && !m_ended);
        m_fed += bytes.size();
        take_in(fill({bytes.data(), bytes.size(), m_code, m_missing}));
    }

    /// Says that no more bytes come: zeros are read from here on.
    void end_input() noexcept { m_ended = true; }

    /// Whether the next symbol can be decoded: eight bytes are known beyond the symbols before it, or all are.
    [[nodiscard]] bool ready() const noexcept { return m_missing == 0 || m_ended; }

    /// Where the message lies in [0, 2^precision); precision 1..24.
    [[nodiscard]] EQUINFO_FORCE_INLINE frequency point(unsigned precision) const noexcept {
        EQUINFO_EXPECTS(precision >= 1 && precision <= max_precision);
        const std::uint64_t point = m_code / (m_range >> precision);
        const std::uint64_t last = (std::uint64_t{1} << precision) - 1;
        if (point > last) [[unlikely]] {  // what rounding left at the top: no encoder writes it
            return clamp(last);
        }
        return static_cast<frequency>(point);
    }

    /// Steps over the symbol that owns `slice`, which must be the one that holds point().
    EQUINFO_FORCE_INLINE void advance(frequency_range slice, unsigned precision) noexcept {
        const std::uint64_t unit = m_range >> precision;
        const std::uint64_t below = unit * slice.low;
        const std::uint64_t range = unit * slice.freq;
        const unsigned shift = detail::settled_bits(range);
        m_low = (m_low + below) << shift;
        m_range = range << shift;
        m_code -= below;
        if (m_left >= 8) [[likely]] {
            const std::uint64_t word = load_big<std::uint64_t>(m_next);
            m_code = m_code << shift | ((word >> 1) >> (63 - shift));
            m_next += shift / 8;
            m_left -= shift / 8;
        } else {
            m_code <<= shift;
            m_missing += shift / 8;
            take_in(fill({m_next, m_left, m_code, m_missing}));
        }
    }

    /// How many bytes the message has if it ends here and was written with finish(end): exact for every message that
    /// an encoder wrote.
    [[nodiscard]] std::uint64_t bytes_used(message_end end = message_end::minimal) const noexcept {
        // Eight bytes are ahead of the settled ones, some of them perhaps missing.
        return m_fed - m_left + m_missing - 8 + detail::end_message(m_low, m_range, end).count;
    }

    /// Whether the message is over here, just as finish() ends it: with no byte more or less, and the last ones of the
    /// encoder's choice. So only one message holds given symbols, and a changed one is never taken for it.
    /// Needs end_input(), or the constructor that takes the whole message.
    [[nodiscard]] bool at_end() const noexcept {
        const detail::final_bytes last = detail::end_message(m_low, m_range, message_end::minimal);
        return m_ended && bytes_used() == m_fed && m_code == last.value - m_low;
    }

private:
    /// A call, since compilers would make of the rare branch a move that every symbol waits for.
    [[nodiscard]] EQUINFO_NOINLINE static frequency clamp(std::uint64_t last) noexcept {
        return static_cast<frequency>(last);
    }

    struct input {
        const std::byte* next;
        std::size_t left;
        std::uint64_t code;
        std::uint64_t missing;
    };

    /// Takes what input there is into the places of the missing bytes. By value, so that no address of the decoder
    /// leaves it and its state can stay in registers.
    [[nodiscard]] EQUINFO_NOINLINE static input fill(input in) noexcept {
        for (; in.missing != 0 && in.left != 0; ++in.next, --in.left) {
            --in.missing;
            if (in.missing < 8) {
                in.code += std::to_integer<std::uint64_t>(*in.next) << (8 * in.missing);
            }
        }
        return in;
    }

    void take_in(input in) noexcept {
        m_next = in.next;
        m_left = in.left;
        m_code = in.code;
        m_missing = in.missing;
    }

    const std::byte* m_next = nullptr;
    std::size_t m_left = 0;                     // bytes of input from m_next on
    std::uint64_t m_code = 0;                   // the message's number minus low; its last m_missing bytes are not known
    std::uint64_t m_low = 0;                    // as the encoder's: only bytes_used() needs it
    std::uint64_t m_range = ~std::uint64_t{0};  // at least 2^56 between two symbols
    std::uint64_t m_missing = 8;
    std::uint64_t m_fed = 0;                    // bytes of input so far
    bool m_ended = false;
};

}  // namespace equinfo
