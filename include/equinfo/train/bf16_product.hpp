// SPDX-License-Identifier: MIT
// Products of matrices whose numbers are rounded to 8 binary digits (bfloat16), for processors that can: by vectors on AMD's, twice as
// fast as with 24, and by tiles (AMX) on Intel's, three times as fast.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/amx.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::train::detail {

/// c [n, m] = a [n, k] times b [k, m], or added to it. Of a and b, one stride is 1.
struct product_job {
    const float* a;
    std::size_t a_row;
    std::size_t a_inner;
    const float* b;
    std::size_t b_inner;
    std::size_t b_column;
    float* c;
    std::size_t c_row;
    std::size_t n;
    std::size_t m;
    std::size_t k;
    bool adds;
};

/// What multiplies: vectors where has_bf16(), tiles where has_bf16_tiles(), which must have been asked.
enum class bf16_unit : bool { vectors, tiles };

#if defined(__x86_64__)
#if !defined(__clang__)
// g++ 12 takes what its own intrinsics leave open on purpose for a mistake.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

[[nodiscard]] inline bool has_bf16() noexcept {
    static const bool has = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                            __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512bf16") != 0;
    return has;
}

/// Whether there are tiles of such numbers too.
[[nodiscard]] inline bool has_bf16_tiles() noexcept {
    static const bool has = has_bf16() && equinfo::detail::has_amx(equinfo::detail::amx_type::bf16);
    return has;
}

/// Whether such products are faster than those with 24 digits. Processors with AMX are slow at them by vectors.
[[nodiscard]] inline bool gains_by_bf16() noexcept {
    static const bool gains = has_bf16_tiles() || (has_bf16() && !equinfo::detail::processor_has_amx(equinfo::detail::amx_type::bf16));
    return gains;
}

/// Two neighbours along k make a pair of 32 bits, the unit that the instruction multiplies by.
class bf16_product {
public:
    explicit bf16_product(bf16_unit unit) noexcept : m_with_tiles(unit == bf16_unit::tiles) {}

    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] void operator()(const product_job& job) {
        const std::size_t pairs = (job.k + 1) / 2;
        const std::size_t at_once = m_with_tiles ? rows_of_tiles : rows_at_once;
        const std::size_t n = (job.n + at_once - 1) / at_once * at_once;
        const bool by_rows = job.a_inner == 1 || m_with_tiles;
        const std::size_t a_row = by_rows ? (pairs + lanes - 1) / lanes * lanes : 1;
        const std::size_t a_pair = by_rows ? 1 : (n + lanes - 1) / lanes * lanes;
        m_a.resize(by_rows ? n * a_row : pairs * a_pair);
        if (job.a_inner == 1) {
            pack_rows(job, n, a_row);
        } else if (m_with_tiles) {
            turn_rows(job, n, a_row);
        } else {
            for (std::size_t p = 0; p < pairs; ++p) {
                interleave(job.a + 2 * p * job.a_inner, job.a_inner, 2 * p + 1 < job.k, job.n, m_a.data() + p * a_pair);
            }
        }
        // A panel of b, and of the columns of c, at a time; and so many rows at a time that those of a, unless they are long, stay in
        // the cache from one panel to the next. Where that makes several rounds all panels are kept, to be packed once.
        const std::size_t size_of_panel = (pairs + lanes) * panel;
        const std::size_t kept = job.n > rows_in_cache ? size_of_panel : 0;
        m_b.resize(kept == 0 ? size_of_panel : (job.m + panel - 1) / panel * size_of_panel);
        for (std::size_t start = 0; start < job.n; start += rows_in_cache) {
            const std::size_t end = std::min(start + rows_in_cache, job.n);
            std::uint32_t* b = m_b.data();
            for (std::size_t column = 0; column < job.m; column += panel, b += kept) {
                const std::size_t width = std::min(panel, job.m - column);
                if (start == 0) {
                    pack_panel(job, column, width, pairs, b);
                }
                if (m_with_tiles) {
                    multiply_tiles(job, start, end, column, width, a_row, b);
                } else {
                    multiply_vectors(job, start, end, column, width, pairs, a_row, a_pair, b);
                }
            }
        }
    }

