// SPDX-License-Identifier: MIT
// Sums of products of bytes on x86: SSE2, AVX2, AVX-VNNI, AVX-512, and AVX-512 with VNNI.
#pragma once

#include <equinfo/m1/dot.hpp>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// One function a block, with its instruction set as an attribute: the library is built for any x86-64 and chooses when it runs.
// Sums of 16 bits would overflow with unsigned bytes times signed ones, so all but VNNI widen both to 16 bits first.
namespace equinfo::detail {

/// So many numbers of each row are widened at a time, into room on the stack.
inline constexpr std::size_t widened_at_once = 512;

/// Two neighbouring numbers of 16 bits.
[[nodiscard]] EQUINFO_FORCE_INLINE std::int32_t pair_of(const std::int16_t* x) noexcept {
    std::int32_t pair;
    std::memcpy(&pair, x, sizeof pair);
    return pair;
}

/// Four neighbouring bytes of x.
[[nodiscard]] EQUINFO_FORCE_INLINE std::int32_t four_of(const std::uint8_t* x) noexcept {
    std::int32_t four;
    std::memcpy(&four, x, sizeof four);
    return four;
}

struct sse2_dot {
    static constexpr dot_layout layout{4, 2, 0};
    static constexpr int rows_at_once = 4;
    static constexpr int tiles_at_once = 2;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
    static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        __m128i sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 4);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] = from == nullptr ? _mm_setzero_si128() : _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + t * 4));
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        alignas(64) std::int16_t wide_x[Rows][widened_at_once];
        for (std::size_t k0 = 0; k0 < job.depth; k0 += widened_at_once) {
            const std::size_t count = job.depth - k0 < widened_at_once ? job.depth - k0 : widened_at_once;
            for (int r = 0; r < Rows; ++r) {
                const std::uint8_t* const x = job.x + (row + static_cast<std::size_t>(r)) * job.x_stride;
                for (std::size_t k = 0; k < count; k += 16) {
                    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + k0 + k));
                    _mm_store_si128(reinterpret_cast<__m128i*>(wide_x[r] + k), _mm_unpacklo_epi8(bytes, _mm_setzero_si128()));
                    _mm_store_si128(reinterpret_cast<__m128i*>(wide_x[r] + k + 8), _mm_unpackhi_epi8(bytes, _mm_setzero_si128()));
                }
            }
            for (std::size_t k = 0; k < count; k += 2, w += 8) {
                __m128i wide[Tiles];
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    const __m128i narrow = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(w + static_cast<std::size_t>(t) * job.tile_stride));
                    wide[t] = _mm_srai_epi16(_mm_unpacklo_epi8(narrow, narrow), 8);
                }
                EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                    const __m128i pair = _mm_set1_epi32(pair_of(wide_x[r] + k));
                    EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                        sums[r][t] = _mm_add_epi32(sums[r][t], _mm_madd_epi16(pair, wide[t]));
                    }
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 4);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                _mm_storeu_si128(reinterpret_cast<__m128i*>(out + t * 4), sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<sse2_dot>(job); }
};

struct avx2_dot {
    static constexpr dot_layout layout{8, 2, 0};
    static constexpr int rows_at_once = 4;
    static constexpr int tiles_at_once = 2;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
    [[gnu::target("avx2")]] static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        __m256i sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 8);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] =
                    from == nullptr ? _mm256_setzero_si256() : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + t * 8));
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        alignas(64) std::int16_t wide_x[Rows][widened_at_once];
        for (std::size_t k0 = 0; k0 < job.depth; k0 += widened_at_once) {
            const std::size_t count = job.depth - k0 < widened_at_once ? job.depth - k0 : widened_at_once;
            for (int r = 0; r < Rows; ++r) {
                const std::uint8_t* const x = job.x + (row + static_cast<std::size_t>(r)) * job.x_stride;
                for (std::size_t k = 0; k < count; k += 16) {
                    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + k0 + k));
                    _mm256_store_si256(reinterpret_cast<__m256i*>(wide_x[r] + k), _mm256_cvtepu8_epi16(bytes));
                }
            }
            for (std::size_t k = 0; k < count; k += 2, w += 16) {
                __m256i wide[Tiles];
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    wide[t] = _mm256_cvtepi8_epi16(
                        _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + static_cast<std::size_t>(t) * job.tile_stride)));
                }
                EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                    const __m256i pair = _mm256_set1_epi32(pair_of(wide_x[r] + k));
                    EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                        sums[r][t] = _mm256_add_epi32(sums[r][t], _mm256_madd_epi16(pair, wide[t]));
                    }
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 8);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + t * 8), sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<avx2_dot>(job); }
};

/// Whether the processor has AVX-VNNI, which compilers' own queries do not all know; AVX2 is asked for beside it.
[[nodiscard]] inline bool has_avx_vnni() noexcept {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & 1u << 4) != 0;
}

/// VNNI without AVX-512, as the processors of desktops and laptops have it.
struct avx_vnni_dot {
    static constexpr dot_layout layout{8, 4, 0};
    static constexpr int rows_at_once = 6;
    static constexpr int tiles_at_once = 2;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
    [[gnu::target("avx2,avxvnni")]] static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        __m256i sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 8);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] =
                    from == nullptr ? _mm256_setzero_si256() : _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + t * 8));
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::uint8_t* x = job.x + row * job.x_stride;
        for (std::size_t k = 0; k < job.depth; k += 4, w += 32, x += 4) {
            __m256i narrow[Tiles];
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                narrow[t] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + static_cast<std::size_t>(t) * job.tile_stride));
            }
            EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                const __m256i four = _mm256_set1_epi32(four_of(x + static_cast<std::size_t>(r) * job.x_stride));
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    sums[r][t] = _mm256_dpbusd_avx_epi32(sums[r][t], four, narrow[t]);
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 8);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + t * 8), sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<avx_vnni_dot>(job); }
};

