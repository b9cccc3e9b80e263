// SPDX-License-Identifier: MIT
// Sums and products of the trainer, exact and fast, against their twins in double precision.
#include <support/catch.hpp>

#include <reference/reference_train.hpp>
#include <reference/reference_train_checks.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <equinfo/train/gemm.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::train;
using reference::check_close;
using reference::doubles;
using reference::random_floats;
using reference::train_row;
using reference::weighted;

}  // namespace

TEST_CASE("train: sums, greatest numbers and powers of two, of any length", "[train]") {
    test::random_source random(5000);
    for (const std::size_t size : {1u, 15u, 16u, 17u, 100u, 256u}) {
        const std::vector<float> a = random_floats(random, size, 3);
        const std::vector<float> b = random_floats(random, size, 3);
        double all = 0;
        for (const float each : a) {
            all += static_cast<double>(each);
        }
        CHECK(std::abs(static_cast<double>(sum(a)) - all) < 1e-4);
        CHECK(std::abs(static_cast<double>(dot(a, b)) - weighted(doubles(a), b)) < 1e-3);
        CHECK(greatest(a) == *std::max_element(a.begin(), a.end()));
    }
    for (float x = -125; x < 20; x += 0.0625F) {
        REQUIRE(std::abs(power_of_two(x + 0.01F) / std::exp2(x + 0.01F) - 1) < 1e-6F);
    }
    CHECK(power_of_two(-1e4F) < 1e-37F);
    CHECK(power_of_two(0) == 1);
    CHECK(round_small(2.5F) == 2);
    CHECK(round_small(-3.5F) == -4);
    CHECK(round_small(126.6F) == 127);
}

TEST_CASE("train: the four products of matrices", "[train]") {
    test::random_source random(5100);
    const std::size_t n = 5, k = 7, m = 9;
    const std::vector<float> a = random_floats(random, n * k, 1);
    const std::vector<float> b = random_floats(random, m * k, 1);
    const train_row expected = reference::train_product(doubles(a), doubles(b), k);
    std::vector<float> c(n * m);
    multiply_transposed(as_matrix(a, k), as_matrix(b, k), as_matrix(c, m));
    check_close(c, expected);
    add_transposed(as_matrix(a, k), as_matrix(b, k), as_matrix(c, m));
    train_row twice = expected;
    for (double& each : twice) {
        each *= 2;
    }
    check_close(c, twice);

    // a times b by its columns; and the same of the transposed a.
    std::vector<float> turned(k * m), a_turned(k * n);
    for (std::size_t l = 0; l < k; ++l) {
        for (std::size_t j = 0; j < m; ++j) {
            turned[l * m + j] = b[j * k + l];
        }
        for (std::size_t i = 0; i < n; ++i) {
            a_turned[l * n + i] = a[i * k + l];
        }
    }
    multiply(as_matrix(a, k), as_matrix(turned, m), as_matrix(c, m));
    check_close(c, expected);
    add_outer(as_matrix(a_turned, n), as_matrix(turned, m), as_matrix(c, m));
    check_close(c, twice);
}

TEST_CASE("train: fast products of numbers with few digits are exact, by tiles and by vectors, whatever the sizes and strides", "[train]") {
    if (!train::detail::has_bf16()) {
        std::puts("SKIPPED: this processor has no fast products");
        return;
    }
    test::random_source random(5150);
    for (int i = 0; i < 200; ++i) {
        // One of ten has more rows than are worked on at a time.
        const std::size_t n = 1 + random.below(70) + (i % 10 == 0 ? 470 + random.below(600) : 0);
        const std::size_t m = 1 + random.below(130), k = 1 + random.below(100);
        INFO(n << " x " << m << ", inner " << k);
        // Rows stand further apart than they are long; what lies between them and behind the last is not looked at, and stays.
        const std::size_t gap = random.below(3);
        const auto small = [&](std::size_t rows, std::size_t columns) {
            std::vector<float> made((rows + 1) * (columns + gap), std::numeric_limits<float>::infinity());
            for (std::size_t place = 0; place < rows * (columns + gap); ++place) {
                if (place % (columns + gap) < columns) {
                    made[place] = static_cast<float>(test::m1_uniform(random, 127)) / 16;
                }
            }
            return made;
        };
        const std::vector<float> a = small(n, k), b = small(m, k), turned = small(k, m), upright = small(k, n);
        std::vector<float> c(n * (m + gap), 1), d = c;
        std::vector<float> without_tiles = c;
        train::detail::bf16_product by_vectors(train::detail::bf16_unit::vectors);
        const auto check = [&](auto product, const const_matrix& x, const const_matrix& y, train::detail::product_job job) {
            product(x, y, matrix(c.data(), n, m, m + gap), arithmetic::fast);
            product(x, y, matrix(d.data(), n, m, m + gap), arithmetic::exact);
            REQUIRE(c == d);
            job.c = without_tiles.data();
            job.c_row = m + gap;
            job.n = n;
            job.m = m;
            job.k = k;
            by_vectors(job);
            REQUIRE(without_tiles == d);
        };
        const const_matrix by_rows(a.data(), n, k, k + gap), of_columns(b.data(), m, k, k + gap),
            of_rows(turned.data(), k, m, m + gap);
        train::detail::product_job job{};
        job.a = a.data();
        job.a_row = k + gap;
        job.a_inner = 1;
        job.b = b.data();
        job.b_inner = 1;
        job.b_column = k + gap;
        check(multiply_transposed, by_rows, of_columns, job);
        job.adds = true;
        check(add_transposed, by_rows, of_columns, job);
        job.b = turned.data();
        job.b_inner = m + gap;
        job.b_column = 1;
        job.adds = false;
        check(multiply, by_rows, of_rows, job);
        job.a = upright.data();
        job.a_row = 1;
        job.a_inner = n + gap;
        job.adds = true;
        check(add_outer, const_matrix(upright.data(), k, n, n + gap), of_rows, job);
    }
}

TEST_CASE("train: a fast product is not touched by what was worked on before it", "[train]") {
    if (!train::detail::has_bf16()) {
        std::puts("SKIPPED: this processor has no fast products");
        return;
    }
    const float endless = std::numeric_limits<float>::infinity();
    using train::detail::bf16_unit;
    for (const bf16_unit unit : {bf16_unit::vectors, train::detail::has_bf16_tiles() ? bf16_unit::tiles : bf16_unit::vectors}) {
        train::detail::bf16_product product(unit);
        const auto multiply_all = [&](std::size_t size, float number) {
            const std::vector<float> a(size * size, number), b = a;
            std::vector<float> c(size * size);
            product({a.data(), size, 1, b.data(), size, 1, c.data(), size, size, size, size, false});
            return c;
        };
        CHECK(multiply_all(600, endless) == std::vector<float>(600 * 600, endless));
        CHECK(multiply_all(96, endless) == std::vector<float>(96 * 96, endless));
        CHECK(multiply_all(17, 2) == std::vector<float>(17 * 17, 4 * 17));
    }
}
