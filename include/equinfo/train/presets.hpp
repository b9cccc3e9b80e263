// SPDX-License-Identifier: MIT
// Shapes that are worth training, by name.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace equinfo::train {

/// 0.41 M weights that are multiplied at each byte, tables of 5 MB: an hour on one core.
[[nodiscard]] inline m1_shape fast_preset() {
    using enum m1_table_kind;
    m1_shape shape;
    shape.columns = 32;
    shape.table_bits = 4;
    shape.tables = {{bytes, 2, 14}, {bytes, 3, 16}, {bytes, 4, 16}, {bytes, 5, 16},
                    {bytes, 6, 15}, {words, 1, 15}, {words, 2, 15}};
    return shape;
}

/// 2.9 M weights, tables of 5.5 MB: several hours.
[[nodiscard]] inline m1_shape base_preset() {
    m1_shape shape = fast_preset();
    shape.width = 256;
    shape.layers = 4;
    shape.head_width = 64;
    shape.hidden = 1024;
    shape.context = 512;
    shape.tables.back().row_bits = 16;
    return shape;
}

/// 0.04 M weights, tables of 0.1 MB: to try things out, in seconds.
[[nodiscard]] inline m1_shape tiny_preset() {
    using enum m1_table_kind;
    m1_shape shape;
    shape.width = 64;
    shape.layers = 1;
    shape.heads = 2;
    shape.shared = 2;
    shape.hidden = 128;
    shape.context = 64;
    shape.columns = 16;
    shape.table_bits = 4;
    shape.tables = {{bytes, 2, 12}, {bytes, 4, 12}, {words, 1, 12}};
    return shape;
}

/// The shape with such a feed-forward layer, at the cost of a squared one: one with gates has three matrices instead of two, so it
/// is two thirds as wide, rounded up to a multiple of 32.
[[nodiscard]] inline m1_shape with_feed(m1_shape squared, m1_feed feed) noexcept {
    EQUINFO_EXPECTS(squared.feed == m1_feed::squared);
    squared.feed = feed;
    squared.hidden = squared.has_gates() ? (2 * squared.hidden + 95) / 96 * 32 : squared.hidden;
    return squared;
}

/// The shape with such contexts of its layers; none: as it is.
[[nodiscard]] inline m1_shape with_contexts(m1_shape shape, std::vector<std::size_t> contexts) {
    if (!contexts.empty()) {
        const auto [least, most] = std::minmax_element(contexts.begin(), contexts.end());
        shape.context = *most;
        shape.contexts = *least == *most && contexts.size() == shape.layers ? std::vector<std::size_t>() : std::move(contexts);
    }
    return shape;
}

[[nodiscard]] inline std::optional<m1_shape> preset_of(std::string_view name) {
    if (name == "tiny") {
        return tiny_preset();
    }
    return name == "fast" ? std::optional(fast_preset()) : name == "base" ? std::optional(base_preset()) : std::nullopt;
}

}  // namespace equinfo::train
