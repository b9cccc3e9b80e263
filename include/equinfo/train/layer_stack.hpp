// SPDX-License-Identifier: MIT
// What lies between embedding and output: layers of attention and feed-forward on a residual stream, and the last
// normalisation.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/attention.hpp>
#include <equinfo/train/gemm.hpp>
#include <equinfo/train/norm.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/rounding.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace equinfo::train {

/// The layers of a shape; of its tables and bytes it knows nothing. Works on one piece at a time, on one thread; keeps
/// its memory for the next.
class layer_stack {
public:
    explicit layer_stack(const m1_shape& shape, arithmetic products = arithmetic::exact)
        : m_shape(shape), m_products(products) {
        for (std::size_t i = 0; i < shape.layers; ++i) {
            m_layers.emplace_back(shape, shape.context_of(i), products);
        }
    }

    /// stream [positions, width] goes through all layers. `lengths` are those of the sequences, each from a reset on,
    /// and add up to all positions; `rounded` holds the matrices as they are multiplied with. Gives the normalised
    /// stream [positions, width].
    const std::vector<float>& forward(std::span<const layer_tensors> layers, std::span<const layer_tensors> rounded,
                                      std::span<const std::size_t> lengths, rounding how, std::vector<float>& stream) {
        EQUINFO_EXPECTS(layers.size() == m_layers.size() && rounded.size() == m_layers.size());
        EQUINFO_EXPECTS(std::accumulate(lengths.begin(), lengths.end(), std::size_t{0}) * m_shape.width ==
                        stream.size());
        m_stream = &stream;
        for (std::size_t i = 0; i < m_layers.size(); ++i) {
            attend(m_layers[i], layers[i], rounded[i], lengths, how);
            feed(m_layers[i], rounded[i], how);
        }
        normalise(stream, m_last, m_last_times, how);
        return m_last;
    }

    /// Of the forward before, with the same arguments, `stream` being what it left: adds to `gradients`, and gives the
    /// gradient of the stream that went in. `of_normalised` [positions, width] is that of what came out; it is used up.
    const std::vector<float>& backward(std::span<const layer_tensors> layers, std::span<const layer_tensors> rounded,
                                       std::span<const std::size_t> lengths, rounding how,
                                       const std::vector<float>& stream, std::vector<float>& of_normalised,
                                       std::span<layer_tensors> gradients) {
        EQUINFO_EXPECTS(of_normalised.size() == stream.size() && gradients.size() == m_layers.size());
        m_activation.swap(of_normalised);
        m_gradient.assign(stream.size(), 0);
        normalise_backward(stream, m_last_times, how);
        for (std::size_t i = m_layers.size(); i-- > 0;) {
            feed_backward(m_layers[i], rounded[i], how, gradients[i]);
            attend_backward(m_layers[i], layers[i], rounded[i], lengths, how, gradients[i]);
        }
        m_activation.swap(of_normalised);
        return m_gradient;
    }

private:
    /// What the backward of a layer needs of its forward; all [positions, ...].
    struct layer_memory {
        layer_memory(const m1_shape& shape, std::size_t context, arithmetic products) : attending(shape, context, products) {}

        std::vector<float> before;          // [width]: the residual stream before attention
        std::vector<float> before_times;    // [1]
        std::vector<float> normalised;      // [width]
        std::vector<float> qkv;             // [qkv_width]
        std::vector<float> head_times;      // [heads + kv]
        std::vector<float> queries;         // [heads * head_width], normalised
        std::vector<float> keys;            // [kv * head_width], normalised
        std::vector<float> values;          // [kv * head_width], rounded
        std::vector<float> attended;        // [heads * head_width]
        std::vector<float> attended_steps;  // the same, rounded
        std::vector<float> between;         // [width]: the residual stream before the feed-forward layer
        std::vector<float> between_times;   // [1]
        std::vector<float> normalised_too;  // [width]
        std::vector<float> hidden;          // [up_width]
        std::vector<float> fed;             // [hidden]: squares, or what gates let through
        attention attending;
    };

    void normalise(const std::vector<float>& stream, std::vector<float>& to, std::vector<float>& times,
                   rounding how) const {
        const std::size_t width = m_shape.width;
        to.resize(stream.size());
        times.resize(stream.size() / width);
        for (std::size_t i = 0; i < times.size(); ++i) {
            times[i] = norm_forward(std::span(stream).subspan(i * width, width), stream_unit, how,
                                    std::span(to).subspan(i * width, width));
        }
    }