private:
    static constexpr std::size_t lanes = 16;
    static constexpr std::size_t panel = 3 * lanes;
    static constexpr std::size_t rows_at_once = 8;
    static constexpr std::size_t rows_of_tiles = 32;  // two tiles
    static constexpr std::size_t rows_in_cache = 512;

    [[nodiscard]] static std::uint16_t first(std::size_t count) noexcept {
        return count >= lanes ? std::uint16_t{0xFFFF} : static_cast<std::uint16_t>((1u << count) - 1);
    }

    /// Pairs of two rows, the second of which may be missing: as many as a row has numbers, and zeros up to whole vectors.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static void interleave(const float* row, std::size_t stride,
                                                                                   bool has_second, std::size_t count,
                                                                                   std::uint32_t* to) {
        for (std::size_t i = 0; i < count; i += lanes) {
            _mm512_storeu_si512(to + i, pairs_across(row + i, stride, has_second, count - i));
        }
    }

    /// Sixteen pairs of two rows that have `count` numbers left.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static __m512i pairs_across(const float* row, std::size_t stride,
                                                                                        bool has_second, std::size_t count) {
        const __mmask16 mask = first(count);
        const __mmask16 second = has_second ? mask : std::uint16_t{0};
        const __m512 low = _mm512_maskz_loadu_ps(mask, row);
        const __m512 high = _mm512_maskz_loadu_ps(second, has_second ? row + stride : row);
        const __m512i a = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
        const __m512i b = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
        return _mm512_or_si512(a, _mm512_slli_epi32(b, 16));
    }

    /// Sixteen pairs of a row that has `count` numbers left.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static __m512i pairs_of(const float* row, std::size_t count) {
        const __m512 low = _mm512_maskz_loadu_ps(first(count), row);
        const __m512 high = count > lanes ? _mm512_maskz_loadu_ps(first(count - lanes), row + lanes) : _mm512_setzero_ps();
        return (__m512i)_mm512_cvtne2ps_pbh(high, low);
    }

    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] void pack_rows(const product_job& job, std::size_t n,
                                                                           std::size_t a_row) {
        for (std::size_t i = 0; i < job.n; ++i) {
            for (std::size_t l = 0; l < job.k; l += 2 * lanes) {
                _mm512_storeu_si512(m_a.data() + i * a_row + l / 2, pairs_of(job.a + i * job.a_row + l, job.k - l));
            }
        }
        std::fill(m_a.begin() + static_cast<std::ptrdiff_t>(job.n * a_row), m_a.begin() + static_cast<std::ptrdiff_t>(n * a_row),
                  0u);
    }

    /// The rows of an a whose columns stand one behind the other, sixteen pairs by sixteen rows at a time.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] void turn_rows(const product_job& job, std::size_t n, std::size_t a_row) {
        for (std::size_t i = 0; i < n; i += lanes) {
            for (std::size_t p = 0; p < a_row; p += lanes) {
                __m512i x[lanes];
                for (std::size_t q = 0; q < lanes; ++q) {
                    const std::size_t l = 2 * (p + q);
                    x[q] = l < job.k && i < job.n
                               ? pairs_across(job.a + l * job.a_inner + i, job.a_inner, l + 1 < job.k, job.n - i)
                               : _mm512_setzero_si512();
                }
                turn(x, m_a.data() + i * a_row + p, a_row);
            }
        }
    }

    /// The panel of b that begins at `column`, and zeros behind it: tiles are 16 pairs deep.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static void pack_panel(const product_job& job, std::size_t column,
                                                                                   std::size_t width, std::size_t pairs,
                                                                                   std::uint32_t* to) {
        std::fill_n(to + pairs * panel, lanes * panel, 0u);
        if (job.b_column != 1) {
            turn_columns(job, column, width, pairs, to);
            return;
        }
        for (std::size_t p = 0; p < pairs; ++p) {
            interleave(job.b + 2 * p * job.b_inner + column, job.b_inner, 2 * p + 1 < job.k, width, to + p * panel);
        }
    }

    /// The panel of a b whose columns stand one behind the other, sixteen columns by sixteen pairs at a time.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static void turn_columns(const product_job& job, std::size_t column,
                                                                                     std::size_t width, std::size_t pairs,
                                                                                     std::uint32_t* to) {
        for (std::size_t j = 0; j < width; j += lanes) {
            for (std::size_t p = 0; p < pairs; p += lanes) {
                __m512i x[lanes];
                for (std::size_t i = 0; i < lanes; ++i) {
                    x[i] = j + i < width ? pairs_of(job.b + (column + j + i) * job.b_column + 2 * p, job.k - 2 * p)
                                         : _mm512_setzero_si512();
                }
                turn(x, to + p * panel + j, panel);
            }
        }
    }

    /// Sixteen vectors of pairs, turned: number i of all of them becomes row i.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static void turn(__m512i (&x)[lanes], std::uint32_t* rows, std::size_t stride) {
        __m512i y[lanes];
        for (std::size_t i = 0; i < lanes; i += 2) {
            y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
            y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
        }
        for (std::size_t i = 0; i < lanes; i += 4) {
            x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
            x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
            x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
            x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
        }
        // Now x[4 r + s] has, in its quarter q, number 4 q + s of vectors 4 r .. 4 r + 3.
        for (std::size_t s = 0; s < 4; ++s) {
            const __m512i a = _mm512_shuffle_i32x4(x[s], x[4 + s], 0x88);
            const __m512i b = _mm512_shuffle_i32x4(x[8 + s], x[12 + s], 0x88);
            const __m512i c = _mm512_shuffle_i32x4(x[s], x[4 + s], 0xDD);
            const __m512i d = _mm512_shuffle_i32x4(x[8 + s], x[12 + s], 0xDD);
            _mm512_storeu_si512(rows + s * stride, _mm512_shuffle_i32x4(a, b, 0x88));
            _mm512_storeu_si512(rows + (4 + s) * stride, _mm512_shuffle_i32x4(c, d, 0x88));
            _mm512_storeu_si512(rows + (8 + s) * stride, _mm512_shuffle_i32x4(a, b, 0xDD));
            _mm512_storeu_si512(rows + (12 + s) * stride, _mm512_shuffle_i32x4(c, d, 0xDD));
        }
    }

    /// The panel of c that begins at `column`, for rows from `start` to `end`, from packed a and b.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] void multiply_vectors(const product_job& job, std::size_t start,
                                                                                  std::size_t end, std::size_t column,
                                                                                  std::size_t width, std::size_t pairs,
                                                                                  std::size_t a_row, std::size_t a_pair,
                                                                                  const std::uint32_t* b) const {
        for (std::size_t row = start; row < end; row += rows_at_once) {
            const std::uint32_t* const a = m_a.data() + row * a_row;
            float* const c = job.c + row * job.c_row + column;
            const std::size_t rows = std::min(rows_at_once, end - row);
            if (width > 2 * lanes) {
                block<3>(a, a_row, a_pair, b, pairs, c, job.c_row, rows, width, job.adds);
            } else if (width > lanes) {
                block<2>(a, a_row, a_pair, b, pairs, c, job.c_row, rows, width, job.adds);
            } else {
                block<1>(a, a_row, a_pair, b, pairs, c, job.c_row, rows, width, job.adds);
            }
        }
    }

    /// Eight rows of c, by so many vectors.
    template <int Vectors>
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16")]] static void block(const std::uint32_t* a, std::size_t a_row,
                                                                              std::size_t a_pair, const std::uint32_t* b,
                                                                              std::size_t pairs, float* c, std::size_t c_row,
                                                                              std::size_t rows, std::size_t width, bool adds) {
        __m512 sums[rows_at_once][Vectors];
        EQUINFO_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
            EQUINFO_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
                sums[r][v] = _mm512_setzero_ps();
            }
        }
        for (std::size_t p = 0; p < pairs; ++p, b += panel, a += a_pair) {
            __m512bh of_b[Vectors];
            EQUINFO_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
                of_b[v] = (__m512bh)_mm512_loadu_si512(b + v * lanes);
            }
            EQUINFO_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
                const auto of_a = (__m512bh)_mm512_set1_epi32(static_cast<int>(a[r * a_row]));
                EQUINFO_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
                    sums[r][v] = _mm512_dpbf16_ps(sums[r][v], of_a, of_b[v]);
                }
            }
        }
        EQUINFO_UNROLL for (std::size_t r = 0; r < rows_at_once; ++r) {
            if (r < rows) {
                EQUINFO_UNROLL for (std::size_t v = 0; v < Vectors; ++v) {
                    float* const to = c + r * c_row + v * lanes;
                    const __mmask16 mask = first(width - v * lanes);
                    const __m512 before = adds ? _mm512_maskz_loadu_ps(mask, to) : _mm512_setzero_ps();
                    _mm512_mask_storeu_ps(to, mask, _mm512_add_ps(before, sums[r][v]));
                }
            }
        }
    }

    /// The same by tiles.
    [[gnu::target("avx512f,avx512bw,avx512vl,avx512bf16,amx-tile,amx-bf16")]] void multiply_tiles(
        const product_job& job, std::size_t start, std::size_t end, std::size_t column, std::size_t width, std::size_t a_row,
        const std::uint32_t* b) const {
        equinfo::detail::tile_shapes shapes;
        for (int tile = 0; tile < 8; ++tile) {
            shapes.set(tile, lanes, 64);
        }
        equinfo::detail::shape_tiles(shapes);
        for (std::size_t row = start; row < end; row += rows_of_tiles) {
            const std::uint32_t* const a = m_a.data() + row * a_row;
            float* const c = job.c + row * job.c_row + column;
            const std::size_t rows = std::min(rows_of_tiles, end - row);
            if (rows == rows_of_tiles && width == panel) {
                tiles<3>(a, a_row, b, c, job.c_row, job.adds);
                continue;
            }
            alignas(64) float sums[rows_of_tiles * panel];
            if (width > 2 * lanes) {
                tiles<3>(a, a_row, b, sums, panel, false);
            } else if (width > lanes) {
                tiles<2>(a, a_row, b, sums, panel, false);
            } else {
                tiles<1>(a, a_row, b, sums, panel, false);
            }
            for (std::size_t r = 0; r < rows; ++r) {
                for (std::size_t v = 0; v < width; v += lanes) {
                    float* const to = c + r * job.c_row + v;
                    const __mmask16 mask = first(width - v);
                    const __m512 before = job.adds ? _mm512_maskz_loadu_ps(mask, to) : _mm512_setzero_ps();
                    _mm512_mask_storeu_ps(to, mask, _mm512_add_ps(before, _mm512_load_ps(sums + r * panel + v)));
                }
            }
        }
        _tile_release();
    }

    /// Two tiles of rows by so many tiles of columns: 0 to 2 and 3 to 5 are sums.
    template <int Columns>
    [[gnu::target("amx-tile,amx-bf16")]] static void tiles(const std::uint32_t* a, std::size_t a_row, const std::uint32_t* b, float* c,
                                                           std::size_t c_row, bool adds) {
        float* const lower = c + lanes * c_row;
        const std::size_t c_stride = c_row * sizeof(float);
        const std::size_t a_stride = a_row * sizeof(std::uint32_t);
        constexpr std::size_t b_stride = panel * sizeof(std::uint32_t);
        if (adds) {  // whole panels only
            _tile_loadd(0, c, c_stride);
            _tile_loadd(1, c + lanes, c_stride);
            _tile_loadd(2, c + 2 * lanes, c_stride);
            _tile_loadd(3, lower, c_stride);
            _tile_loadd(4, lower + lanes, c_stride);
            _tile_loadd(5, lower + 2 * lanes, c_stride);
        } else {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
            _tile_zero(4);
            _tile_zero(5);
        }
        for (std::size_t p = 0; p < a_row; p += lanes, a += lanes, b += lanes * panel) {
            _tile_loadd(6, a, a_stride);
            _tile_loadd(7, b, b_stride);
            _tile_dpbf16ps(0, 6, 7);
            if constexpr (Columns > 1) {
                _tile_loadd(7, b + lanes, b_stride);
                _tile_dpbf16ps(1, 6, 7);
            }
            if constexpr (Columns > 2) {
                _tile_loadd(7, b + 2 * lanes, b_stride);
                _tile_dpbf16ps(2, 6, 7);
            }
            _tile_loadd(6, a + lanes * a_row, a_stride);
            if constexpr (Columns > 2) {
                _tile_dpbf16ps(5, 6, 7);
            }
            if constexpr (Columns > 1) {
                _tile_loadd(7, b + lanes, b_stride);
                _tile_dpbf16ps(4, 6, 7);
                _tile_loadd(7, b, b_stride);
            }
            _tile_dpbf16ps(3, 6, 7);
        }
        _tile_stored(0, c, c_stride);
        _tile_stored(3, lower, c_stride);
        if constexpr (Columns > 1) {
            _tile_stored(1, c + lanes, c_stride);
            _tile_stored(4, lower + lanes, c_stride);
        }
        if constexpr (Columns > 2) {
            _tile_stored(2, c + 2 * lanes, c_stride);
            _tile_stored(5, lower + 2 * lanes, c_stride);
        }
    }

    bool m_with_tiles;
    std::vector<std::uint32_t> m_a;  // pairs: [rows, pairs] or [pairs, rows], as it comes
    std::vector<std::uint32_t> m_b;  // panels, of [pairs, 48] and zeros: one, or all
};

#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#else

[[nodiscard]] inline bool has_bf16() noexcept { return false; }
[[nodiscard]] inline bool has_bf16_tiles() noexcept { return false; }
[[nodiscard]] inline bool gains_by_bf16() noexcept { return false; }

class bf16_product {
public:
    explicit bf16_product(bf16_unit) noexcept {}
    void operator()(const product_job&) { EQUINFO_EXPECTS(false); }
};

#endif

}  // namespace equinfo::train::detail
