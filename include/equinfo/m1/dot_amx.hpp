// SPDX-License-Identifier: MIT
// Sums of products of bytes on x86 with AMX: tiles of 16 rows times 16 outputs, 64 numbers deep, an instruction.
#pragma once

#include <equinfo/m1/amx.hpp>
#include <equinfo/m1/dot_x86.hpp>

#if defined(__x86_64__)

#include <algorithm>

namespace equinfo::detail {

/// The weights lie as for VNNI: 16 of its pieces one behind the other, 4 numbers of 16 outputs each, are a tile.
struct amx_dot {
    static constexpr dot_layout layout = vnni_dot::layout;
    static constexpr std::size_t tile_rows = 16;
    static constexpr std::size_t tile_depth = 64;  // bytes
    static constexpr std::size_t least_rows = 8;   // with fewer, most of a tile idles and VNNI is faster

    /// Tiles 0 to 3 are sums, 4 and 5 x, 6 and 7 weights; 0, 1 and 4 belong to the upper rows, 2, 3 and 5 to the lower ones.
    [[gnu::target("amx-tile")]] static void shape(std::size_t upper, std::size_t lower, std::size_t depth) noexcept {
        tile_shapes shapes;
        shapes.set(0, upper, 64);
        shapes.set(1, upper, 64);
        shapes.set(2, lower, 64);
        shapes.set(3, lower, 64);
        shapes.set(4, upper, depth);
        shapes.set(5, lower, depth);
        shapes.set(6, depth / 4, 64);
        shapes.set(7, depth / 4, 64);
        shape_tiles(shapes);
    }

    /// Upper and lower rows times one or two tiles of outputs.
    template <int Tiles>
    [[gnu::target("amx-tile,amx-int8")]] static void two_tile_rows(const dot_job& job, std::size_t depth, std::size_t row,
                                                                   std::size_t tile) {
        std::int32_t* const upper = job.sums(row, tile * 16);
        std::int32_t* const lower = job.sums(row + tile_rows, tile * 16);
        const std::size_t out_stride = job.out_stride * sizeof(std::int32_t);
        if (const std::int32_t* const from = job.before(row, tile * 16); from != nullptr) {
            const std::int32_t* const lower_from = job.before(row + tile_rows, tile * 16);
            const std::size_t stride = job.go_on ? out_stride : 0;  // 0: the same for all rows
            _tile_loadd(0, from, stride);
            _tile_loadd(2, lower_from, stride);
            if constexpr (Tiles == 2) {
                _tile_loadd(1, from + 16, stride);
                _tile_loadd(3, lower_from + 16, stride);
            }
        } else {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        }
        const std::uint8_t* x = job.x + row * job.x_stride;
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::size_t piece = std::min(depth, tile_depth);
        for (std::size_t k = 0; k < depth; k += piece, x += piece, w += piece * 16) {
            _tile_loadd(6, w, 64);
            _tile_loadd(4, x, job.x_stride);
            _tile_dpbusd(0, 4, 6);
            _tile_loadd(5, x + tile_rows * job.x_stride, job.x_stride);
            _tile_dpbusd(2, 5, 6);
            if constexpr (Tiles == 2) {
                _tile_loadd(7, w + job.tile_stride, 64);
                _tile_dpbusd(1, 4, 7);
                _tile_dpbusd(3, 5, 7);
            }
        }
        _tile_stored(0, upper, out_stride);
        _tile_stored(2, lower, out_stride);
        if constexpr (Tiles == 2) {
            _tile_stored(1, upper + 16, out_stride);
            _tile_stored(3, lower + 16, out_stride);
        }
    }

    /// No more rows than one tile has, times one or four tiles of outputs.
    template <int Tiles>
    [[gnu::target("amx-tile,amx-int8")]] static void one_tile_row(const dot_job& job, std::size_t depth, std::size_t row,
                                                                  std::size_t tile) {
        std::int32_t* const out = job.sums(row, tile * 16);
        const std::size_t out_stride = job.out_stride * sizeof(std::int32_t);
        if (const std::int32_t* const from = job.before(row, tile * 16); from != nullptr) {
            const std::size_t stride = job.go_on ? out_stride : 0;
            _tile_loadd(0, from, stride);
            if constexpr (Tiles == 4) {
                _tile_loadd(1, from + 16, stride);
                _tile_loadd(2, from + 32, stride);
                _tile_loadd(3, from + 48, stride);
            }
        } else {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        }
        const std::uint8_t* x = job.x + row * job.x_stride;
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::size_t piece = std::min(depth, tile_depth);
        for (std::size_t k = 0; k < depth; k += piece, x += piece, w += piece * 16) {
            _tile_loadd(4, x, job.x_stride);
            _tile_loadd(6, w, 64);
            _tile_dpbusd(0, 4, 6);
            if constexpr (Tiles == 4) {
                _tile_loadd(7, w + job.tile_stride, 64);
                _tile_dpbusd(1, 4, 7);
                _tile_loadd(6, w + 2 * job.tile_stride, 64);
                _tile_dpbusd(2, 4, 6);
                _tile_loadd(7, w + 3 * job.tile_stride, 64);
                _tile_dpbusd(3, 4, 7);
            }
        }
        _tile_stored(0, out, out_stride);
        if constexpr (Tiles == 4) {
            _tile_stored(1, out + 16, out_stride);
            _tile_stored(2, out + 32, out_stride);
            _tile_stored(3, out + 48, out_stride);
        }
    }

    /// The first `depth` numbers, whole tiles of them, of all rows.
    [[gnu::target("amx-tile,amx-int8")]] static void whole_tiles(const dot_job& job, std::size_t depth) {
        const std::size_t tiles = job.outputs / layout.outputs;
        for (std::size_t row = 0, count; row < job.rows; row += count) {
            // All double tiles of rows there are, so that only the first waits for weights; then what is left.
            constexpr std::size_t twice = 2 * tile_rows;
            count = job.rows - row >= twice ? (job.rows - row) / twice * twice : job.rows - row;
            const bool two = count > tile_rows;
            shape(std::min(count, tile_rows), two ? std::min(count - tile_rows, tile_rows) : count, std::min(depth, tile_depth));
            const std::size_t at_once = two ? 2 : 4;
            for (std::size_t tile = 0; tile < tiles;) {
                const bool all = tiles - tile >= at_once;
                if (two) {
                    for (std::size_t r = row; r < row + count; r += twice) {
                        all ? two_tile_rows<2>(job, depth, r, tile) : two_tile_rows<1>(job, depth, r, tile);
                    }
                } else {
                    all ? one_tile_row<4>(job, depth, row, tile) : one_tile_row<1>(job, depth, row, tile);
                }
                tile += all ? at_once : 1;
            }
        }
        _tile_release();
    }

    static void run(const dot_job& job) {
        const std::size_t left = job.rows % (2 * tile_rows) < least_rows ? job.rows % (2 * tile_rows) : 0;
        if (left == job.rows) {
            vnni_dot::run(job);
            return;
        }
        dot_job part = job;
        part.rows -= left;
        const std::size_t depth = job.depth < tile_depth ? job.depth : job.depth / tile_depth * tile_depth;
        whole_tiles(part, depth);
        if (depth < job.depth) {
            part.x += depth;
            part.weights += depth * layout.outputs;
            part.depth -= depth;
            part.go_on = true;
            vnni_dot::run(part);
        }
        if (left != 0) {
            part = job;
            part.x += (job.rows - left) * job.x_stride;
            part.out += (job.rows - left) * job.out_stride;
            part.rows = left;
            vnni_dot::run(part);
        }
    }
};

}  // namespace equinfo::detail

#endif
