// SPDX-License-Identifier: MIT
// Training: steps over batches of text, in threads, with the same result for every number of them.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/export.hpp>
#include <equinfo/train/optimiser.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/sampler.hpp>
#include <equinfo/train/schedule.hpp>
#include <equinfo/train/tables.hpp>
#include <equinfo/train/threads.hpp>
#include <equinfo/train/transformer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::train {

struct training_options {
    std::uint64_t seed = 1;
    std::size_t batch = 8192;  // bytes a step
    float rate = 3e-3F;        // AdamW's
    float muon = 0.02F;        // Muon's, for the matrices within the network; 0: AdamW for these too
    float table_rate = 0.04F;
    row_rule rule = row_rule::adam;
    float decay = 0.05F;  // of matrices
    double power = 1;     // of the fall of the rates
    arithmetic products = arithmetic::fast;
    unsigned threads = 1;
};

/// Bits a byte of a measurement; NaN where no sequence is so long.
struct measured {
    double all = 0;     // on long sequences
    double first8 = 0;  // at positions 0..7
    double next24 = 0;  // at positions 8..31
    double full = 0;    // where attention sees all of its context
};

/// What changes from step to step, and so what a checkpoint holds.
struct training_state {
    parameters model;
    parameters average;    // of the model over about the last tenth of its steps
    dense_tensors mean;    // Adam's, or Muon's momentum
    dense_tensors square;  // Adam's
    std::vector<row_memory> rows;
    std::uint64_t step = 0;
    std::uint64_t bytes = 0;  // that were learnt from
    std::uint64_t random = 0;
    std::uint64_t milliseconds = 0;  // that it took; kept for those who train by the clock
    double best = std::numeric_limits<double>::infinity();  // bits a byte; kept for those who choose the model that measured best
};

class trainer {
public:
    trainer(const m1_shape& shape, const training_options& options) : trainer(parameters::random(shape, options.seed), options) {}

    /// Begins with these numbers.
    trainer(parameters model, const training_options& options) : m_options(options), m_rounded(dense_tensors::zeros(model.shape)) {
        const m1_shape& shape = model.shape;
        m_state.mean = dense_tensors::zeros(shape);
        m_state.square = dense_tensors::zeros(shape);
        for (const m1_table_shape& table : shape.tables) {
            m_state.rows.push_back({std::vector<float>(shape.columns << table.row_bits, 0.0F), {}});
            if (options.rule == row_rule::adam) {
                m_state.rows.back().counts.resize(std::size_t{1} << table.row_bits);
            }
        }
        m_state.random = random_numbers(options.seed + 1).next();
        m_state.model = std::move(model);
        m_state.average = m_state.model;
    }

    /// Goes on from a checkpoint.
    /// @throws equinfo::error where the checkpoint is of another rule for rows than `options`
    trainer(training_state state, const training_options& options)
        : m_options(options), m_state(std::move(state)), m_rounded(dense_tensors::zeros(m_state.model.shape)) {
        for (const row_memory& memory : m_state.rows) {
            if (memory.counts.empty() == (options.rule == row_rule::adam)) {
                equinfo::detail::throw_error(errc::bad_parameter, 0, "the checkpoint's tables learnt by another rule");
            }
        }
    }

    [[nodiscard]] const training_state& state() const noexcept { return m_state; }
    [[nodiscard]] const parameters& model() const noexcept { return m_state.model; }
    /// What the model was on average lately: better than the model while rates are high, and much like it when they have fallen.
    [[nodiscard]] const parameters& average() const noexcept { return m_state.average; }

    /// For the checkpoint: how long it took so far.
    void took(std::uint64_t milliseconds) noexcept { m_state.milliseconds = milliseconds; }

    /// Notes a measurement; says whether it is the best so far.
    bool is_best(double bits) noexcept {
        const bool better = bits < m_state.best;
        m_state.best = better ? bits : m_state.best;
        return better;
    }

    /// How long the sampler's sequences may be.
    [[nodiscard]] static std::size_t length_for(const m1_shape& shape) noexcept { return 2 * shape.context; }

