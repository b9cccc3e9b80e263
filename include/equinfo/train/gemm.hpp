// SPDX-License-Identifier: MIT
// Products of float matrices, on one thread: the one header that knows who computes them (Eigen, or bf16_product.hpp).
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/train/bf16_product.hpp>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#elif __has_include(<eigen3/Eigen/Core>)
#include <eigen3/Eigen/Core>
#else
#error "The trainer needs Eigen 3.4 (Debian: apt-get install libeigen3-dev)."
#endif

#include <cstddef>
#include <type_traits>
#include <vector>

namespace equinfo::train {

/// Rows of floats that stand `stride` apart. Does not own them.
template <class Float>
struct matrix_of {
    Float* data;
    std::size_t rows;
    std::size_t columns;
    std::size_t stride;

    matrix_of(Float* first, std::size_t row_count, std::size_t column_count, std::size_t row_stride) noexcept
        : data(first), rows(row_count), columns(column_count), stride(row_stride) {}
    matrix_of(Float* first, std::size_t row_count, std::size_t column_count) noexcept
        : matrix_of(first, row_count, column_count, column_count) {}
    template <class Other>
    requires(std::is_same_v<const Other, Float>) matrix_of(const matrix_of<Other>& other)
    noexcept  // NOLINT(google-explicit-constructor): as a pointer becomes one to const
        : matrix_of(other.data, other.rows, other.columns, other.stride) {}

    [[nodiscard]] Float* row(std::size_t number) const noexcept { return data + number * stride; }
};

using matrix = matrix_of<float>;
using const_matrix = matrix_of<const float>;

/// Numbers as rows of so many columns.
[[nodiscard]] inline matrix as_matrix(std::vector<float>& numbers, std::size_t columns) noexcept {
    return {numbers.data(), numbers.size() / columns, columns};
}
[[nodiscard]] inline const_matrix as_matrix(const std::vector<float>& numbers, std::size_t columns) noexcept {
    return {numbers.data(), numbers.size() / columns, columns};
}

namespace detail {

using eigen_matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Float>
[[nodiscard]] auto eigen_of(const matrix_of<Float>& m) noexcept {
    using type = std::conditional_t<std::is_const_v<Float>, const eigen_matrix, eigen_matrix>;
    return Eigen::Map<type, Eigen::Unaligned, Eigen::OuterStride<>>(m.data, static_cast<Eigen::Index>(m.rows),
                                                                    static_cast<Eigen::Index>(m.columns),
                                                                    Eigen::OuterStride<>(static_cast<Eigen::Index>(m.stride)));
}

}  // namespace detail

/// How a product may be worked out; sums have 24 binary digits in both.
enum class arithmetic : bool {
    exact,  ///< by factors as they are
    fast,   ///< by factors of 8 binary digits, where the processor is faster with these; what was rounded to steps stays exact
};

namespace detail {

/// Does the job where it should be fast and is large enough to be; says whether it did.
inline bool do_fast(arithmetic how, const product_job& job) {
    if (how == arithmetic::exact || job.n * job.m * job.k < 4096 || !gains_by_bf16()) {
        return false;
    }
    static thread_local bf16_product product(has_bf16_tiles() ? bf16_unit::tiles : bf16_unit::vectors);  // for its memory
    product(job);
    return true;
}

[[nodiscard]] inline bool do_transposed(arithmetic how, const const_matrix& a, const const_matrix& b, const matrix& c,
                                        bool adds) {
    EQUINFO_EXPECTS(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows);
    return do_fast(how, {a.data, a.stride, 1, b.data, 1, b.stride, c.data, c.stride, a.rows, b.rows, a.columns, adds});
}

}  // namespace detail

/// c [n, m] = a [n, k] times the transpose of b [m, k].
inline void multiply_transposed(const const_matrix& a, const const_matrix& b, const matrix& c,
                                arithmetic how = arithmetic::exact) {
    if (!detail::do_transposed(how, a, b, c, false)) {
        detail::eigen_of(c).noalias() = detail::eigen_of(a) * detail::eigen_of(b).transpose();
    }
}

/// c [n, m] += a [n, k] times the transpose of b [m, k].
inline void add_transposed(const const_matrix& a, const const_matrix& b, const matrix& c, arithmetic how = arithmetic::exact) {
    if (!detail::do_transposed(how, a, b, c, true)) {
        detail::eigen_of(c).noalias() += detail::eigen_of(a) * detail::eigen_of(b).transpose();
    }
}

/// c [n, m] = a [n, k] times b [k, m].
inline void multiply(const const_matrix& a, const const_matrix& b, const matrix& c, arithmetic how = arithmetic::exact) {
    EQUINFO_EXPECTS(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns);
    if (!detail::do_fast(how,
                         {a.data, a.stride, 1, b.data, b.stride, 1, c.data, c.stride, a.rows, b.columns, a.columns, false})) {
        detail::eigen_of(c).noalias() = detail::eigen_of(a) * detail::eigen_of(b);
    }
}

/// c [k, m] += the transpose of a [n, k] times b [n, m].
inline void add_outer(const const_matrix& a, const const_matrix& b, const matrix& c, arithmetic how = arithmetic::exact) {
    EQUINFO_EXPECTS(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns);
    if (!detail::do_fast(how, {a.data, 1, a.stride, b.data, b.stride, 1, c.data, c.stride, a.columns, b.columns, a.rows, true})) {
        detail::eigen_of(c).noalias() += detail::eigen_of(a).transpose() * detail::eigen_of(b);
    }
}

}  // namespace equinfo::train
