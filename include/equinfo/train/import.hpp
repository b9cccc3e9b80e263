// SPDX-License-Identifier: MIT
// An integer model as floats, to go on training from (docs/m1.md, section 7).
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/norm.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/tables.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace equinfo::train {

/// The floats that content_of() rounds to just this content. What rounding took away is not there any more.
[[nodiscard]] inline parameters parameters_of(const m1_content& content) {
    const m1_shape& shape = content.shape;
    parameters made;
    made.shape = shape;
    made.dense = dense_tensors::zeros(shape);
    const auto copy = [](const auto& from, double times, std::vector<float>& to) {
        to.resize(from.size());
        std::transform(from.begin(), from.end(), to.begin(),
                       [&](auto each) { return static_cast<float>(static_cast<double>(each) * times); });
    };
    const auto copy_matrix = [&](const m1_matrix& from, int shift_below, std::vector<float>& to) {
        made.units.push_back(static_cast<int>(from.shift) + shift_below);
        copy(from.weights, std::ldexp(1.0, -made.units.back()), to);
    };
    copy(content.bytes, 0x1p-10, made.dense.bytes);
    for (const auto& table : content.tables) {
        copy(table, 1 / static_cast<double>(table_unit(shape.table_bits)), made.tables.emplace_back());
    }
    copy_matrix(content.mix, 4, made.dense.mix);
    const double unit = static_cast<double>(head_unit(shape.head_width));
    for (std::size_t i = 0; i < shape.layers; ++i) {
        const m1_layer& from = content.layers[i];
        layer_tensors& to = made.dense.layers[i];
        copy_matrix(from.qkv, 1, to.qkv);
        copy(from.heat, unit * unit * 0x1p-19, to.temperature);
        copy(from.relative, 0x1p-5, to.relative);
        copy_matrix(from.out, 4, to.out);
        copy_matrix(from.up, 3, to.up);
        copy_matrix(from.down, 6, to.down);
    }
    copy_matrix(content.symbols, 4, made.dense.symbols);
    copy(content.bias, 0x1p-8, made.dense.bias);
    return made;
}

/// Whether take_over() can begin a model of one shape with a model of the other: the tables may differ in their numbers of rows.
[[nodiscard]] inline bool can_take_over(const m1_shape& shape, const m1_shape& from) {
    return shape.columns == from.columns && shape.table_bits == from.table_bits &&
           std::equal(shape.tables.begin(), shape.tables.end(), from.tables.begin(), from.tables.end(),
                      [](const m1_table_shape& a, const m1_table_shape& b) { return a.kind == b.kind && a.order == b.order; });
}

namespace detail {

/// A row is chosen by the upper bits of a hash, so rows that are neighbours become one, their mean, and one becomes several alike.
inline void take_over_table(const std::vector<float>& from, std::vector<float>& to, std::size_t columns) {
    const std::size_t rows = to.size() / columns;
    const std::size_t their_rows = from.size() / columns;
    const std::size_t together = std::max<std::size_t>(1, their_rows / rows);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            float sum = 0;
            for (std::size_t i = 0; i < together; ++i) {
                sum += from[(row * their_rows / rows + i) * columns + column];
            }
            to[row * columns + column] = sum / static_cast<float>(together);
        }
    }
}

/// Relative terms for so many distances: those that there are, and the last one on and on.
[[nodiscard]] inline std::vector<float> by_distance(const std::vector<float>& relative, std::size_t heads, std::size_t context) {
    const std::size_t their_context = relative.size() / heads;
    std::vector<float> made;
    for (std::size_t h = 0; h < heads; ++h) {
        for (std::size_t distance = 0; distance < context; ++distance) {
            made.push_back(relative[h * their_context + std::min(distance, their_context - 1)]);
        }
    }
    return made;
}

}  // namespace detail

/// What take_over() takes.
enum class taken_over {
    all,     ///< the network is of one shape, whatever the rows of the tables and the contexts
    tables,  ///< and as much as fits of the vectors and matrices before and behind the layers
};

/// Begins with another model: with all of it, or with its tables, which hold most of what a small model knows.
inline taken_over take_over(const parameters& from, parameters& to) {
    EQUINFO_EXPECTS(can_take_over(to.shape, from.shape));
    for (std::size_t t = 0; t < to.tables.size(); ++t) {
        detail::take_over_table(from.tables[t], to.tables[t], to.shape.columns);
    }
    m1_shape same_network = from.shape;
    same_network.tables = to.shape.tables;
    same_network.context = to.shape.context;
    same_network.contexts = to.shape.contexts;
    if (same_network == to.shape) {
        to.dense = from.dense;
        for (std::size_t i = 0; i < to.shape.layers; ++i) {
            to.dense.layers[i].relative =
                detail::by_distance(from.dense.layers[i].relative, to.shape.heads, to.shape.context_of(i));
        }
        to.settle();
        return taken_over::all;
    }
    const auto theirs = tensors_of(from.shape, from.dense);
    const auto mine = tensors_of(to.shape, to.dense);
    const auto copy = [](const tensor_view<const float>& source, const tensor_view<float>& target) {
        for (std::size_t row = 0; row < std::min(source.rows, target.rows); ++row) {
            std::copy_n(source.numbers.data() + row * source.columns, std::min(source.columns, target.columns),
                        target.numbers.data() + row * target.columns);
        }
    };
    copy(theirs[0], mine[0]);                                // bytes
    copy(theirs[1], mine[1]);                                // mix
    copy(theirs[theirs.size() - 2], mine[mine.size() - 2]);  // symbols
    copy(theirs.back(), mine.back());                        // bias
    to.settle();
    return taken_over::tables;
}

}  // namespace equinfo::train