    /// One step, when the share `done` of the training is over. Gives the bits a byte that the batch took before.
    double step(const sampler& texts, double done) {
        EQUINFO_EXPECTS(m_options.batch != 0);
        random_numbers random(m_state.random);
        m_pieces = texts.batch(random, m_options.batch);
        m_state.random = random.state();
        m_state.model.round_matrices(rounding::on, m_rounded);
        const std::size_t bytes = learn_gradients();
        const float factor = rate_factor(m_state.step, done, m_options.power);
        ++m_state.step;
        m_state.bytes += bytes;
        step_dense(factor);
        step_tables(factor);
        m_state.model.limit();
        if (m_state.step % 10 == 1 || m_state.step <= 100) {
            m_state.model.settle();
        }
        if (m_state.step % steps_an_average == 0) {
            add_to_average();
        }
        double bits = 0;
        for (const std::vector<float>& of_piece : m_bits) {
            bits += static_cast<double>(sum(of_piece));
        }
        return bits / static_cast<double>(bytes);
    }

    /// A model of this shape, on `count` long sequences and eight times as many short ones; always the same ones of the same texts.
    [[nodiscard]] measured measure(const parameters& model, const sampler& texts, std::size_t count) {
        const std::size_t context = model.shape.context;
        random_numbers random(1);
        m_pieces.assign(2 * count, {});
        for (std::size_t i = 0; i < count; ++i) {
            m_pieces[i].add(texts.long_sequence(random));
        }
        for (std::size_t i = count; i < 2 * count; ++i) {
            for (std::size_t j = 0; j < 8; ++j) {
                m_pieces[i].add(texts.short_sequence(random, j % 2 == 0));
            }
        }
        model.round_matrices(rounding::on, m_rounded);
        make_room(m_pieces.size());
        in_threads(m_options.threads, m_lanes.size(), [&](std::size_t number) {
            for (std::size_t i = number; i < m_pieces.size(); i += m_lanes.size()) {
                m_bits[i].resize(m_pieces[i].positions());
                m_lanes[number].net->forward(model, m_rounded, m_pieces[i], rounding::on, m_rows[i], m_bits[i]);
            }
        });
        double sums[4] = {};
        double counts[4] = {};
        const auto add = [&](std::size_t to, float bits) {
            sums[to] += static_cast<double>(bits);
            ++counts[to];
        };
        for (std::size_t i = 0; i < m_pieces.size(); ++i) {
            auto bits = m_bits[i].begin();
            for (const std::size_t length : m_pieces[i].lengths) {
                for (std::size_t position = 0; position < length; ++position, ++bits) {
                    if (i < count) {
                        add(0, *bits);
                    }
                    if (position < sampler::short_length) {
                        add(position < 8 ? 1 : 2, *bits);
                    }
                    if (position >= context) {
                        add(3, *bits);
                    }
                }
            }
        }
        return {sums[0] / counts[0], sums[1] / counts[1], sums[2] / counts[2], sums[3] / counts[3]};
    }

private:
    /// Pieces number n, n + most_lanes, ... share a gradient, so that sums do not depend on the number of threads.
    static constexpr std::size_t most_lanes = 8;
    static constexpr std::uint64_t steps_an_average = 8;  // to blend in a model costs a tenth of a step

    struct lane {
        std::unique_ptr<transformer> net;
        dense_tensors gradient;
    };

    void make_room(std::size_t pieces) {
        const std::size_t lanes = std::min(most_lanes, pieces);
        while (m_lanes.size() > lanes) {
            m_lanes.pop_back();
        }
        while (m_lanes.size() < lanes) {
            m_lanes.push_back({std::make_unique<transformer>(m_state.model.shape, m_options.products),
                               dense_tensors::zeros(m_state.model.shape)});
        }
        m_rows.resize(pieces);
        m_bits.resize(pieces);
    }

