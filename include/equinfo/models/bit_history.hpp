// SPDX-License-Identifier: MIT
// What a context has seen of one binary decision, in one byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace equinfo::detail {

/// A bit history is a number 0..255. Zero: nothing seen. The first four bits are kept exactly (states 1..30). From five
/// on it is a pair of bounded counts (zeros, ones) and the last bit: the more one of them is ahead, the further it
/// counts; a bit that disagrees takes most of the other side's count away, so that a state says how sure a context
/// is *now*. What probability a state means is learned elsewhere, per context.
struct bit_history_tables {
    std::uint8_t next[256][2];  // [state][bit]
    std::uint8_t zeros[256];
    std::uint8_t ones[256];
    std::size_t size;  // states in use
};

/// The larger count that may stand beside a smaller one of 0, 1, ...; a smaller count beyond the list is not kept.
inline constexpr std::uint8_t bit_history_bounds[] = {30, 20, 12, 9, 8, 7};

[[nodiscard]] constexpr bool keeps_counts(std::size_t zeros, std::size_t ones) noexcept {
    const std::size_t less = std::min(zeros, ones);
    return less < std::size(bit_history_bounds) && std::max(zeros, ones) <= bit_history_bounds[less];
}

/// What is left of a count when the other bit comes: all up to 2, of the rest a quarter, and at most 5.
[[nodiscard]] constexpr std::size_t discounted(std::size_t count) noexcept {
    return count <= 2 ? count : std::min<std::size_t>(2 + (count - 2) / 4, 5);
}

[[nodiscard]] constexpr bit_history_tables make_bit_history_tables() noexcept {
    constexpr std::size_t exact = 4;  // bits kept in full
    constexpr std::size_t side = 32;
    bit_history_tables tables{};
    // Names for the counted states, in the order (zeros, ones, last bit). Where one count is zero the last bit is known.
    std::uint8_t name[side][side][2]{};
    std::size_t size = (std::size_t{2} << exact) - 1;
    for (std::size_t zeros = 0; zeros < side; ++zeros) {
        for (std::size_t ones = 0; ones < side; ++ones) {
            if (zeros + ones <= exact || !keeps_counts(zeros, ones)) {
                continue;
            }
            for (std::size_t last = 0; last < 2; ++last) {
                if (last == 0 || (zeros != 0 && ones != 0)) {
                    tables.zeros[size] = static_cast<std::uint8_t>(zeros);
                    tables.ones[size] = static_cast<std::uint8_t>(ones);
                    ++size;
                }
                name[zeros][ones][last] = static_cast<std::uint8_t>(size - 1);
            }
        }
    }
    tables.size = size;
    const auto after = [&](std::size_t zeros, std::size_t ones, std::size_t bit) {
        zeros = bit == 0 ? zeros + 1 : discounted(zeros);
        ones = bit == 1 ? ones + 1 : discounted(ones);
        while (!keeps_counts(zeros, ones)) {
            --(zeros > ones ? zeros : ones);
        }
        while (zeros + ones <= exact) {
            ++(bit == 0 ? zeros : ones);
        }
        return name[zeros][ones][bit];
    };
    for (std::size_t length = 0; length <= exact; ++length) {
        for (std::size_t bits = 0; bits < std::size_t{1} << length; ++bits) {
            const std::size_t state = (std::size_t{1} << length) - 1 + bits;
            std::size_t ones = 0;
            for (std::size_t rest = bits; rest != 0; rest &= rest - 1) {
                ++ones;
            }
            tables.zeros[state] = static_cast<std::uint8_t>(length - ones);
            tables.ones[state] = static_cast<std::uint8_t>(ones);
            for (std::size_t bit = 0; bit < 2; ++bit) {
                tables.next[state][bit] = length < exact
                                              ? static_cast<std::uint8_t>((std::size_t{2} << length) - 1 + 2 * bits + bit)
                                              : after(length - ones, ones, bit);
            }
        }
    }
    for (std::size_t state = (std::size_t{2} << exact) - 1; state < size; ++state) {
        for (std::size_t bit = 0; bit < 2; ++bit) {
            tables.next[state][bit] = after(tables.zeros[state], tables.ones[state], bit);
        }
    }
    return tables;
}

inline constexpr bit_history_tables bit_history = make_bit_history_tables();
static_assert(bit_history.size <= 256);

}  // namespace equinfo::detail
