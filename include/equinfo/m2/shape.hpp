// SPDX-License-Identifier: MIT
// What M2 consists of: a transformer over tokens of any vocabulary, which shows whether these can be learnt (Lester et
// al. 2024, 3.5).
#pragma once

#include <equinfo/m1/shape.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace equinfo::m2 {

struct model_shape {
    m1_shape layers;                 // the width, layers, heads and context; it has no tables
    std::uint32_t symbols = 256;     // ids that sequences consist of: 0..symbols-1; 1..2^20
    std::uint32_t first_output = 0;  // the ids that are predicted: so many from this one on
    std::uint32_t outputs = 256;

    friend bool operator==(const model_shape&, const model_shape&) = default;
};

/// What is wrong with a shape, in words, or nullptr.
[[nodiscard]] inline const char* fault_of(const model_shape& shape) noexcept {
    if (!shape.layers.tables.empty()) {
        return "a model over tokens has no tables";
    }
    if (!shape.layers.contexts.empty()) {
        return "all layers of a model over tokens have one context";
    }
    if (shape.symbols == 0 || shape.symbols > std::uint32_t{1} << 20) {
        return "the ids are not 1 to 2^20";
    }
    if (shape.outputs == 0 || shape.outputs > shape.symbols || shape.first_output > shape.symbols - shape.outputs) {
        return "ids are predicted that there are not";
    }
    return equinfo::fault_of(shape.layers);
}

/// Weights that are multiplied at each token, without embedding and output; the paper names its sizes so.
[[nodiscard]] inline std::uint64_t weights_of(const m1_shape& layers) noexcept {
    return layers.products() - std::uint64_t{layers.width} * 256;
}

/// Sizes that a CPU can train, by name: "small" (0.33 M weights), "medium" (0.92 M), "large" (3.1 M).
[[nodiscard]] inline std::optional<m1_shape> preset_of(std::string_view name) {
    m1_shape layers;
    layers.shared = 1;
    layers.context = 1024;
    if (name == "small") {
        layers.width = 96;
        layers.layers = 3;
        layers.heads = 3;
        layers.hidden = 384;
        return layers;
    }
    if (name == "medium") {
        layers.width = 160;
        layers.layers = 3;
        layers.heads = 5;
        layers.hidden = 640;
        return layers;
    }
    if (name == "large") {
        layers.width = 256;
        layers.layers = 4;
        layers.head_width = 64;
        layers.hidden = 1024;
        return layers;
    }
    return std::nullopt;
}

}  // namespace equinfo::m2