    /// m_gradient += the gradient through a normalisation, of m_activation.
    void normalise_backward(const std::vector<float>& stream, const std::vector<float>& times, rounding how) {
        const std::size_t width = m_shape.width;
        for (std::size_t i = 0; i < times.size(); ++i) {
            norm_backward(std::span(stream).subspan(i * width, width), times[i], stream_unit, how,
                          std::span(m_activation).subspan(i * width, width),
                          std::span(m_gradient).subspan(i * width, width));
        }
    }

    void attend(layer_memory& m, const layer_tensors& layer, const layer_tensors& rounded,
                std::span<const std::size_t> lengths, rounding how) {
        const std::size_t head = m_shape.head_width;
        const std::size_t n = m_stream->size() / m_shape.width;
        const std::size_t heads = m_shape.heads;
        const std::size_t kv = m_shape.kv();
        m.before = *m_stream;
        normalise(m.before, m.normalised, m.before_times, how);
        m.qkv.resize(n * m_shape.qkv_width());
        multiply_transposed(as_matrix(m.normalised, m_shape.width), as_matrix(rounded.qkv, m_shape.width),
                            as_matrix(m.qkv, m_shape.qkv_width()), m_products);
        m.head_times.resize(n * (heads + kv));
        m.queries.resize(n * heads * head);
        m.keys.resize(n * kv * head);
        m.values.resize(n * kv * head);
        const float unit = head_unit(head);
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<const float> qkv = std::span(m.qkv).subspan(i * m_shape.qkv_width(), m_shape.qkv_width());
            float* const times = m.head_times.data() + i * (heads + kv);
            for (std::size_t h = 0; h < heads; ++h) {
                times[h] = norm_forward(qkv.subspan(h * head, head), unit, how,
                                        std::span(m.queries).subspan((i * heads + h) * head, head));
            }
            for (std::size_t g = 0; g < kv; ++g) {
                times[heads + g] = norm_forward(qkv.subspan((heads + g) * head, head), unit, how,
                                                std::span(m.keys).subspan((i * kv + g) * head, head));
            }
            round_to_steps(qkv.last(kv * head), value_unit, 127, how,
                           std::span(m.values).subspan(i * kv * head, kv * head));
        }
        m.attended.resize(m.queries.size());
        m.attending.forward(inputs_of(m, layer), lengths, how, m.attended);
        m.attended_steps.resize(m.attended.size());
        round_to_steps(m.attended, attended_unit, 127, how, m.attended_steps);
        add_transposed(as_matrix(m.attended_steps, heads * head), as_matrix(rounded.out, heads * head),
                       as_matrix(*m_stream, m_shape.width), m_products);
    }

    void attend_backward(layer_memory& m, const layer_tensors& layer, const layer_tensors& rounded,
                         std::span<const std::size_t> lengths, rounding how, layer_tensors& gradient) {
        const std::size_t head = m_shape.head_width;
        const std::size_t width = m_shape.width;
        const std::size_t n = m_gradient.size() / width;
        const std::size_t heads = m_shape.heads;
        const std::size_t kv = m_shape.kv();
        add_outer(as_matrix(m_gradient, width), as_matrix(m.attended_steps, heads * head),
                  as_matrix(gradient.out, heads * head), m_products);
        m_attended.resize(n * heads * head);
        multiply(as_matrix(m_gradient, width), as_matrix(rounded.out, heads * head),
                 as_matrix(m_attended, heads * head), m_products);
        round_to_steps_backward(m.attended, attended_unit, how, m_attended);
        m_queries.assign(n * heads * head, 0);
        m_keys.assign(n * kv * head, 0);
        m_values.assign(n * kv * head, 0);
        m.attending.backward(inputs_of(m, layer), lengths, m_attended,
                             {m_queries, m_keys, m_values, gradient.temperature, gradient.relative});
        m_qkv.assign(n * m_shape.qkv_width(), 0);
        const float unit = head_unit(head);
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<const float> qkv = std::span(m.qkv).subspan(i * m_shape.qkv_width(), m_shape.qkv_width());
            const std::span<float> to = std::span(m_qkv).subspan(i * m_shape.qkv_width(), m_shape.qkv_width());
            const float* const times = m.head_times.data() + i * (heads + kv);
            for (std::size_t h = 0; h < heads; ++h) {
                norm_backward(qkv.subspan(h * head, head), times[h], unit, how,
                              std::span(m_queries).subspan((i * heads + h) * head, head), to.subspan(h * head, head));
            }
            for (std::size_t g = 0; g < kv; ++g) {
                norm_backward(qkv.subspan((heads + g) * head, head), times[heads + g], unit, how,
                              std::span(m_keys).subspan((i * kv + g) * head, head),
                              to.subspan((heads + g) * head, head));
            }
            const std::span<float> values = std::span(m_values).subspan(i * kv * head, kv * head);
            round_to_steps_backward(qkv.last(kv * head), value_unit, how, values);
            std::copy(values.begin(), values.end(), to.last(kv * head).begin());
        }
        add_outer(as_matrix(m_qkv, m_shape.qkv_width()), as_matrix(m.normalised, width), as_matrix(gradient.qkv, width),
                  m_products);
        multiply(as_matrix(m_qkv, m_shape.qkv_width()), as_matrix(rounded.qkv, width), as_matrix(m_activation, width),
                 m_products);
        normalise_backward(m.before, m.before_times, how);
    }

    void feed(layer_memory& m, const layer_tensors& rounded, rounding how) {
        const std::size_t n = m_stream->size() / m_shape.width;
        m.between = *m_stream;
        normalise(m.between, m.normalised_too, m.between_times, how);
        m.hidden.resize(n * m_shape.up_width());
        multiply_transposed(as_matrix(m.normalised_too, m_shape.width), as_matrix(rounded.up, m_shape.width),
                            as_matrix(m.hidden, m_shape.up_width()), m_products);
        m.fed.resize(n * m_shape.hidden);
        if (m_shape.feed == m1_feed::squared) {
            square_forward(m.hidden, how, m.fed);
        } else {
            const auto forward = m_shape.feed == m1_feed::gated ? gate_forward : swiglu_forward;
            for (std::size_t i = 0; i < n; ++i) {
                forward(run(m.hidden, 2 * i), run(m.hidden, 2 * i + 1), how, run(m.fed, i));
            }
        }
        add_transposed(as_matrix(m.fed, m_shape.hidden), as_matrix(rounded.down, m_shape.hidden),
                       as_matrix(*m_stream, m_shape.width), m_products);
    }

    void feed_backward(layer_memory& m, const layer_tensors& rounded, rounding how, layer_tensors& gradient) {
        const std::size_t width = m_shape.width;
        add_outer(as_matrix(m_gradient, width), as_matrix(m.fed, m_shape.hidden),
                  as_matrix(gradient.down, m_shape.hidden), m_products);
        m_hidden.resize(m.fed.size());
        multiply(as_matrix(m_gradient, width), as_matrix(rounded.down, m_shape.hidden),
                 as_matrix(m_hidden, m_shape.hidden), m_products);
        if (m_shape.feed == m1_feed::squared) {
            square_backward(m.hidden, how, m_hidden);
        } else {
            m_fed.swap(m_hidden);
            m_hidden.resize(m.hidden.size());
            const auto backward = m_shape.feed == m1_feed::gated ? gate_backward : swiglu_backward;
            for (std::size_t i = 0; i < m_fed.size() / m_shape.hidden; ++i) {
                backward(run(m.hidden, 2 * i), run(m.hidden, 2 * i + 1), how, run(m_fed, i),
                         run(m_hidden, 2 * i), run(m_hidden, 2 * i + 1));
            }
        }
        add_outer(as_matrix(m_hidden, m_shape.up_width()), as_matrix(m.normalised_too, width),
                  as_matrix(gradient.up, width), m_products);
        multiply(as_matrix(m_hidden, m_shape.up_width()), as_matrix(rounded.up, width), as_matrix(m_activation, width),
                 m_products);
        normalise_backward(m.between, m.between_times, how);
    }

    /// Numbers as runs of `hidden`: of a position's gates and values, number 2 * position and the next.
    std::span<float> run(std::vector<float>& numbers, std::size_t number) const {
        return std::span(numbers).subspan(number * m_shape.hidden, m_shape.hidden);
    }

    static attention_tensors<const float> inputs_of(layer_memory& m, const layer_tensors& layer) {
        return {m.queries, m.keys, m.values, layer.temperature, layer.relative};
    }

    static constexpr float value_unit = 32;
    static constexpr float attended_unit = 64;

    m1_shape m_shape;
    arithmetic m_products;
    std::vector<layer_memory> m_layers;
    std::vector<float>* m_stream = nullptr;  // the caller's, [positions, width]
    std::vector<float> m_last;               // [positions, width]
    std::vector<float> m_last_times;         // [positions]

    // Gradients, of one operation after another.
    std::vector<float> m_gradient;    // [positions, width]: of the residual stream
    std::vector<float> m_activation;  // [positions, width]: of a normalisation's result
    std::vector<float> m_hidden;
    std::vector<float> m_fed;
    std::vector<float> m_attended;
    std::vector<float> m_queries;
    std::vector<float> m_keys;
    std::vector<float> m_values;
    std::vector<float> m_qkv;
};

}  // namespace equinfo::train