    /// Fills the lanes' gradients and adds them up in the first one's. Gives the number of bytes.
    std::size_t learn_gradients() {
        make_room(m_pieces.size());
        std::size_t bytes = 0;
        for (const piece& each : m_pieces) {
            bytes += each.positions();
        }
        const float scale = std::numbers::ln2_v<float> / static_cast<float>(bytes);
        in_threads(m_options.threads, m_lanes.size(), [&](std::size_t number) {
            lane& mine = m_lanes[number];
            visit_tensors(m_state.model.shape, mine.gradient,
                          [](tensor_kind, std::size_t, std::size_t, std::vector<float>& numbers) {
                              std::fill(numbers.begin(), numbers.end(), 0.0F);
                          });
            for (std::size_t i = number; i < m_pieces.size(); i += m_lanes.size()) {
                m_bits[i].resize(m_pieces[i].positions());
                mine.net->forward(m_state.model, m_rounded, m_pieces[i], rounding::on, m_rows[i], m_bits[i]);
                mine.net->backward(m_state.model, m_rounded, m_pieces[i], rounding::on, scale, mine.gradient, m_rows[i]);
            }
        });
        const auto total = tensors_of(m_state.model.shape, m_lanes[0].gradient);
        for (std::size_t number = 1; number < m_lanes.size(); ++number) {
            const auto part = tensors_of(m_state.model.shape, m_lanes[number].gradient);
            for (std::size_t i = 0; i < total.size(); ++i) {
                add_to(total[i].numbers, part[i].numbers);
            }
        }
        return bytes;
    }

    /// The share of the newest falls with the number of steps, so that about the last tenth of them counts, however many there are.
    void add_to_average() {
        const auto share = static_cast<float>(std::min(1.0, 10.0 * steps_an_average / static_cast<double>(m_state.step)));
        const auto blend = [&](std::span<const float> newest, std::span<float> average) {
            for (std::size_t i = 0; i < average.size(); ++i) {
                average[i] += share * (newest[i] - average[i]);
            }
        };
        const auto newest = tensors_of(m_state.model.shape, std::as_const(m_state.model.dense));
        const auto average = tensors_of(m_state.model.shape, m_state.average.dense);
        for (std::size_t i = 0; i < newest.size(); ++i) {
            blend(newest[i].numbers, average[i].numbers);
        }
        in_threads(m_options.threads, m_state.model.tables.size(),
                   [&](std::size_t t) { blend(m_state.model.tables[t], m_state.average.tables[t]); });
        m_state.average.settle();
    }

    void step_dense(float factor) {
        const m1_shape& shape = m_state.model.shape;
        const auto numbers = tensors_of(shape, m_state.model.dense);
        const auto gradients = tensors_of(shape, m_lanes[0].gradient);
        const auto means = tensors_of(shape, m_state.mean);
        const auto squares = tensors_of(shape, m_state.square);
        m_dense(numbers, gradients, means, squares, m_state.step,
                {m_options.rate * factor, m_options.muon * factor, m_options.decay, m_options.products, m_options.threads});
    }

    void step_tables(float factor) {
        const m1_shape& shape = m_state.model.shape;
        if (shape.tables.empty()) {
            return;
        }
        m_all_rows.clear();
        m_all_gradients.clear();
        for (const piece_rows& of_piece : m_rows) {
            m_all_rows.insert(m_all_rows.end(), of_piece.rows.begin(), of_piece.rows.end());
            m_all_gradients.insert(m_all_gradients.end(), of_piece.gradients.begin(), of_piece.gradients.end());
        }
        m_sums.resize(shape.tables.size());
        const float most = shape.table_bits == 4 ? 1.87F : 1.98F;  // just within the last step
        in_threads(m_options.threads, shape.tables.size(), [&](std::size_t t) {
            sum_rows(shape.tables.size(), shape.columns, t, m_all_rows, m_all_gradients, m_sums[t]);
            row_step(m_state.model.tables[t], m_state.rows[t], m_sums[t], m_options.rule, m_options.table_rate * factor, most);
        });
    }

    training_options m_options;
    training_state m_state;
    dense_tensors m_rounded;  // its matrices alone mean something
    std::vector<lane> m_lanes;
    std::vector<piece> m_pieces;
    std::vector<piece_rows> m_rows;          // a piece
    std::vector<std::vector<float>> m_bits;  // a piece
    std::vector<std::uint32_t> m_all_rows;
    std::vector<float> m_all_gradients;
    std::vector<row_gradients> m_sums;  // a table
    dense_step m_dense;
};

}  // namespace equinfo::train
