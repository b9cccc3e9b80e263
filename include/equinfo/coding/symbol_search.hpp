// SPDX-License-Identifier: MIT
// Which slice does a point lie in? A search of cumulative frequencies in two steps that compilers turn into SIMD.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>

namespace equinfo::detail {

/// How many of the 16 numbers at `values` are at most `point`. One vector compare on most machines: the sum over a
/// fixed count has no branch to mispredict.
[[nodiscard]] EQUINFO_FORCE_INLINE std::size_t count_at_most(const frequency* values, frequency point) noexcept {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        count += values[i] <= point ? 1u : 0u;
    }
    return count;
}

}  // namespace equinfo::detail
