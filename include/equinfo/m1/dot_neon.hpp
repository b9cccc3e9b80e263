// SPDX-License-Identifier: MIT
// Sums of products of bytes on 64-bit ARM: NEON, and NEON with its dot product.
#pragma once

#include <equinfo/m1/dot.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

namespace equinfo::detail {

/// Products of signed bytes: x has 128 taken off. Two products fit 16 bits, since weights are at least -127.
struct neon_dot {
    static constexpr dot_layout layout{4, 16, 128};
    static constexpr int rows_at_once = 4;
    static constexpr int tiles_at_once = 1;
    static constexpr int tiles_of_one = 1;

    template <int Rows, int Tiles>
    static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        static_assert(Tiles == 1);
        int32x4_t sums[Rows][4];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            EQUINFO_UNROLL for (int n = 0; n < 4; ++n) {
                sums[r][n] = vdupq_n_s32(0);
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::uint8_t* x = job.x + row * job.x_stride;
        for (std::size_t k = 0; k < job.depth; k += 16, w += 64, x += 16) {
            EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                const int8x16_t a = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x + static_cast<std::size_t>(r) * job.x_stride), vdupq_n_u8(128)));
                EQUINFO_UNROLL for (int n = 0; n < 4; ++n) {
                    const int8x16_t b = vld1q_s8(w + n * 16);
                    int16x8_t products = vmull_s8(vget_low_s8(a), vget_low_s8(b));
                    products = vmlal_s8(products, vget_high_s8(a), vget_high_s8(b));
                    sums[r][n] = vpadalq_s16(sums[r][n], products);
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 4);
            int32x4_t sum = vpaddq_s32(vpaddq_s32(sums[r][0], sums[r][1]), vpaddq_s32(sums[r][2], sums[r][3]));
            if (job.go_on) {
                sum = vaddq_s32(sum, vld1q_s32(out));
            } else if (job.start != nullptr) {
                sum = vaddq_s32(sum, vld1q_s32(job.start + tile * 4));
            }
            vst1q_s32(out, sum);
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<neon_dot>(job); }
};

// clang before 16 offers vdotq_s32 only where the whole translation unit is compiled for it; units of one program may differ in that.
#if defined(__APPLE__) || !defined(__clang__) || __clang_major__ >= 16

struct neon_dotprod_dot {
    static constexpr dot_layout layout{4, 4, 128};
    static constexpr int rows_at_once = 4;
    static constexpr int tiles_at_once = 4;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
#if defined(__clang__)
    [[gnu::target("dotprod")]]
#else
    [[gnu::target("arch=armv8.2-a+dotprod")]]
#endif
    static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        int32x4_t sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 4);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] = from == nullptr ? vdupq_n_s32(0) : vld1q_s32(from + t * 4);
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::uint8_t* x = job.x + row * job.x_stride;
        for (std::size_t k = 0; k < job.depth; k += 4, w += 16, x += 4) {
            int8x16_t narrow[Tiles];
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                narrow[t] = vld1q_s8(w + static_cast<std::size_t>(t) * job.tile_stride);
            }
            EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                std::uint32_t four;
                std::memcpy(&four, x + static_cast<std::size_t>(r) * job.x_stride, sizeof four);
                const int8x16_t a = vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x80808080u));
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    sums[r][t] = vdotq_s32(sums[r][t], a, narrow[t]);
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 4);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                vst1q_s32(out + t * 4, sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<neon_dotprod_dot>(job); }
};

#endif

}  // namespace equinfo::detail

#endif