struct avx512_dot {
    static constexpr dot_layout layout{16, 2, 0};
    static constexpr int rows_at_once = 8;
    static constexpr int tiles_at_once = 2;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] static void block(const dot_job& job, std::size_t row, std::size_t tile) {
        __m512i sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 16);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] = from == nullptr ? _mm512_setzero_si512() : _mm512_loadu_si512(from + t * 16);
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        alignas(64) std::int16_t wide_x[Rows][widened_at_once];
        for (std::size_t k0 = 0; k0 < job.depth; k0 += widened_at_once) {
            const std::size_t count = job.depth - k0 < widened_at_once ? job.depth - k0 : widened_at_once;
            for (int r = 0; r < Rows; ++r) {
                const std::uint8_t* const x = job.x + (row + static_cast<std::size_t>(r)) * job.x_stride;
                for (std::size_t k = 0; k < count; k += 16) {
                    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + k0 + k));
                    _mm256_store_si256(reinterpret_cast<__m256i*>(wide_x[r] + k), _mm256_cvtepu8_epi16(bytes));
                }
            }
            for (std::size_t k = 0; k < count; k += 2, w += 32) {
                __m512i wide[Tiles];
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    wide[t] = _mm512_cvtepi8_epi16(
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + static_cast<std::size_t>(t) * job.tile_stride)));
                }
                EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                    const __m512i pair = _mm512_set1_epi32(pair_of(wide_x[r] + k));
                    EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                        sums[r][t] = _mm512_add_epi32(sums[r][t], _mm512_madd_epi16(pair, wide[t]));
                    }
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 16);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                _mm512_storeu_si512(out + t * 16, sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<avx512_dot>(job); }
};

struct vnni_dot {
    static constexpr dot_layout layout{16, 4, 0};
    static constexpr int rows_at_once = 8;
    static constexpr int tiles_at_once = 2;
    static constexpr int tiles_of_one = 4;

    template <int Rows, int Tiles>
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]] static void block(const dot_job& job, std::size_t row,
                                                                                      std::size_t tile) {
        __m512i sums[Rows][Tiles];
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            const std::int32_t* const from = job.before(row + static_cast<std::size_t>(r), tile * 16);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                sums[r][t] = from == nullptr ? _mm512_setzero_si512() : _mm512_loadu_si512(from + t * 16);
            }
        }
        const std::int8_t* w = job.weights + tile * job.tile_stride;
        const std::uint8_t* x = job.x + row * job.x_stride;
        for (std::size_t k = 0; k < job.depth; k += 4, w += 64, x += 4) {
            __m512i narrow[Tiles];
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                narrow[t] = _mm512_loadu_si512(w + static_cast<std::size_t>(t) * job.tile_stride);
            }
            EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
                const __m512i four = _mm512_set1_epi32(four_of(x + static_cast<std::size_t>(r) * job.x_stride));
                EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                    sums[r][t] = _mm512_dpbusd_epi32(sums[r][t], four, narrow[t]);
                }
            }
        }
        EQUINFO_UNROLL for (int r = 0; r < Rows; ++r) {
            std::int32_t* const out = job.sums(row + static_cast<std::size_t>(r), tile * 16);
            EQUINFO_UNROLL for (int t = 0; t < Tiles; ++t) {
                _mm512_storeu_si512(out + t * 16, sums[r][t]);
            }
        }
    }

    static void run(const dot_job& job) { dot_in_blocks<vnni_dot>(job); }
};

/// look_up_decay() by the permutation of bytes that AVX-512 VBMI has: 64 look-ups in a table of 256 at once.
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]] inline std::uint32_t look_up_decay_vbmi(std::uint8_t* p, std::size_t count,
                                                                                                        const std::uint8_t* decay) {
    const __m512i first = _mm512_loadu_si512(decay);
    const __m512i second = _mm512_loadu_si512(decay + 64);
    const __m512i third = _mm512_loadu_si512(decay + 128);
    const __m512i fourth = _mm512_loadu_si512(decay + 192);
    __m512i sums = _mm512_setzero_si512();
    for (std::size_t i = 0; i < count; i += 64) {
        const __mmask64 there = count - i >= 64 ? ~__mmask64{0} : (__mmask64{1} << (count - i)) - 1;
        const __m512i d = _mm512_maskz_loadu_epi8(there, p + i);
        const __m512i low = _mm512_permutex2var_epi8(first, d, second);
        const __m512i high = _mm512_permutex2var_epi8(third, d, fourth);
        const __m512i found = _mm512_maskz_mov_epi8(there, _mm512_mask_blend_epi8(_mm512_movepi8_mask(d), low, high));
        _mm512_mask_storeu_epi8(p + i, there, found);
        sums = _mm512_add_epi64(sums, _mm512_sad_epu8(found, _mm512_setzero_si512()));
    }
    alignas(64) std::uint64_t parts[8];
    _mm512_store_si512(parts, sums);
    return static_cast<std::uint32_t>(parts[0] + parts[1] + parts[2] + parts[3] + parts[4] + parts[5] + parts[6] + parts[7]);
}

}  // namespace equinfo::detail

#endif
