// SPDX-License-Identifier: MIT
// Numbers for M1 (docs/m1.md): random ones in the units of a trained model, and ones at the ends of their ranges.
#pragma once

#include <support/random.hpp>
#include <reference/reference_m1.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::test {

/// An integer of [-limit, limit].
inline std::int32_t m1_uniform(random_source& random, std::int32_t limit) {
    return static_cast<std::int32_t>(random.below(2 * static_cast<std::uint64_t>(limit) + 1)) - limit;
}

inline std::vector<std::int32_t> m1_uniforms(random_source& random, std::size_t size, std::int32_t limit) {
    std::vector<std::int32_t> tensor(size);
    for (std::int32_t& entry : tensor) {
        entry = m1_uniform(random, limit);
    }
    return tensor;
}

/// Section 7: the w of a matrix of `inputs` columns, such that 1 / sqrt(inputs) is 16..31 units of 2^-w. At least 6.
inline unsigned m1_weight_bits(std::size_t inputs) {
    unsigned w = 6;
    while ((std::size_t{1} << 2 * w) < 256 * inputs) {
        ++w;
    }
    return w;
}

/// Roughly normal weights with a standard deviation of 1 / sqrt(inputs).
inline std::vector<std::int32_t> m1_weights(random_source& random, std::size_t outputs, std::size_t inputs) {
    if (inputs == 0) {
        return {};
    }
    const std::uint64_t square = (std::uint64_t{1} << 2 * m1_weight_bits(inputs)) / inputs;
    const auto deviation = static_cast<std::int32_t>(reference::m1_square_root(square));
    std::vector<std::int32_t> tensor(outputs * inputs);
    for (std::int32_t& weight : tensor) {
        weight = 0;
        for (int i = 0; i < 3; ++i) {  // each a variance of deviation * (deviation + 1) / 3
            weight += m1_uniform(random, deviation);
        }
        weight = std::clamp(weight, -127, 127);
    }
    return tensor;
}

/// Predictions vary and nothing saturates everywhere.
inline reference::m1_numbers random_m1(const reference::m1_shape& shape, random_source& random) {
    const std::size_t head_numbers = shape.heads * shape.head_width;
    const std::size_t columns = shape.tables.size() * shape.columns;
    reference::m1_numbers numbers;
    numbers.bytes = m1_uniforms(random, 257 * shape.width, 1024);
    for (const reference::m1_table_shape& table : shape.tables) {
        const std::int32_t limit = shape.table_bits == 8 ? 127 : 7;
        numbers.tables.push_back(m1_uniforms(random, shape.columns << table.row_bits, limit));
    }
    numbers.mix = m1_weights(random, shape.width, columns);
    numbers.mix_shift = m1_weight_bits(columns) - 4;

    // A temperature of log2(e) / sqrt(head_width) by section 7, give or take a factor of 2.
    const std::size_t unit = shape.head_width >= 64 ? 16 : 22;
    const auto heat = 756387 / (unit * unit * static_cast<std::size_t>(reference::m1_square_root(shape.head_width)));
    for (std::size_t i = 0; i < shape.layers; ++i) {
        reference::m1_layer_numbers layer;
        layer.qkv = m1_weights(random, head_numbers + 2 * shape.kv() * shape.head_width, shape.width);
        layer.value_shift = m1_weight_bits(shape.width) - 1;
        for (std::size_t h = 0; h < shape.heads; ++h) {
            layer.heat.push_back(static_cast<std::int32_t>(random.between(heat / 2, 2 * heat)));
            // A slope of 2^(-8 * (h + 1) / heads) nats a position, in 1/32 of a binary order of magnitude, and noise.
            const std::size_t halvings = 8 * (h + 1) / shape.heads;
            for (std::size_t distance = 0; distance < shape.context_of(i); ++distance) {
                const std::size_t fall = std::min<std::size_t>(46 * distance >> halvings, 32000);
                layer.relative.push_back(m1_uniform(random, 16) - static_cast<std::int32_t>(fall));
            }
        }
        layer.out = m1_weights(random, shape.width, head_numbers);
        layer.out_shift = m1_weight_bits(head_numbers) - 4;
        layer.up = m1_weights(random, shape.up_rows(), shape.width);
        layer.up_shift = m1_weight_bits(shape.width) - 3;
        layer.down = m1_weights(random, shape.width, shape.hidden);
        layer.down_shift = m1_weight_bits(shape.hidden) - 6;
        numbers.layers.push_back(layer);
    }

    numbers.symbols = m1_weights(random, 256, shape.width);
    numbers.symbol_shift = m1_weight_bits(shape.width) - 6;  // logits with a deviation of 4 binary orders of magnitude
    numbers.bias = m1_uniforms(random, 256, 512);
    return numbers;
}

