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

/// Splits a job into blocks of rows and tiles of outputs, so that a tile's weights stay in the nearest cache. `Kernel` has
/// `template <int Rows, int Tiles> static void block(job, row, tile)`, and Tiles for 8, 4, 2, 1 rows.
template <class Kernel>
EQUINFO_FORCE_INLINE void dot_in_blocks(const dot_job& job) {
    const std::size_t tiles = job.outputs / Kernel::layout.outputs;
    constexpr std::size_t at_once = Kernel::tiles_at_once;
    for (std::size_t tile = 0; tile < tiles;) {
        const bool many = tiles - tile >= at_once;
        std::size_t row = 0;
        const auto rows_left = [&] { return job.rows - row; };
        if (many) {
            for (; rows_left() >= Kernel::rows_at_once; row += Kernel::rows_at_once) {
                Kernel::template block<Kernel::rows_at_once, at_once>(job, row, tile);
            }
            for (; rows_left() >= 2; row += 2) {
                Kernel::template block<2, at_once>(job, row, tile);
            }
            for (; rows_left() >= 1; ++row) {
                Kernel::template block<1, at_once>(job, row, tile);
            }
            tile += at_once;
        } else {
            for (; rows_left() >= Kernel::rows_at_once; row += Kernel::rows_at_once) {
                Kernel::template block<Kernel::rows_at_once, 1>(job, row, tile);
            }
            for (; rows_left() >= 1; ++row) {
                Kernel::template block<1, 1>(job, row, tile);
            }
            tile += 1;
        }
    }
}

}  // namespace equinfo::detail
