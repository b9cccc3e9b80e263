// SPDX-License-Identifier: MIT
// The floats that are trained, by the shape of the integer model that they become.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/norm.hpp>
#include <equinfo/train/random.hpp>
#include <equinfo/train/rounding.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <type_traits>
#include <vector>

namespace equinfo::train {

/// What a tensor is, which decides how it is limited and learnt.
enum class tensor_kind {
    bytes,        ///< [257, width]
    hidden,       ///< a matrix that is rounded to integers times 2^-w, within the network
    symbols,      ///< the same, at its end
    temperature,  ///< [heads]
    relative,     ///< [heads, the layer's context]
    bias,         ///< [256]
};

[[nodiscard]] constexpr bool is_matrix(tensor_kind kind) noexcept {
    return kind == tensor_kind::hidden || kind == tensor_kind::symbols;
}

struct layer_tensors {
    std::vector<float> qkv;          // [(heads + 2 kv) * head_width, width]
    std::vector<float> temperature;  // [heads], in binary orders of magnitude
    std::vector<float> relative;     // [heads, the layer's context], in binary orders of magnitude
    std::vector<float> out;          // [width, heads * head_width]
    std::vector<float> up;           // [up_width, width]
    std::vector<float> down;         // [width, hidden]
};

/// All tensors but the tables: parameters, gradients, or what an optimiser keeps of each.
struct dense_tensors {
    std::vector<float> bytes;
    std::vector<float> mix;  // [width, tables * columns]
    std::vector<layer_tensors> layers;
    std::vector<float> symbols;  // [256, width]
    std::vector<float> bias;     // [256], in binary orders of magnitude

    [[nodiscard]] static dense_tensors zeros(const m1_shape& shape);
};

/// Calls visit(kind, rows, columns, vector) for the tensors of one layer, which has such a context. It may be const, and
/// have no sizes yet.
template <class Layer, class Visit>
void visit_layer(const m1_shape& shape, std::size_t context, Layer& layer, Visit&& visit) {
    visit(tensor_kind::hidden, shape.qkv_width(), shape.width, layer.qkv);
    visit(tensor_kind::temperature, std::size_t{1}, shape.heads, layer.temperature);
    visit(tensor_kind::relative, shape.heads, context, layer.relative);
    visit(tensor_kind::hidden, shape.width, shape.query_width(), layer.out);
    visit(tensor_kind::hidden, shape.up_width(), shape.width, layer.up);
    visit(tensor_kind::hidden, shape.width, shape.hidden, layer.down);
}

/// The same for all tensors, in the order of the model file.
template <class Tensors, class Visit>
void visit_tensors(const m1_shape& shape, Tensors& t, Visit&& visit) {
    visit(tensor_kind::bytes, std::size_t{257}, shape.width, t.bytes);
    visit(tensor_kind::hidden, shape.width, shape.mix_width(), t.mix);
    for (std::size_t i = 0; i < t.layers.size(); ++i) {
        visit_layer(shape, shape.context_of(i), t.layers[i], visit);
    }
    visit(tensor_kind::symbols, std::size_t{256}, shape.width, t.symbols);
    visit(tensor_kind::bias, std::size_t{1}, std::size_t{256}, t.bias);
}

inline dense_tensors dense_tensors::zeros(const m1_shape& shape) {
    dense_tensors made;
    made.layers.resize(shape.layers);
    visit_tensors(shape, made, [](tensor_kind, std::size_t rows, std::size_t columns, std::vector<float>& numbers) {
        numbers.resize(rows * columns);
    });
    return made;
}

template <class Float>
struct tensor_view {
    tensor_kind kind;
    std::size_t rows;
    std::size_t columns;
    std::span<Float> numbers;
};

/// All tensors as a list, so that several sets of them can be gone through side by side.
template <class Tensors>
[[nodiscard]] auto tensors_of(const m1_shape& shape, Tensors& t) {
    using number = std::conditional_t<std::is_const_v<Tensors>, const float, float>;
    std::vector<tensor_view<number>> views;
    visit_tensors(shape, t, [&](tensor_kind kind, std::size_t rows, std::size_t columns, auto& numbers) {
        views.push_back({kind, rows, columns, numbers});
    });
    return views;
}

/// The highest temperature that the integer model can hold.
[[nodiscard]] inline float hottest(const m1_shape& shape) noexcept {
    const float unit = head_unit(shape.head_width);
    return 0x1p17F / static_cast<float>(shape.head_width) * unit * unit * 0x1p-19F;
}

/// The float model, and the units its matrices are rounded to.
struct parameters {
    m1_shape shape;
    dense_tensors dense;
    std::vector<std::vector<float>> tables;  // a table: [rows, columns]
    std::vector<int> units;                  // w of each matrix, in the order of the model file

