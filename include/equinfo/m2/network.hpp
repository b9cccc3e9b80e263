// SPDX-License-Identifier: MIT
// M2 over a few sequences at a time: what their ids cost, and the gradient of it.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m2/candidates.hpp>
#include <equinfo/m2/parameters.hpp>
#include <equinfo/m2/sequence.hpp>
#include <equinfo/train/cross_entropy.hpp>
#include <equinfo/train/gemm.hpp>
#include <equinfo/train/layer_stack.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// The gradient of a few pieces.
struct gradients {
    std::vector<train::layer_tensors> layers;
    std::vector<float> candidate_rows;  // [candidates, width]
    std::vector<float> candidate_bias;  // [candidates]
};

/// That of one piece's inputs, which name rows of the embedding.
struct input_rows {
    std::vector<std::uint32_t> ids;  // [positions]
    std::vector<float> gradients;    // [positions, width]
};

/// Works on one piece at a time, on one thread; keeps its memory for the next. Floats without steps: M2 judges, it need
/// not be exact.
class network {
public:
    explicit network(const model_shape& shape, train::arithmetic products = train::arithmetic::exact)
        : m_shape(shape), m_products(products), m_layers(shape.layers, products) {}

    /// Bits of each predicted id, and whether it was the likeliest candidate.
    void measure(const parameters& model, const piece& text, const candidates& among, std::vector<float>& bits,
                 std::vector<std::uint8_t>& right) {
        forward(model, text);
        bits.resize(text.targets.size());
        right.resize(text.targets.size());
        visit_chunks(text, among, [&](std::size_t begin, std::size_t count) {
            score(text, among, begin, count);
            for (std::size_t i = 0; i < count; ++i) {
                const std::span<float> line = logits(among, i);
                const std::size_t wanted = among.place_of(text.targets[begin + i]);
                right[begin + i] = line[wanted] >= train::greatest(line) ? 1 : 0;
                bits[begin + i] = train::cost_forward(line, wanted);
            }
        });
    }

    /// Bits of each predicted id, and the gradient of `scale` times all bits: added to `to`, put into `inputs`.
    void learn(const parameters& model, const piece& text, const candidates& among, float scale, gradients& to,
               input_rows& inputs, std::vector<float>& bits) {
        const std::size_t width = m_shape.layers.width;
        forward(model, text);
        bits.resize(text.targets.size());
        m_of_last.assign(m_stream.size(), 0);
        visit_chunks(text, among, [&](std::size_t begin, std::size_t count) {
            score(text, among, begin, count);
            for (std::size_t i = 0; i < count; ++i) {
                const std::span<float> line = logits(among, i);
                const std::size_t wanted = among.place_of(text.targets[begin + i]);
                bits[begin + i] = train::cost_forward(line, wanted);
                train::cost_backward(line, wanted, scale);
                train::add_to(to.candidate_bias, line);
            }
            const train::const_matrix of_logits(m_logits.data(), count, among.ids.size());
            train::add_outer(of_logits, train::const_matrix(m_chunk.data(), count, width),
                             train::as_matrix(to.candidate_rows, width), m_products);
            train::multiply(of_logits, train::as_matrix(among.rows, width), train::matrix(m_chunk.data(), count, width),
                            m_products);
            for (std::size_t i = 0; i < count; ++i) {
                const float* const from = m_chunk.data() + i * width;
                std::copy(from, from + width, m_of_last.data() + text.predicted[begin + i] * width);
            }
        });
        const std::vector<float>& of_stream = m_layers.backward(model.layers, model.layers, text.lengths,
                                                                train::rounding::off, m_stream, m_of_last, to.layers);
        inputs.ids = text.inputs;
        inputs.gradients.resize(of_stream.size());
        for (std::size_t i = 0; i < of_stream.size(); ++i) {
            inputs.gradients[i] = model.input_scale() * of_stream[i];
        }
    }

private:
    static constexpr std::size_t most_logits = std::size_t{1} << 20;  // that are kept at a time

    void forward(const parameters& model, const piece& text) {
        const std::size_t width = m_shape.layers.width;
        m_stream.resize(text.positions() * width);
        for (std::size_t i = 0; i < text.positions(); ++i) {
            const std::span<const float> row = model.row(text.inputs[i]);
            for (std::size_t c = 0; c < width; ++c) {
                m_stream[i * width + c] = model.input_scale() * row[c];
            }
        }
        m_last = &m_layers.forward(model.layers, model.layers, text.lengths, train::rounding::off, m_stream);
    }

    template <class Visit>
    static void visit_chunks(const piece& text, const candidates& among, Visit&& visit) {
        const std::size_t rows = std::clamp<std::size_t>(most_logits / among.ids.size(), 16, 256);
        for (std::size_t begin = 0; begin < text.targets.size(); begin += rows) {
            visit(begin, std::min(rows, text.targets.size() - begin));
        }
    }

    /// Logits of `count` predictions from number `begin` on, and in m_chunk what they were made from.
    void score(const piece& text, const candidates& among, std::size_t begin, std::size_t count) {
        const std::size_t width = m_shape.layers.width;
        m_chunk.resize(count * width);
        for (std::size_t i = 0; i < count; ++i) {
            const float* const from = m_last->data() + text.predicted[begin + i] * width;
            std::copy(from, from + width, m_chunk.data() + i * width);
        }
        m_logits.resize(count * among.ids.size());
        train::multiply_transposed(train::as_matrix(m_chunk, width), train::as_matrix(among.rows, width),
                                   train::as_matrix(m_logits, among.ids.size()), m_products);
        for (std::size_t i = 0; i < count; ++i) {
            train::add_to(logits(among, i), among.addends);
        }
    }

    [[nodiscard]] std::span<float> logits(const candidates& among, std::size_t row) noexcept {
        return std::span(m_logits).subspan(row * among.ids.size(), among.ids.size());
    }

    model_shape m_shape;
    train::arithmetic m_products;
    train::layer_stack m_layers;
    std::vector<float> m_stream;                 // [positions, width]
    const std::vector<float>* m_last = nullptr;  // [positions, width]: normalised, the stack's
    std::vector<float> m_of_last;                // [positions, width]
    std::vector<float> m_chunk;                  // [predictions, width]
    std::vector<float> m_logits;                 // [predictions, candidates]; then probabilities, then gradients
};

}  // namespace equinfo::m2
