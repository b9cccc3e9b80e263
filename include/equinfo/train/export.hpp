// SPDX-License-Identifier: MIT
// The float model as integers (docs/m1.md, section 7).
#pragma once

#include <equinfo/m1/shape.hpp>
#include <equinfo/train/norm.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/tables.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::train {
namespace detail {

/// to = round(from * times), halves away from 0, within the range. No number is a NaN.
template <class Entry>
void to_integers(std::span<const float> from, double times, double least, double most, std::vector<Entry>& to) {
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        to[i] = static_cast<Entry>(std::clamp(std::round(static_cast<double>(from[i]) * times), least, most));
    }
}

}  // namespace detail

/// Whether there is a number that no integer model has, as when training has run away.
[[nodiscard]] inline bool has_run_away(const parameters& model) {
    bool all_finite = true;
    const auto check = [&](const std::vector<float>& numbers) {
        for (const float each : numbers) {
            all_finite = all_finite && std::isfinite(each);
        }
    };
    visit_tensors(model.shape, model.dense, [&](tensor_kind, std::size_t, std::size_t, const auto& numbers) { check(numbers); });
    std::for_each(model.tables.begin(), model.tables.end(), check);
    return !all_finite;
}

/// The integer model. Nothing may have run away.
[[nodiscard]] inline m1_content content_of(const parameters& model) {
    const m1_shape& shape = model.shape;
    m1_content content = m1_content::zeros(shape);
    std::size_t number = 0;
    const auto matrix_to = [&](const std::vector<float>& from, int shift_below, m1_matrix& to) {
        const int w = model.units[number++];
        detail::to_integers<std::int8_t>(from, std::ldexp(1.0, w), -127, 127, to.weights);
        to.shift = static_cast<unsigned>(w - shift_below);
    };
    detail::to_integers<std::int16_t>(model.dense.bytes, 1024, -32767, 32767, content.bytes);
    for (std::size_t t = 0; t < shape.tables.size(); ++t) {
        const double limit = static_cast<double>(table_limit(shape.table_bits));
        detail::to_integers<std::int8_t>(model.tables[t], static_cast<double>(table_unit(shape.table_bits)), -limit, limit,
                                         content.tables[t]);
    }
    matrix_to(model.dense.mix, 4, content.mix);
    const double unit = static_cast<double>(head_unit(shape.head_width));
    for (std::size_t i = 0; i < shape.layers; ++i) {
        const layer_tensors& from = model.dense.layers[i];
        m1_layer& to = content.layers[i];
        matrix_to(from.qkv, 1, to.qkv);
        detail::to_integers<std::int32_t>(from.temperature, 0x1p19 / (unit * unit), 0,
                                          std::floor(0x1p17 / static_cast<double>(shape.head_width)), to.heat);
        detail::to_integers<std::int16_t>(from.relative, 32, -32767, 32767, to.relative);
        matrix_to(from.out, 4, to.out);
        matrix_to(from.up, 3, to.up);
        matrix_to(from.down, 6, to.down);
    }
    matrix_to(model.dense.symbols, 4, content.symbols);
    detail::to_integers<std::int32_t>(model.dense.bias, 256, -0x1p24, 0x1p24, content.bias);
    return content;
}

}  // namespace equinfo::train
