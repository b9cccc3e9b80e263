// SPDX-License-Identifier: MIT
// One step of learning for each kind of tensor: AdamW, Muon for matrices within the network, and row by row for tables.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/train/gemm.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/tables.hpp>
#include <equinfo/train/threads.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::train {

/// Scales all gradients down to a common length of `most`, if they are longer together. Gives the length before.
inline float clip_length(std::span<const std::span<float>> gradients, float most) {
    double squares = 0;
    for (const std::span<float> gradient : gradients) {
        squares += static_cast<double>(dot(gradient, gradient));
    }
    const auto length = static_cast<float>(std::sqrt(squares));
    if (length > most) {
        const float times = most / length;
        for (const std::span<float> gradient : gradients) {
            for (float& each : gradient) {
                each *= times;
            }
        }
    }
    return length;
}

/// AdamW of one tensor. `mean` and `square` are its running means of gradients and of their squares; `step` counts from 1.
inline void adam_step(std::span<float> numbers, std::span<const float> gradient, std::span<float> mean, std::span<float> square,
                      std::uint64_t step, float rate, float decay) noexcept {
    constexpr float keep_mean = 0.9F;
    constexpr float keep_square = 0.95F;
    constexpr float least = 1e-10F;
    const auto steps = static_cast<float>(step);
    const float of_mean = rate / (1 - std::pow(keep_mean, steps));
    const float of_square = 1 / std::sqrt(1 - std::pow(keep_square, steps));
    const float kept = 1 - rate * decay;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const float g = gradient[i];
        mean[i] = keep_mean * mean[i] + (1 - keep_mean) * g;
        square[i] = keep_square * square[i] + (1 - keep_square) * g * g;
        numbers[i] = kept * numbers[i] - of_mean * mean[i] / (std::sqrt(square[i]) * of_square + least);
    }
}

/// Muon of one matrix: momentum whose update is made nearly orthogonal, so that all directions learn alike.
class muon_step {
public:
    /// numbers, gradient and momentum are [rows, columns].
    void operator()(std::span<float> numbers, std::span<const float> gradient, std::span<float> momentum, std::size_t rows,
                    std::size_t columns, float rate, float decay, arithmetic products = arithmetic::exact) {
        constexpr float keep = 0.95F;
        const bool tall = rows > columns;
        const std::size_t n = tall ? columns : rows;
        const std::size_t m = tall ? rows : columns;
        m_update.resize(n * m);
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                const std::size_t at = i * columns + j;
                momentum[at] = keep * momentum[at] + (1 - keep) * gradient[at];
                m_update[tall ? j * rows + i : at] = (1 - keep) * gradient[at] + keep * momentum[at];
            }
        }
        make_orthogonal(n, m, products);
        const float root = std::sqrt(std::max(1.0F, static_cast<float>(rows) / static_cast<float>(columns)));
        const float kept = 1 - rate * decay;
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                const std::size_t at = i * columns + j;
                numbers[at] = kept * numbers[at] - rate * root * m_update[tall ? j * rows + i : at];
            }
        }
    }

private:
    /// Five Newton-Schulz steps: singular values go to about 1.
    void make_orthogonal(std::size_t n, std::size_t m, arithmetic products) {
        const float times = 1 / (std::sqrt(dot(m_update, m_update)) + 1e-12F);
        for (float& each : m_update) {
            each *= times;
        }
        m_square.resize(n * n);
        m_fourth.resize(n * n);
        m_next.resize(n * m);
        for (int round = 0; round < 5; ++round) {
            multiply_transposed(as_matrix(m_update, m), as_matrix(m_update, m), as_matrix(m_square, n), products);
            multiply(as_matrix(m_square, n), as_matrix(m_square, n), as_matrix(m_fourth, n), products);
            for (std::size_t i = 0; i < n * n; ++i) {
                m_fourth[i] = 2.0315F * m_fourth[i] - 4.7750F * m_square[i];
            }
            multiply(as_matrix(m_fourth, n), as_matrix(m_update, m), as_matrix(m_next, m), products);
            for (std::size_t i = 0; i < n * m; ++i) {
                m_update[i] = 3.4445F * m_update[i] + m_next[i];
            }
        }
    }

    std::vector<float> m_update;  // [n, m], n <= m: the matrix, or what it is turned around
    std::vector<float> m_next;
    std::vector<float> m_square;  // [n, n]
    std::vector<float> m_fourth;
};