/// Entries -limit and limit: of one sign in all the tensor, of one sign in each row, or, half the time, as they come.
inline std::vector<std::int32_t> m1_ends(random_source& random, std::size_t rows, std::size_t columns,
                                         std::int32_t limit) {
    const std::uint64_t kind = random.below(4);
    std::vector<std::int32_t> tensor(rows * columns);
    std::int32_t entry = random.chance(1, 2) ? limit : -limit;
    for (std::size_t i = 0; i < tensor.size(); ++i) {
        if (kind >= 2 || (kind == 1 && i % columns == 0)) {
            entry = random.chance(1, 2) ? limit : -limit;
        }
        tensor[i] = entry;
    }
    return tensor;
}

/// Numbers at an end of their range (`bytes` half the time of all sizes), heat at the upper one; a shift at an end, or what a trained model has. Of four models the logits
/// of three can be told apart: weights of both signs, a shift that leaves some thousands, and a small bias.
inline reference::m1_numbers extreme_m1(const reference::m1_shape& shape, random_source& random) {
    const std::size_t head_numbers = shape.heads * shape.head_width;
    const auto shift = [&](unsigned trained) { return std::array{0u, 0u, 24u, trained}[random.below(4)]; };
    reference::m1_numbers numbers;
    numbers.bytes = random.chance(1, 2) ? m1_ends(random, 257, shape.width, 32767) : m1_uniforms(random, 257 * shape.width, 32767);
    for (const reference::m1_table_shape& table : shape.tables) {
        const std::size_t rows = std::size_t{1} << table.row_bits;
        numbers.tables.push_back(m1_ends(random, rows, shape.columns, shape.table_bits == 8 ? 127 : 7));
    }
    const std::size_t columns = shape.tables.size() * shape.columns;
    numbers.mix = m1_ends(random, shape.width, columns, 127);
    numbers.mix_shift = shift(m1_weight_bits(columns) - 4);
    for (std::size_t i = 0; i < shape.layers; ++i) {
        reference::m1_layer_numbers layer;
        layer.qkv = m1_ends(random, head_numbers + 2 * shape.kv() * shape.head_width, shape.width, 127);
        layer.value_shift = shift(m1_weight_bits(shape.width) - 1);
        layer.heat.assign(shape.heads, static_cast<std::int32_t>((1u << 17) / shape.head_width));
        layer.relative = m1_ends(random, shape.heads, shape.context_of(i), 32767);
        layer.out = m1_ends(random, shape.width, head_numbers, 127);
        layer.out_shift = shift(m1_weight_bits(head_numbers) - 4);
        layer.up = m1_ends(random, shape.up_rows(), shape.width, 127);
        layer.up_shift = shift(m1_weight_bits(shape.width) - 3);
        layer.down = m1_ends(random, shape.width, shape.hidden, 127);
        layer.down_shift = shift(m1_weight_bits(shape.hidden) - 6);
        numbers.layers.push_back(layer);
    }
    if (random.chance(3, 4)) {
        numbers.symbols = m1_uniforms(random, 256 * shape.width, 127);
        while ((127u * 127u * shape.width >> numbers.symbol_shift) > 3000) {
            ++numbers.symbol_shift;
        }
        numbers.bias = m1_uniforms(random, 256, 512);
    } else {
        numbers.symbols = m1_ends(random, 256, shape.width, 127);
        numbers.symbol_shift = shift(m1_weight_bits(shape.width) - 4);
        numbers.bias = m1_ends(random, 1, 256, 1 << 24);
    }
    return numbers;
}

/// At how many positions something differs from what it is at the one before: where it seldom does, comparing it shows little.
template <class Sequence>
std::size_t changes_in(const Sequence& each) {
    std::size_t changes = 0;
    for (std::size_t i = 1; i < each.size(); ++i) {
        changes += each[i] != each[i - 1] ? 1 : 0;
    }
    return changes;
}

}  // namespace equinfo::test
