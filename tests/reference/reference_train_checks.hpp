// SPDX-License-Identifier: MIT
// Random floats, and how near they must come to the twins in double precision.
#pragma once

#include <support/catch.hpp>

#include <reference/reference_train.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace equinfo::reference {

/// Uniform in [-limit, limit], and far enough from 0 for a kink there not to matter.
inline std::vector<float> random_floats(test::random_source& random, std::size_t size, float limit) {
    std::vector<float> made(size);
    for (float& each : made) {
        const auto steps = static_cast<float>(test::m1_uniform(random, 1000));
        each = limit * (steps == 0 ? 1 : steps) / 1000;
    }
    return made;
}

inline train_row doubles(const std::vector<float>& x) { return train_row(x.begin(), x.end()); }

inline void check_close(const std::vector<float>& a, const train_row& b, double tolerance = 1e-4) {
    REQUIRE(a.size() == b.size());
    double largest = 1e-3;
    for (const double each : b) {
        largest = std::max(largest, std::abs(each));
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        INFO(i << ": " << a[i] << ", by the twin " << b[i]);
        REQUIRE(std::abs(static_cast<double>(a[i]) - b[i]) < tolerance * largest);
    }
}

inline double weighted(const train_row& y, const std::vector<float>& weights) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum += y[i] * static_cast<double>(weights[i]);
    }
    return sum;
}

}  // namespace equinfo::reference