    /// As training begins: tables of zeros, all else small and random. The shape must have no fault.
    [[nodiscard]] static parameters random(const m1_shape& shape, std::uint64_t seed);

    /// Chooses each matrix's w anew.
    void settle() {
        units.clear();
        for (const auto& tensor : tensors_of(shape, dense)) {
            if (is_matrix(tensor.kind)) {
                units.push_back(unit_of(tensor.numbers));
            }
        }
    }

    /// Keeps everything where the integer model can hold it.
    void limit() {
        for (const auto& tensor : tensors_of(shape, dense)) {
            const auto within = [&](float least, float most) {
                for (float& each : tensor.numbers) {
                    each = limited(each, least, most);
                }
            };
            switch (tensor.kind) {
                case tensor_kind::hidden:
                case tensor_kind::symbols:
                    within(-127.0F / 64, 127.0F / 64);
                    break;
                case tensor_kind::bytes:
                    within(-31.9F, 31.9F);
                    break;
                case tensor_kind::temperature:
                    within(0, hottest(shape));
                    break;
                case tensor_kind::relative:
                    within(-1000, 1000);
                    break;
                case tensor_kind::bias:
                    within(-60000, 60000);
                    break;
            }
        }
    }

    /// The matrices as the integer model has them; other tensors of `to` stay as they are.
    void round_matrices(rounding how, dense_tensors& to) const {
        const auto from = tensors_of(shape, dense);
        const auto rounded = tensors_of(shape, to);
        std::size_t number = 0;
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (is_matrix(from[i].kind)) {
                round_weights(from[i].numbers, units[number++], how, rounded[i].numbers);
            }
        }
    }
};

inline void fill_normal(random_numbers& random, float deviation, std::vector<float>& tensor) noexcept {
    for (float& each : tensor) {
        each = deviation * random.normal();
    }
}

/// A layer as training begins: small and random, heads that look less far one than the other. It has its sizes.
inline void fill_layer(const m1_shape& shape, random_numbers& random, layer_tensors& layer) noexcept {
    const auto over_root = [](std::size_t inputs) { return 1 / std::sqrt(static_cast<float>(inputs)); };
    const float near = 0.5F * over_root(2 * shape.layers);  // what is added to the stream starts small
    fill_normal(random, over_root(shape.width), layer.qkv);
    std::fill(layer.temperature.begin(), layer.temperature.end(), std::numbers::log2e_v<float> * over_root(shape.head_width));
    const std::size_t context = layer.relative.size() / shape.heads;
    for (std::size_t h = 0; h < shape.heads; ++h) {
        const float slope = std::numbers::log2e_v<float> * std::exp2(-8 * static_cast<float>(h + 1) / static_cast<float>(shape.heads));
        for (std::size_t distance = 0; distance < context; ++distance) {
            layer.relative[h * context + distance] = -slope * static_cast<float>(distance);
        }
    }
    fill_normal(random, near * over_root(shape.query_width()), layer.out);
    fill_normal(random, over_root(shape.width), layer.up);
    fill_normal(random, near * over_root(shape.hidden), layer.down);
}

inline parameters parameters::random(const m1_shape& shape, std::uint64_t seed) {
    EQUINFO_EXPECTS(fault_of(shape) == nullptr);
    parameters made;
    made.shape = shape;
    made.dense = dense_tensors::zeros(shape);
    random_numbers random(seed);
    fill_normal(random, 0.5F, made.dense.bytes);
    fill_normal(random, 0.1F, made.dense.mix);
    for (layer_tensors& layer : made.dense.layers) {
        fill_layer(shape, random, layer);
    }
    fill_normal(random, 0.03F, made.dense.symbols);
    for (const m1_table_shape& table : shape.tables) {
        made.tables.emplace_back(shape.columns << table.row_bits, 0.0F);
    }
    made.settle();
    return made;
}

}  // namespace equinfo::train
