// SPDX-License-Identifier: MIT
// The state of M2's training as bytes, so that it can go on later as if it had never stopped.
#pragma once

#include <equinfo/error.hpp>
#include <equinfo/m2/trainer.hpp>
#include <equinfo/train/checkpoint.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::m2 {

/// Of this version of the library: no other needs to read it.
inline constexpr std::uint64_t checkpoint_magic = 0x31304B43324D4545u;

namespace detail {

template <class Visitor, class Shape>
void visit_shape(Visitor& visitor, Shape& shape) {
    train::detail::visit_shape(visitor, shape.layers);
    visitor.number(shape.symbols);
    visitor.number(shape.first_output);
    visitor.number(shape.outputs);
}

/// All that stands behind the shape.
template <class Visitor, class State>
void visit_state(Visitor& visitor, State& state) {
    for (auto* const number : {&state.step, &state.tokens, &state.sequences, &state.random}) {
        visitor.number(*number);
    }
    visitor.numbers(state.model.embedding);
    visitor.numbers(state.model.bias);
    for (auto* const layers : {&state.model.layers, &state.mean, &state.square}) {
        for (auto& layer : *layers) {
            train::visit_layer(
                state.model.shape.layers, state.model.shape.layers.context, layer,
                [&](train::tensor_kind, std::size_t, std::size_t, auto& numbers) { visitor.numbers(numbers); });
        }
    }
    for (auto* const memory : {&state.rows, &state.biases}) {
        visitor.numbers(memory->squares);
        visitor.numbers(memory->counts);
    }
}

}  // namespace detail

[[nodiscard]] inline std::vector<std::byte> write_checkpoint(const training_state& state) {
    train::detail::checkpoint_writer writer;
    writer.number(checkpoint_magic);
    detail::visit_shape(writer, state.model.shape);
    detail::visit_state(writer, state);
    return train::detail::seal(writer);
}

/// @throws equinfo::error where it is no checkpoint of M2, or a damaged one
[[nodiscard]] inline training_state read_checkpoint(std::span<const std::byte> bytes) {
    train::detail::checkpoint_reader reader =
        train::detail::open(bytes, checkpoint_magic, "not a checkpoint of M2's training");
    training_state state;
    model_shape& shape = state.model.shape;
    detail::visit_shape(reader, shape);
    if (const char* const fault = fault_of(shape)) {
        reader.fail(errc::bad_parameter, fault);
    }
    for (auto* const layers : {&state.model.layers, &state.mean, &state.square}) {
        layers->resize(shape.layers.layers);
    }
    detail::visit_state(reader, state);
    const std::size_t vectors = std::size_t{shape.symbols} + 1;
    bool fits = reader.at_end() && state.model.embedding.size() == vectors * shape.layers.width &&
                state.model.bias.size() == shape.outputs && state.rows.squares.size() == state.model.embedding.size() &&
                state.rows.counts.size() == vectors && state.biases.squares.size() == shape.outputs &&
                state.biases.counts.size() == shape.outputs;
    for (const auto* const layers : {&state.model.layers, &state.mean, &state.square}) {
        for (const train::layer_tensors& layer : *layers) {
            train::visit_layer(
                shape.layers, shape.layers.context, layer,
                [&](train::tensor_kind, std::size_t rows, std::size_t columns, const std::vector<float>& numbers) {
                    fits = fits && numbers.size() == rows * columns;
                });
        }
    }
    if (!fits) {
        reader.fail(errc::corrupt, "the checkpoint's numbers do not fit its shape");
    }
    return state;
}

}  // namespace equinfo::m2
