// SPDX-License-Identifier: MIT
// The numbers of M2.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m2/shape.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/random.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// The same vectors take ids in and predict them (tied): with tens of thousands of ids and few tokens, each is seen
/// twice as often.
struct parameters {
    model_shape shape;
    std::vector<float> embedding;  // [symbols + 1, width]; the last is the start of a sequence
    std::vector<float> bias;       // [outputs], in binary orders of magnitude
    std::vector<train::layer_tensors> layers;

    /// Small and random, biases 0. The shape must have no fault.
    [[nodiscard]] static parameters random(const model_shape& shape, std::uint64_t seed) {
        EQUINFO_EXPECTS(fault_of(shape) == nullptr);
        parameters made;
        made.shape = shape;
        made.embedding.resize((std::size_t{shape.symbols} + 1) * shape.layers.width);
        made.bias.resize(shape.outputs);
        made.layers = zero_layers(shape.layers);
        train::random_numbers random(seed);
        train::fill_normal(random, 0.5F / std::sqrt(static_cast<float>(shape.layers.width)), made.embedding);
        for (train::layer_tensors& layer : made.layers) {
            train::fill_layer(shape.layers, random, layer);
        }
        return made;
    }

    [[nodiscard]] static std::vector<train::layer_tensors> zero_layers(const m1_shape& shape) {
        std::vector<train::layer_tensors> layers(shape.layers);
        for (train::layer_tensors& layer : layers) {
            train::visit_layer(shape, shape.context, layer,
                               [](train::tensor_kind, std::size_t rows, std::size_t columns,
                                  std::vector<float>& numbers) { numbers.assign(rows * columns, 0); });
        }
        return layers;
    }

    [[nodiscard]] std::span<const float> row(std::uint32_t id) const noexcept {
        return std::span(embedding).subspan(id * shape.layers.width, shape.layers.width);
    }
    /// An id's vector times this goes into the network, where numbers are about 1.
    [[nodiscard]] float input_scale() const noexcept { return 2 * std::sqrt(static_cast<float>(shape.layers.width)); }
};

/// The tensors of all layers as a list.
[[nodiscard]] inline std::vector<train::tensor_view<float>> views_of(const m1_shape& shape,
                                                                     std::span<train::layer_tensors> layers) {
    std::vector<train::tensor_view<float>> views;
    for (train::layer_tensors& layer : layers) {
        train::visit_layer(
            shape, shape.context, layer,
            [&](train::tensor_kind kind, std::size_t rows, std::size_t columns, std::vector<float>& numbers) {
                views.push_back({kind, rows, columns, numbers});
            });
    }
    return views;
}

}  // namespace equinfo::m2
