// SPDX-License-Identifier: MIT
// The float model over a few sequences at a time: their cost, and the gradient of it.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/cross_entropy.hpp>
#include <equinfo/train/gemm.hpp>
#include <equinfo/train/layer_stack.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/rounding.hpp>
#include <equinfo/train/tables.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace equinfo::train {

/// Sequences, each from a reset on; they follow one another.
struct piece {
    std::vector<std::size_t> lengths;  // a sequence: at least 1
    std::vector<std::uint8_t> text;    // what is to be predicted

    void add(std::span<const std::uint8_t> sequence) {
        EQUINFO_EXPECTS(!sequence.empty());
        lengths.push_back(sequence.size());
        text.insert(text.end(), sequence.begin(), sequence.end());
    }
    [[nodiscard]] std::size_t positions() const noexcept { return text.size(); }
};

/// The gradient of one piece that does not fit the dense tensors: of the rows that it names.
struct piece_rows {
    std::vector<std::uint32_t> rows;  // [positions, tables]
    std::vector<float> gradients;     // [positions, tables * columns]
};

/// Works on one piece at a time, on one thread; keeps its memory for the next.
class transformer {
public:
    explicit transformer(const m1_shape& shape, arithmetic products = arithmetic::exact)
        : m_shape(shape), m_products(products), m_layers(shape, products) {}

    /// Bits of each byte [positions]. `rounded` holds the matrices as they are multiplied with. `rows` is filled in.
    void forward(const parameters& model, const dense_tensors& rounded, const piece& text, rounding how,
                 piece_rows& rows, std::span<float> bits) {
        const std::size_t width = m_shape.width;
        const std::size_t n = text.positions();
        EQUINFO_EXPECTS(bits.size() == n &&
                        std::accumulate(text.lengths.begin(), text.lengths.end(), std::size_t{0}) == n);
        take_in(text);
        m_stream.resize(n * width);
        for (std::size_t i = 0; i < n; ++i) {
            const float* const from = model.dense.bytes.data() + m_tokens[i] * width;
            std::copy(from, from + width, m_stream.data() + i * width);
        }
        if (!m_shape.tables.empty()) {
            rows.rows.resize(n * m_shape.tables.size());
            std::size_t at = 0;
            for (const std::size_t length : text.lengths) {
                find_rows(m_shape, std::span(m_tokens).subspan(at, length),
                          std::span(rows.rows).subspan(at * m_shape.tables.size(), length * m_shape.tables.size()));
                at += length;
            }
            m_rows.resize(n * m_shape.mix_width());
            gather_rows(m_shape, model.tables, rows.rows, how, m_rows);
            add_transposed(as_matrix(m_rows, m_shape.mix_width()), as_matrix(rounded.mix, m_shape.mix_width()),
                           as_matrix(m_stream, width), m_products);
        }
        m_last = &m_layers.forward(model.dense.layers, rounded.layers, text.lengths, how, m_stream);
        m_logits.resize(n * 256);
        multiply_transposed(as_matrix(*m_last, width), as_matrix(rounded.symbols, width), as_matrix(m_logits, 256),
                            m_products);
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<float> logits = std::span(m_logits).subspan(i * 256, 256);
            add_to(logits, model.dense.bias);
            bits[i] = cost_forward(logits, text.text[i]);
        }
    }

    /// Of the forward before, with the same model and piece: adds the gradient of `scale` times all bits to `gradient`.
    void backward(const parameters& model, const dense_tensors& rounded, const piece& text, rounding how, float scale,
                  dense_tensors& gradient, piece_rows& rows) {
        const std::size_t width = m_shape.width;
        const std::size_t n = text.positions();
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<float> logits = std::span(m_logits).subspan(i * 256, 256);
            cost_backward(logits, text.text[i], scale);
            add_to(gradient.bias, logits);
        }
        add_outer(as_matrix(m_logits, 256), as_matrix(*m_last, width), as_matrix(gradient.symbols, width), m_products);
        m_of_last.resize(n * width);
        multiply(as_matrix(m_logits, 256), as_matrix(rounded.symbols, width), as_matrix(m_of_last, width), m_products);
        const std::vector<float>& of_stream = m_layers.backward(model.dense.layers, rounded.layers, text.lengths, how,
                                                                m_stream, m_of_last, gradient.layers);
        if (!m_shape.tables.empty()) {
            add_outer(as_matrix(of_stream, width), as_matrix(m_rows, m_shape.mix_width()),
                      as_matrix(gradient.mix, m_shape.mix_width()), m_products);
            rows.gradients.resize(m_rows.size());
            multiply(as_matrix(of_stream, width), as_matrix(rounded.mix, m_shape.mix_width()),
                     as_matrix(rows.gradients, m_shape.mix_width()), m_products);
        }
        for (std::size_t i = 0; i < n; ++i) {
            add_to(std::span(gradient.bytes).subspan(m_tokens[i] * width, width),
                   std::span(of_stream).subspan(i * width, width));
        }
    }

private:
    void take_in(const piece& text) {
        m_tokens.resize(text.positions());
        std::copy_n(text.text.begin(), text.positions() - 1, m_tokens.begin() + 1);
        std::size_t at = 0;
        for (const std::size_t length : text.lengths) {
            m_tokens[at] = static_cast<std::uint16_t>(equinfo::detail::start_token);
            at += length;
        }
    }

    m1_shape m_shape;
    arithmetic m_products;
    layer_stack m_layers;
    std::vector<std::uint16_t> m_tokens;         // [positions]
    std::vector<float> m_rows;                   // [positions, tables * columns]
    std::vector<float> m_stream;                 // [positions, width]: in the end what the last normalisation saw
    const std::vector<float>* m_last = nullptr;  // [positions, width]: its result, the stack's
    std::vector<float> m_logits;                 // [positions, 256]; then probabilities, then gradients
    std::vector<float> m_of_last;                // [positions, width]: the gradient of the last normalisation's result
};

}  // namespace equinfo::train