/// How fast to learn at one step.
struct dense_rates {
    float adam;
    float muon;   // for hidden matrices; 0: AdamW for these too
    float decay;  // of matrices
    arithmetic products = arithmetic::exact;
    unsigned threads = 1;
};

/// One step of all dense tensors: hidden matrices by Muon, the rest by AdamW, whose gradients are clipped to a common length of 1.
class dense_step {
public:
    /// Lists of the same tensors (tensors_of): numbers, gradients, and what the optimisers keep of each. `step` counts from 1.
    template <class Views>
    void operator()(const Views& numbers, const Views& gradients, const Views& means, const Views& squares, std::uint64_t step,
                    const dense_rates& rates) {
        const auto is_by_muon = [&](tensor_kind kind) { return kind == tensor_kind::hidden && rates.muon > 0; };
        std::vector<std::span<float>> clipped;
        for (const auto& gradient : gradients) {
            if (!is_by_muon(gradient.kind)) {
                clipped.push_back(gradient.numbers);
            }
        }
        clip_length(clipped, 1);
        m_muons.resize(numbers.size());
        in_threads(rates.threads, numbers.size(), [&](std::size_t i) {
            if (numbers[i].numbers.empty()) {
                return;
            }
            if (is_by_muon(numbers[i].kind)) {
                m_muons[i](numbers[i].numbers, gradients[i].numbers, means[i].numbers, numbers[i].rows, numbers[i].columns, rates.muon,
                           rates.decay, rates.products);
                return;
            }
            const float share = numbers[i].kind == tensor_kind::relative ? 5 : 1;  // these have far to go
            adam_step(numbers[i].numbers, gradients[i].numbers, means[i].numbers, squares[i].numbers, step, rates.adam * share,
                      is_matrix(numbers[i].kind) ? rates.decay : 0);
        });
    }

private:
    std::vector<muon_step> m_muons;  // a tensor
};

/// How the rows of tables learn. Only rows that a step has named move, so each has a pace of its own.
enum class row_rule : std::uint8_t {
    adagrad = 0,  ///< by the sum of all squares of its gradients
    adam = 1,     ///< by their running mean; without momentum
};

/// What is kept of one table.
struct row_memory {
    std::vector<float> squares;         // [rows, columns]
    std::vector<std::uint32_t> counts;  // [rows]: steps that named the row; for row_rule::adam
};

/// One step of the rows of one table that have gradients; no entry gets beyond `most`.
inline void row_step(std::span<float> table, row_memory& memory, const row_gradients& gradients, row_rule rule, float rate,
                     float most) noexcept {
    if (gradients.rows.empty()) {
        return;
    }
    constexpr float keep = 0.99F;
    const std::size_t columns = gradients.sums.size() / gradients.rows.size();
    for (std::size_t i = 0; i < gradients.rows.size(); ++i) {
        const std::size_t row = gradients.rows[i];
        const float* const g = gradients.sums.data() + i * columns;
        float* const numbers = table.data() + row * columns;
        float* const square = memory.squares.data() + row * columns;
        const bool fades = rule == row_rule::adam;
        const auto count = static_cast<float>(fades ? ++memory.counts[row] : 0);
        const float of_square = fades ? 1 / std::sqrt(1 - std::pow(keep, count)) : 1.0F;
        const float kept = fades ? keep : 1.0F;
        const float added = fades ? 1 - keep : 1.0F;
        for (std::size_t c = 0; c < columns; ++c) {
            square[c] = kept * square[c] + added * g[c] * g[c];
            numbers[c] = limited(numbers[c] - rate * g[c] / (std::sqrt(square[c]) * of_square + 1e-12F), -most, most);
        }
    }
}

}  // namespace equinfo::train
