// SPDX-License-Identifier: MIT
// Attention within a sliding window, in blocks of positions, with weights of 8 bits as the integer model has them.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/gemm.hpp>
#include <equinfo/train/rounding.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

namespace equinfo::train {

/// The tensors of attention, or their gradients. Sequences follow one another.
template <class Float>
struct attention_tensors {
    std::span<Float> queries;      // [positions, heads * head_width]
    std::span<Float> keys;         // [positions, kv * head_width]
    std::span<Float> values;       // [positions, kv * head_width]
    std::span<Float> temperature;  // [heads], in binary orders of magnitude a unit of the product of query and key
    std::span<Float> relative;     // [heads, the layer's context], by distance, in binary orders of magnitude
};

/// Attention with what its backward needs to remember, of one layer.
///
/// A block is all query heads of one key head at up to 64 positions of one sequence, against the keys they see together: two
/// large products, where half of a block's corner in the window's past is worked out for nothing.
class attention {
public:
    /// `context` is that of the layer.
    attention(const m1_shape& shape, std::size_t context, arithmetic products = arithmetic::exact)
        : m_heads(shape.heads),
          m_shared(shape.shared),
          m_kv(shape.kv()),
          m_width(shape.head_width),
          m_context(context),
          m_products(products) {}

    /// result [positions, heads * head_width]: each head's mean of the values it sees, by its weights. `lengths` are those of the
    /// sequences, and add up to all positions.
    void forward(const attention_tensors<const float>& in, std::span<const std::size_t> lengths, rounding how,
                 std::span<float> result) {
        reverse_relative(in.relative);
        std::size_t weights = 0;
        for (const std::size_t length : lengths) {
            weights += weights_of(length) * m_kv;
        }
        m_queries.resize(in.queries.size());
        m_results.resize(in.queries.size());
        m_totals.resize(in.queries.size() / m_width);
        m_weights.resize(weights);
        const std::size_t used = visit_blocks(lengths, [&](const block& b) { forward_block(in, b, how, result); });
        EQUINFO_EXPECTS(used == m_weights.size());
        static_cast<void>(used);
    }

    /// Of the forward before, with the same inputs: adds to the gradients of all of them, `of_result` being that of the result.
    void backward(const attention_tensors<const float>& in, std::span<const std::size_t> lengths, std::span<const float> of_result,
                  const attention_tensors<float>& gradients) {
        m_reversed_gradient.assign(m_heads * m_context, 0);
        visit_blocks(lengths, [&](const block& b) { backward_block(in, b, of_result, gradients); });
        for (std::size_t h = 0; h < m_heads; ++h) {
            for (std::size_t distance = 0; distance < m_context; ++distance) {
                gradients.relative[h * m_context + distance] += m_reversed_gradient[(h + 1) * m_context - 1 - distance];
            }
        }
    }

private:
    static constexpr std::size_t most_positions = 64;

    struct block {
        std::size_t start;  // position that the sequence starts at
        std::size_t key_head;
        std::size_t begin;  // the queries' positions, within the sequence
        std::size_t end;
        std::size_t first;  // the first key's position
        std::size_t rows;   // queries: all heads at `begin`.., one head behind the other
        std::size_t row;    // number of the first, over all blocks
        float* weights;     // [rows, keys]

        [[nodiscard]] std::size_t keys() const noexcept { return end - first; }
    };

    [[nodiscard]] std::size_t first_key(std::size_t position) const noexcept {
        return position + 1 > m_context ? position + 1 - m_context : 0;
    }

    /// Weights of one sequence and key head.
    [[nodiscard]] std::size_t weights_of(std::size_t length) const noexcept {
        std::size_t total = 0;
        for (std::size_t begin = 0; begin < length; begin += most_positions) {
            const std::size_t end = std::min(begin + most_positions, length);
            total += m_shared * (end - begin) * (end - first_key(begin));
        }
        return total;
    }

    template <class Visit>
    std::size_t visit_blocks(std::span<const std::size_t> lengths, Visit&& visit) {
        std::size_t at = 0;
        std::size_t row = 0;
        std::size_t start = 0;
        for (const std::size_t length : lengths) {
            for (std::size_t key_head = 0; key_head < m_kv; ++key_head) {
                for (std::size_t begin = 0; begin < length; begin += most_positions) {
                    const std::size_t end = std::min(begin + most_positions, length);
                    const block b{start, key_head, begin, end, first_key(begin), m_shared * (end - begin), row, m_weights.data() + at};
                    visit(b);
                    at += b.rows * b.keys();
                    row += b.rows;
                }
            }
            start += length;
        }
        return at;
    }

    /// Calls visit(head, position from the sequence's start, row of the block) for all queries.
    template <class Visit>
    void visit_queries(const block& b, Visit&& visit) const {
        std::size_t row = 0;
        for (std::size_t h = b.key_head * m_shared; h < (b.key_head + 1) * m_shared; ++h) {
            for (std::size_t i = b.begin; i < b.end; ++i) {
                visit(h, i, row++);
            }
        }
    }

    template <class Float>
    [[nodiscard]] matrix_of<Float> keys_of(std::span<Float> tensor, const block& b) const noexcept {
        return {tensor.data() + ((b.start + b.first) * m_kv + b.key_head) * m_width, b.keys(), m_width, m_kv * m_width};
    }

    /// Greatest distance first, as keys stand in memory.
    void reverse_relative(std::span<const float> relative) {
        m_reversed.resize(relative.size());
        for (std::size_t h = 0; h < m_heads; ++h) {
            std::reverse_copy(relative.begin() + static_cast<std::ptrdiff_t>(h * m_context),
                              relative.begin() + static_cast<std::ptrdiff_t>((h + 1) * m_context),
                              m_reversed.begin() + static_cast<std::ptrdiff_t>(h * m_context));
        }
    }

