// SPDX-License-Identifier: MIT
// The products of each instruction set against a plain loop: all block sizes, all depths, numbers at their ends.
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/weights.hpp>

#include <support/catch.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

using namespace equinfo;

namespace {

enum class numbers { random, ends, greatest, least };

/// Rows of x with a gap between them, a matrix, and what sums start from.
struct product {
    std::size_t rows, depth, outputs, x_stride;
    std::vector<std::uint8_t> x;
    m1_matrix matrix;
    std::vector<std::int32_t> start;

    product(std::size_t row_count, std::size_t depth_of_all, std::size_t output_count, numbers kind, test::random_source& random)
        : rows(row_count),
          depth(depth_of_all),
          outputs(output_count),
          x_stride(depth + 16 * random.below(3)),
          x(rows * x_stride),
          start(outputs) {
        matrix.weights.resize(outputs * depth);
        for (std::uint8_t& number : x) {
            const bool high = kind == numbers::greatest || kind == numbers::least || random.below(2) == 0;
            number = static_cast<std::uint8_t>(kind == numbers::random ? random.below(256) : high ? 255 : 0);
        }
        for (std::int8_t& weight : matrix.weights) {
            const bool up = kind == numbers::greatest || (kind == numbers::ends && random.below(2) == 0);
            weight = static_cast<std::int8_t>(kind == numbers::random ? static_cast<int>(random.below(255)) - 127 : up ? 127 : -127);
        }
        for (std::int32_t& number : start) {
            number = static_cast<std::int32_t>(random.below(1 << 20)) - (1 << 19);
        }
    }

    [[nodiscard]] std::int32_t sum(std::size_t row, std::size_t output, std::int32_t offset) const {
        std::int32_t of_all = 0;
        for (std::size_t k = 0; k < depth; ++k) {
            of_all += (std::int32_t{x[row * x_stride + k]} - offset) * std::int32_t{matrix.weights[output * depth + k]};
        }
        return of_all;
    }
};

/// How many sums are wrong: from zeros, from `start`, and gone on with.
std::size_t wrong_sums(const product& p, const detail::m1_kernels& kernels) {
    const detail::packed_matrix packed(p.matrix, p.outputs, p.depth, 0, kernels.layout);
    const std::size_t tile_stride = packed.tile_stride + 64;  // weights of nobody between tiles
    const std::size_t tiles = p.outputs / kernels.layout.outputs;
    std::vector<std::int8_t> weights(tiles * tile_stride, 1);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
        std::copy_n(packed.weights.data() + tile * packed.tile_stride, packed.tile_stride, weights.data() + tile * tile_stride);
    }
    const std::size_t stride = p.outputs + 16;  // nothing is written between rows
    std::vector<std::int32_t> from_zeros(p.rows * stride, 77), from_start(p.rows * stride, 77), gone_on(p.rows * stride);
    detail::dot_job job{p.x.data(), p.rows, p.x_stride, weights.data(), tile_stride, p.depth,
                        p.outputs, nullptr, from_zeros.data(), stride, false};
    kernels.dot(job);
    job.start = p.start.data();
    job.out = from_start.data();
    kernels.dot(job);
    std::iota(gone_on.begin(), gone_on.end(), 77);
    job.out = gone_on.data();
    job.go_on = true;
    kernels.dot(job);
    std::size_t wrong = 0;
    for (std::size_t row = 0; row < p.rows; ++row) {
        for (std::size_t n = 0; n < stride; ++n) {
            const std::size_t at = row * stride + n;
            const std::int32_t sum = n < p.outputs ? p.sum(row, n, kernels.layout.offset) : 0;
            wrong += from_zeros[at] != (n < p.outputs ? sum : 77) ? 1 : 0;
            wrong += from_start[at] != (n < p.outputs ? sum + p.start[n] : 77) ? 1 : 0;
            wrong += gone_on[at] != sum + 77 + static_cast<std::int32_t>(at) ? 1 : 0;
        }
    }
    return wrong;
}

}  // namespace

TEST_CASE("m1 products: any number of rows, outputs and inputs, on every instruction set", "[m1]") {
    test::random_source random(3601);
    for (const std::size_t depth : {16u, 32u, 48u, 64u, 496u, 512u, 528u, 1040u, 4096u}) {  // 512 are widened at a time; 64 fill a tile
        for (const std::size_t outputs : {16u, 48u, 80u, 144u}) {
            for (const std::size_t rows : {1u, 3u, 4u, 8u, 9u, 16u, 21u, 33u, 39u, 53u, 64u}) {
                const product p(rows, depth, outputs, numbers::random, random);
                for (const instruction_set set : test::available_sets()) {
                    INFO(name_of(set) << ": " << rows << " x " << depth << " x " << outputs);
                    REQUIRE(wrong_sums(p, detail::kernels_for(set)) == 0);
                }
            }
        }
    }
}

TEST_CASE("m1 products: numbers at the ends of their ranges, as deep as there is", "[m1]") {
    test::random_source random(3602);
    for (const numbers kind : {numbers::ends, numbers::greatest, numbers::least}) {
        for (const std::size_t depth : {16u, 512u, 8192u}) {
            for (const std::size_t rows : {1u, 4u, 9u, 32u}) {
                const product p(rows, depth, 80, kind, random);
                for (const instruction_set set : test::available_sets()) {
                    INFO(name_of(set) << ": kind " << static_cast<int>(kind) << ", " << rows << " x " << depth);
                    REQUIRE(wrong_sums(p, detail::kernels_for(set)) == 0);
                }
            }
        }
    }
}
