// SPDX-License-Identifier: MIT
// Numbers of the slow twin as a model's content, so that both compute the same.
#pragma once

#include <reference/reference_m1.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>

#include <equinfo/m1/model.hpp>
#include <equinfo/m1/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace equinfo::test {

inline m1_shape m1_shape_of(const reference::m1_shape& shape) {
    m1_shape made;
    made.width = shape.width;
    made.layers = shape.layers;
    made.heads = shape.heads;
    made.shared = shape.shared;
    made.head_width = shape.head_width;
    made.hidden = shape.hidden;
    made.feed = static_cast<m1_feed>(shape.feed);
    made.context = shape.context;
    made.contexts = shape.contexts;
    made.columns = shape.columns;
    made.table_bits = shape.table_bits;
    for (const reference::m1_table_shape& table : shape.tables) {
        made.tables.push_back({static_cast<m1_table_kind>(table.kind), table.order, table.row_bits});
    }
    return made;
}

inline m1_content m1_content_of(const reference::m1_shape& shape, const reference::m1_numbers& numbers) {
    m1_content content = m1_content::zeros(m1_shape_of(shape));
    const auto copy = [](const std::vector<std::int32_t>& from, auto& to) {
        using entry = typename std::remove_cvref_t<decltype(to)>::value_type;
        to.clear();
        for (const std::int32_t number : from) {
            to.push_back(static_cast<entry>(number));
        }
    };
    copy(numbers.bytes, content.bytes);
    for (std::size_t t = 0; t < numbers.tables.size(); ++t) {
        copy(numbers.tables[t], content.tables[t]);
    }
    copy(numbers.mix, content.mix.weights);
    content.mix.shift = numbers.mix_shift;
    for (std::size_t l = 0; l < numbers.layers.size(); ++l) {
        const reference::m1_layer_numbers& from = numbers.layers[l];
        m1_layer& to = content.layers[l];
        copy(from.qkv, to.qkv.weights);
        copy(from.heat, to.heat);
        copy(from.relative, to.relative);
        copy(from.out, to.out.weights);
        copy(from.up, to.up.weights);
        copy(from.down, to.down.weights);
        to.qkv.shift = from.value_shift;
        to.out.shift = from.out_shift;
        to.up.shift = from.up_shift;
        to.down.shift = from.down_shift;
    }
    copy(numbers.symbols, content.symbols.weights);
    content.symbols.shift = numbers.symbol_shift;
    copy(numbers.bias, content.bias);
    return content;
}

/// Rows of tables that differ in size, as those of a trained model do: some are zero.
inline void shrink_rows(m1_content& content) {
    for (std::vector<std::int8_t>& table : content.tables) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            table[i] = static_cast<std::int8_t>(table[i] / (1 << i / content.shape.columns % 8));
        }
    }
}

/// Small shapes that between them have every feature: tables of both kinds and widths, none; keys shared by all, some, no heads;
/// feed-forward layers that square, in numbers 4 and 5 with gates, in 8 and 9 with gates out of a table; contexts by layer in numbers
/// 6 and 9; and in number 7 a key of more query heads than attention works on at once where there are more positions.
inline std::vector<reference::m1_shape> m1_small_shapes() {
    std::vector<reference::m1_shape> shapes;
    shapes.push_back({.width = 64, .layers = 2, .heads = 4, .shared = 4, .head_width = 16, .hidden = 96, .context = 32, .columns = 16,
                      .table_bits = 4, .tables = {{0, 2, 8}, {0, 3, 9}, {1, 1, 8}, {1, 2, 9}}});
    shapes.push_back({.width = 96, .layers = 1, .heads = 4, .shared = 2, .head_width = 32, .hidden = 160, .context = 48, .columns = 32,
                      .table_bits = 8, .tables = {{0, 1, 8}, {0, 16, 10}, {1, 2, 6}}});
    shapes.push_back({.width = 32, .layers = 3, .heads = 3, .shared = 1, .head_width = 64, .hidden = 32, .context = 16, .columns = 0,
                      .table_bits = 8, .tables = {}});
    shapes.push_back({.width = 160, .layers = 1, .heads = 1, .shared = 1, .head_width = 128, .hidden = 64, .context = 272, .columns = 128,
                      .table_bits = 4, .tables = {{0, 4, 4}}});
    shapes.push_back({.width = 64, .layers = 2, .heads = 4, .shared = 4, .head_width = 16, .hidden = 64, .context = 32,
                      .columns = 16, .table_bits = 4, .feed = 1, .tables = {{0, 2, 8}, {1, 1, 8}}});
    shapes.push_back({.width = 32, .layers = 1, .heads = 4, .shared = 2, .head_width = 32, .hidden = 160, .context = 16,
                      .columns = 0, .table_bits = 8, .feed = 1, .tables = {}});
    shapes.push_back({.width = 64, .layers = 3, .heads = 4, .shared = 2, .head_width = 16, .hidden = 64, .context = 160,
                      .columns = 16, .table_bits = 4, .tables = {{0, 2, 8}}, .contexts = {16, 160, 48}});
    shapes.push_back({.width = 192, .layers = 1, .heads = 24, .shared = 24, .head_width = 16, .hidden = 32, .context = 48,
                      .columns = 0, .table_bits = 8, .tables = {}});
    shapes.push_back({.width = 64, .layers = 2, .heads = 4, .shared = 4, .head_width = 16, .hidden = 160, .context = 32,
                      .columns = 16, .table_bits = 4, .feed = 2, .tables = {{0, 3, 8}, {1, 2, 8}}});
    shapes.push_back({.width = 32, .layers = 2, .heads = 2, .shared = 1, .head_width = 32, .hidden = 32, .context = 48,
                      .columns = 0, .table_bits = 8, .feed = 2, .tables = {}, .contexts = {16, 48}});
    return shapes;
}

/// A model with random numbers of the small shape of that number.
inline m1_model small_m1(std::size_t number, random_source& random) {
    const reference::m1_shape shape = m1_small_shapes()[number];
    return m1_model(std::make_shared<const m1_data>(m1_content_of(shape, random_m1(shape, random))));
}

}  // namespace equinfo::test