    /// Where the query at position i meets its first key: in the block's keys, and in the reversed relative terms of a head.
    struct window {
        std::size_t key;
        std::size_t size;
        std::size_t relative;
    };
    [[nodiscard]] window window_of(const block& b, std::size_t i) const noexcept {
        const std::size_t first = first_key(i);
        return {first - b.first, i + 1 - first, m_context - 1 - (i - first)};
    }

    void forward_block(const attention_tensors<const float>& in, const block& b, rounding how, std::span<float> result) {
        float* const queries = m_queries.data() + b.row * m_width;
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            const float* const from = in.queries.data() + ((b.start + i) * m_heads + h) * m_width;
            std::copy(from, from + m_width, queries + row * m_width);
        });
        const matrix weights(b.weights, b.rows, b.keys());
        multiply_transposed(const_matrix(queries, b.rows, m_width), keys_of(in.keys, b), weights, m_products);
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            const window w = window_of(b, i);
            float* const line = weights.row(row);
            m_totals[b.row + row] =
                weigh(std::span(line + w.key, w.size), in.temperature[h], m_reversed.data() + h * m_context + w.relative, how);
            std::fill(line, line + w.key, 0.0F);
            std::fill(line + w.key + w.size, line + b.keys(), 0.0F);
        });
        float* const results = m_results.data() + b.row * m_width;
        multiply(weights, keys_of(in.values, b), matrix(results, b.rows, m_width), m_products);
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            const float share = 1 / m_totals[b.row + row];
            float* const to = result.data() + ((b.start + i) * m_heads + h) * m_width;
            for (std::size_t c = 0; c < m_width; ++c) {
                results[row * m_width + c] *= share;
                to[c] = results[row * m_width + c];
            }
        });
    }

    /// Products become weights, of which the greatest is 255; gives their sum.
    static float weigh(std::span<float> scores, float temperature, const float* relative, rounding how) noexcept {
        for (std::size_t j = 0; j < scores.size(); ++j) {
            scores[j] = scores[j] * temperature + relative[j];
        }
        const float top = greatest(scores);
        if (how == rounding::on) {
            for (float& score : scores) {
                score = round_small(255 * power_of_two(score - top));
            }
        } else {
            for (float& score : scores) {
                score = 255 * power_of_two(score - top);
            }
        }
        return sum(scores);
    }

    void backward_block(const attention_tensors<const float>& in, const block& b, std::span<const float> of_result,
                        const attention_tensors<float>& gradients) {
        m_block.resize(2 * b.rows * m_width + b.rows * b.keys() + b.rows);
        float* const of_sums = m_block.data();                   // [rows, head_width]: of the sums before division
        float* const of_queries = of_sums + b.rows * m_width;    // [rows, head_width]: of the queries times temperature
        float* const of_scores = of_queries + b.rows * m_width;  // [rows, keys]
        float* const means = of_scores + b.rows * b.keys();      // [rows]
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            const std::span<const float> from(of_result.data() + ((b.start + i) * m_heads + h) * m_width, m_width);
            const float share = 1 / m_totals[b.row + row];
            means[row] = dot(from, std::span<const float>(m_results).subspan((b.row + row) * m_width, m_width)) * share;
            for (std::size_t c = 0; c < m_width; ++c) {
                of_sums[row * m_width + c] = from[c] * share;
            }
        });
        const const_matrix weights(b.weights, b.rows, b.keys());
        const const_matrix sums(of_sums, b.rows, m_width);
        const matrix scores(of_scores, b.rows, b.keys());
        add_outer(weights, sums, keys_of(gradients.values, b), m_products);
        multiply_transposed(sums, keys_of(in.values, b), scores, m_products);
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            float* const line = scores.row(row);
            const float* const weight = weights.row(row);
            const float mean = means[row];
            for (std::size_t j = 0; j < b.keys(); ++j) {  // weights out of the window are 0
                line[j] = (line[j] - mean) * weight[j] * std::numbers::ln2_v<float>;
            }
            const window w = window_of(b, i);
            add_to(std::span(m_reversed_gradient).subspan(h * m_context + w.relative, w.size),
                   std::span<const float>(line + w.key, w.size));
        });
        multiply(scores, keys_of(in.keys, b), matrix(of_queries, b.rows, m_width), m_products);
        // The sums are no longer needed: their room is for the queries times temperature.
        visit_queries(b, [&](std::size_t h, std::size_t i, std::size_t row) {
            const std::size_t place = ((b.start + i) * m_heads + h) * m_width;
            const std::span<const float> of_query(of_queries + row * m_width, m_width);
            const std::span<const float> query = in.queries.subspan(place, m_width);
            const float temperature = in.temperature[h];
            gradients.temperature[h] += dot(of_query, query);
            for (std::size_t c = 0; c < m_width; ++c) {
                gradients.queries[place + c] += of_query[c] * temperature;
                of_sums[row * m_width + c] = query[c] * temperature;
            }
        });
        add_outer(scores, sums, keys_of(gradients.keys, b), m_products);
    }

    std::size_t m_heads;
    std::size_t m_shared;
    std::size_t m_kv;
    std::size_t m_width;  // of a head
    std::size_t m_context;
    arithmetic m_products;
    std::vector<float> m_reversed;  // [heads, context]
    std::vector<float> m_reversed_gradient;
    std::vector<float> m_queries;  // in the order of the blocks
    std::vector<float> m_results;  // in the order of the blocks
    std::vector<float> m_totals;   // of the weights, a row of a block
    std::vector<float> m_weights;  // 0..255, block by block
    std::vector<float> m_block;    // scratch
};

}  // namespace equinfo::train
