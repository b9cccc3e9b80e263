// SPDX-License-Identifier: MIT
// The ids among which M2 chooses: all of them or, where that is too much for every step, those that occur and a sample
// of the rest.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m2/parameters.hpp>
#include <equinfo/m2/sequence.hpp>
#include <equinfo/train/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// Their vectors are copied together, so that scores are one product.
struct candidates {
    std::vector<std::uint32_t> ids;  // ascending
    std::vector<float> rows;         // [ids, width]
    std::vector<float>
        addends;  // [ids], in binary orders of magnitude: the bias, and for a sampled id how many it stands for

    /// The place of an id that is among them.
    [[nodiscard]] std::size_t place_of(std::uint32_t id) const noexcept {
        const auto at = std::lower_bound(ids.begin(), ids.end(), id);
        EQUINFO_EXPECTS(at != ids.end() && *at == id);
        return static_cast<std::size_t>(at - ids.begin());
    }
};

namespace detail {

inline void gather(const parameters& model, candidates& chosen) {
    const std::size_t width = model.shape.layers.width;
    chosen.rows.resize(chosen.ids.size() * width);
    for (std::size_t i = 0; i < chosen.ids.size(); ++i) {
        const std::span<const float> row = model.row(chosen.ids[i]);
        std::copy(row.begin(), row.end(), chosen.rows.begin() + static_cast<std::ptrdiff_t>(i * width));
        chosen.addends[i] += model.bias[chosen.ids[i] - model.shape.first_output];
    }
}

}  // namespace detail

/// All outputs: the cost by them is exact.
[[nodiscard]] inline candidates all_candidates(const parameters& model) {
    candidates chosen;
    chosen.ids.resize(model.shape.outputs);
    for (std::uint32_t i = 0; i < model.shape.outputs; ++i) {
        chosen.ids[i] = model.shape.first_output + i;
    }
    chosen.addends.assign(chosen.ids.size(), 0);
    detail::gather(model, chosen);
    return chosen;
}

/// All targets of the pieces, which stand for themselves, and `sampled` of the other outputs, drawn evenly and without
/// repetition, each of which stands for as many as there are others to one sampled. So the sum of all ids' powers is
/// right on average.
[[nodiscard]] inline candidates sampled_candidates(const parameters& model, std::span<const piece> pieces,
                                                   std::size_t sampled, train::random_numbers& random) {
    const model_shape& shape = model.shape;
    std::vector<bool> taken(shape.outputs);
    std::vector<bool> occurs(shape.outputs);
    std::size_t targets = 0;
    for (const piece& each : pieces) {
        for (const std::uint32_t id : each.targets) {
            const std::uint32_t number = id - shape.first_output;
            targets += occurs[number] ? 0 : 1;
            occurs[number] = taken[number] = true;
        }
    }
    const std::size_t others = shape.outputs - targets;
    if (sampled >= others / 2) {  // drawing would find little that is left, and save little
        return all_candidates(model);
    }
    for (std::size_t drawn = 0; drawn < sampled;) {
        const std::size_t number = random.below(shape.outputs);
        if (!taken[number]) {
            taken[number] = true;
            ++drawn;
        }
    }
    candidates chosen;
    const float stands_for = std::log2(static_cast<float>(others) / static_cast<float>(sampled));
    for (std::uint32_t number = 0; number < shape.outputs; ++number) {
        if (taken[number]) {
            chosen.ids.push_back(shape.first_output + number);
            chosen.addends.push_back(occurs[number] ? 0.0F : stands_for);
        }
    }
    detail::gather(model, chosen);
    return chosen;
}

}  // namespace equinfo::m2
