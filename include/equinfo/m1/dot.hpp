// SPDX-License-Identifier: MIT
// Sums of products of bytes: the one operation that every instruction set has its own way of.
#pragma once

#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace equinfo::detail {

/// out[row][n] = start + sum over k of (x[row][k] - offset) * weight(n, k), where x has unsigned bytes, the weights are
/// -127..127, and the offset is 0 or 128 as the kernel likes it (dot_layout). Exact: no sum passes 2^31.
struct dot_job {
    const std::uint8_t* x;         // rows of `depth` bytes
    std::size_t rows;
    std::size_t x_stride;
    const std::int8_t* weights;    // packed: see dot_layout
    std::size_t tile_stride;       // from one tile of outputs to the next
    std::size_t depth;             // a multiple of 16
    std::size_t outputs;           // a multiple of 16
    const std::int32_t* start;     // an output; nullptr: zeros
    std::int32_t* out;             // rows of `outputs` sums
    std::size_t out_stride;
    bool go_on;                    // start from what is in `out`

    /// The sums of a row, from an output on.
    [[nodiscard]] EQUINFO_FORCE_INLINE std::int32_t* sums(std::size_t row, std::size_t output) const noexcept {
        return out + row * out_stride + output;
    }
    /// What they start from; nullptr: zeros.
    [[nodiscard]] EQUINFO_FORCE_INLINE const std::int32_t* before(std::size_t row, std::size_t output) const noexcept {
        return go_on ? sums(row, output) : start != nullptr ? start + output : nullptr;
    }
};

/// How weights lie: tiles of `outputs` outputs; within a tile pieces of `depth` numbers of each output, one output behind the
/// other; then the next `depth` numbers. `offset` is what the kernel takes off each x.
struct dot_layout {
    std::size_t outputs;
    std::size_t depth;
    std::int32_t offset;

    /// Where weight (n, k) lies, with `tile_stride` = outputs * the depth of the whole.
    [[nodiscard]] constexpr std::size_t place(std::size_t n, std::size_t k, std::size_t tile_stride) const noexcept {
        return n / outputs * tile_stride + k / depth * (outputs * depth) + n % outputs * depth + k % depth;
    }
};

/// Plain code, for any machine: weights as they are.
struct scalar_dot {
    static constexpr dot_layout layout{1, 1, 0};

    static void run(const dot_job& job) {
        for (std::size_t row = 0; row < job.rows; ++row) {
            const std::uint8_t* const x = job.x + row * job.x_stride;
            std::int32_t* const out = job.out + row * job.out_stride;
            for (std::size_t n = 0; n < job.outputs; ++n) {
                const std::int8_t* const w = job.weights + n * job.tile_stride;
                std::int32_t sum = job.go_on ? out[n] : job.start != nullptr ? job.start[n] : 0;
                for (std::size_t k = 0; k < job.depth; ++k) {
                    sum += std::int32_t{x[k]} * std::int32_t{w[k]};
                }
                out[n] = sum;
            }
        }
    }
};

/// All rows of the next tiles, most of them in blocks as large as the registers allow.
template <class Kernel, int Tiles>
EQUINFO_FORCE_INLINE void dot_all_rows(const dot_job& job, std::size_t tile) {
    std::size_t row = 0;
    if constexpr (Kernel::rows_at_once > 4) {
        for (; job.rows - row >= Kernel::rows_at_once; row += Kernel::rows_at_once) {
            Kernel::template block<Kernel::rows_at_once, Tiles>(job, row, tile);
        }
    }
    for (; job.rows - row >= 4; row += 4) {
        Kernel::template block<4, Tiles>(job, row, tile);
    }
    for (; row < job.rows; ++row) {
        Kernel::template block<1, Tiles>(job, row, tile);
    }
}

/// Splits a job into tiles of outputs, whose weights stay in the nearest cache, and blocks of rows. `Kernel` has
/// `template <int Rows, int Tiles> static void block(job, row, tile)`; a single row takes more tiles at once, since sums
/// that wait for each other are what limits it.
template <class Kernel>
EQUINFO_FORCE_INLINE void dot_in_blocks(const dot_job& job) {
    const std::size_t tiles = job.outputs / Kernel::layout.outputs;
    std::size_t tile = 0;
    if (job.rows == 1) {
        for (; tiles - tile >= Kernel::tiles_of_one; tile += Kernel::tiles_of_one) {
            Kernel::template block<1, Kernel::tiles_of_one>(job, 0, tile);
        }
    }
    for (; tiles - tile >= Kernel::tiles_at_once; tile += Kernel::tiles_at_once) {
        dot_all_rows<Kernel, Kernel::tiles_at_once>(job, tile);
    }
    for (; tile < tiles; ++tile) {
        dot_all_rows<Kernel, 1>(job, tile);
    }
}

}  // namespace equinfo::detail
