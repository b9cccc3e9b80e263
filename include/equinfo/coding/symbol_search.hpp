// SPDX-License-Identifier: MIT
// Which slice does a point lie in? Two searches: one that answers soonest, one that takes the least work.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace equinfo::detail {

/// The last of 256 lower ends that is at most `point`, where they rise and the first is 0: what a single decoder waits for.
/// Three steps of 7, 7 and 3 comparisons that do not wait for each other, in ordinary registers: going to vector registers
/// and back takes longer than the comparisons.
[[nodiscard]] EQUINFO_FORCE_INLINE std::size_t symbol_at(const frequency* lows, frequency point) noexcept {
    const auto reached = [point](const frequency* low) { return std::size_t{point >= *low}; };
    const auto sevenths = [&reached](const frequency* low, std::size_t stride) {
        return ((reached(low + stride) + reached(low + 2 * stride)) + (reached(low + 3 * stride) + reached(low + 4 * stride))) +
               ((reached(low + 5 * stride) + reached(low + 6 * stride)) + reached(low + 7 * stride));
    };
    const frequency* at = lows;
    at += 32 * sevenths(at, 32);
    at += 4 * sevenths(at, 4);
    at += reached(at + 1) + reached(at + 2) + reached(at + 3);
    return static_cast<std::size_t>(at - lows);
}

/// Four numbers in one register, by the vector extension of g++ and clang: SSE2, NEON and the like, or plain code where
/// there are none. (Plain loops, left to g++, were some 10 % slower.)
using four_numbers [[gnu::vector_size(16)]] = std::int32_t;

/// The last of the 16 numbers at `values` that is at most `point`, where the numbers rise, all are below 2^31 and the
/// first is at most `point`. Without a branch, and with less work than above: for lanes that take turns.
[[nodiscard]] EQUINFO_FORCE_INLINE std::size_t last_at_most(const frequency* values, frequency point) noexcept {
    const auto x = static_cast<std::int32_t>(point);
    const four_numbers points = {x, x, x, x};
    four_numbers a, b, c, d;  // apart, not an array: that would go through memory
    std::memcpy(&a, values, sizeof a);
    std::memcpy(&b, values + 4, sizeof b);
    std::memcpy(&c, values + 8, sizeof c);
    std::memcpy(&d, values + 12, sizeof d);
    // A comparison that holds gives -1: minus the count of those above the point.
    const four_numbers above = ((a > points) + (b > points)) + ((c > points) + (d > points));
    const std::int32_t sum = (above[0] + above[1]) + (above[2] + above[3]);
    return static_cast<std::size_t>(static_cast<std::uint32_t>(15 + sum));
}

}  // namespace equinfo::detail
