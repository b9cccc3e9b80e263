// SPDX-License-Identifier: MIT
// A 64-bit name for a model: two models with the same fingerprint predict the same integers.
#pragma once

#include <equinfo/bits/byte_order.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace equinfo {

/// Hashes numbers and bytes in order. It tells models apart that differ by accident; it is no defence against
/// somebody who makes two models collide on purpose.
class fingerprint_builder {
public:
    /// `domain` keeps kinds of models apart, e.g. "uniform_model".
    explicit fingerprint_builder(std::string_view domain) noexcept {
        add(std::span{reinterpret_cast<const std::byte*>(domain.data()), domain.size()});
    }

    void add(std::uint64_t value) noexcept {
        // A full 64-bit mix a number (the finaliser of splitmix64), chained; multiplication by odd constants and
        // xor-shifts are bijections, so no state is lost on the way.
        m_state = (m_state ^ value) + 0x9E3779B97F4A7C15u;
        m_state = (m_state ^ (m_state >> 30)) * 0xBF58476D1CE4E5B9u;
        m_state = (m_state ^ (m_state >> 27)) * 0x94D049BB133111EBu;
        m_state ^= m_state >> 31;
    }

    /// Adds the length too, so that two runs of bytes never hash like another split of them.
    void add(std::span<const std::byte> bytes) noexcept {
        add(std::uint64_t{bytes.size()});
        std::size_t at = 0;
        for (; at + 8 <= bytes.size(); at += 8) {
            add(load_little<std::uint64_t>(bytes.data() + at));
        }
        if (at < bytes.size()) {
            std::uint64_t last = 0;
            for (std::size_t i = 0; at + i < bytes.size(); ++i) {
                last |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
            }
            add(last);
        }
    }

    [[nodiscard]] std::uint64_t value() const noexcept { return m_state; }

private:
    std::uint64_t m_state = 0;
};

/// A fingerprint as people read it: 16 hexadecimal digits.
[[nodiscard]] inline std::string hexadecimal(std::uint64_t fingerprint) {
    std::string digits(16, '0');
    for (std::size_t i = 0; i < 16; ++i) {
        digits[15 - i] = "0123456789abcdef"[fingerprint >> (4 * i) & 15];
    }
    return digits;
}

}  // namespace equinfo
