// SPDX-License-Identifier: MIT
// The bits of one window as a number of up to 128 bits.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>

#include <compare>
#include <cstdint>

namespace equinfo {

/// A number of [0, 2^128), made of two words so that every compiler and machine computes the same.
struct codeword {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    /// Adds `value` * 2^shift, modulo 2^128; shift is 0..127.
    constexpr void add(std::uint64_t value, unsigned shift) noexcept {
        EQUINFO_EXPECTS(shift < 128);
        if (shift >= 64) {
            high += value << (shift - 64);
            return;
        }
        const std::uint64_t added = value << shift;
        low += added;
        high += (shift == 0 ? 0 : value >> (64 - shift)) + (low < added ? 1 : 0);
    }

    friend constexpr auto operator<=>(const codeword&, const codeword&) = default;  // by size: high comes first
};

/// Writes the low `window_bits` (1..128) bits, most significant first.
template <bit_sink Sink>
void write_codeword(Sink& sink, const codeword& word, unsigned window_bits) {
    EQUINFO_EXPECTS(window_bits >= 1 && window_bits <= 128);
    if (window_bits > 64) {
        sink.write(word.high, window_bits - 64);
        sink.write(word.low, 64);
    } else {
        sink.write(word.low, window_bits);
    }
}

/// Reads what write_codeword wrote.
template <bit_source Source>
[[nodiscard]] codeword read_codeword(Source& source, unsigned window_bits) {
    EQUINFO_EXPECTS(window_bits >= 1 && window_bits <= 128);
    codeword word;
    if (window_bits > 64) {
        word.high = source.read(window_bits - 64);
        word.low = source.read(64);
    } else {
        word.low = source.read(window_bits);
    }
    return word;
}

/// Reads the low `window_bits` (1..128) bits of a codeword, most significant first, as a bit_source would.
class codeword_reader {
public:
    constexpr codeword_reader(const codeword& word, unsigned window_bits) noexcept : m_word(word), m_left(window_bits) {
        EQUINFO_EXPECTS(window_bits >= 1 && window_bits <= 128);
    }

    /// The next `count` (1..64) bits, of which there are as many.
    [[nodiscard]] constexpr std::uint64_t read(unsigned count) noexcept {
        EQUINFO_EXPECTS(count >= 1 && count <= 64 && count <= m_left);
        m_left -= count;
        const std::uint64_t from = m_left >= 64  ? m_word.high >> (m_left - 64)
                                   : m_left == 0 ? m_word.low
                                                 : m_word.low >> m_left | m_word.high << (64 - m_left);
        return count == 64 ? from : from & ((std::uint64_t{1} << count) - 1);
    }

private:
    codeword m_word;
    unsigned m_left;
};

}  // namespace equinfo
