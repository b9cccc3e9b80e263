// SPDX-License-Identifier: MIT
// Tokens into M2.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m2/candidates.hpp>
#include <equinfo/m2/network.hpp>
#include <equinfo/m2/parameters.hpp>
#include <equinfo/m2/sequence.hpp>
#include <equinfo/m2/shape.hpp>
#include <equinfo/m2/unigram.hpp>
#include <equinfo/train/optimiser.hpp>
#include <equinfo/train/random.hpp>
#include <equinfo/train/tables.hpp>
#include <equinfo/train/threads.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::m2 {

struct training_options {
    std::uint64_t seed = 1;
    std::size_t batch = 2048;  // predicted tokens a step, at least 1
    float rate = 1e-2F;        // AdamW's: temperatures and attention by distance
    float muon = 0.04F;        // Muon's: matrices
    float row_rate = 0.03F;    // of the vectors of ids, row by row
    float bias_rate = 1e-2F;
    float decay = 0.05F;         // of matrices
    std::size_t sampled = 4096;  // ids that a step chooses among, beside those that occur in it; at least 1
    train::arithmetic products = train::arithmetic::fast;
    unsigned threads = 1;
};

/// What the ids of some texts cost. Divide bits by bytes of text: tokens have different sizes (Lester et al.
/// 2024, 3.8).
struct measured {
    double bits = 0;
    std::uint64_t tokens = 0;  // predicted
    std::uint64_t right = 0;   // that were the likeliest
    std::uint64_t bytes = 0;   // of text

    [[nodiscard]] double bits_a_byte() const noexcept { return bits / static_cast<double>(bytes); }
    [[nodiscard]] double accuracy() const noexcept { return static_cast<double>(right) / static_cast<double>(tokens); }
};

/// What changes from step to step, and so what a checkpoint holds.
struct training_state {
    parameters model;
    std::vector<train::layer_tensors> mean;    // Adam's, or Muon's momentum
    std::vector<train::layer_tensors> square;  // Adam's
    train::row_memory rows;                    // of the embedding
    train::row_memory biases;
    std::uint64_t step = 0;
    std::uint64_t tokens = 0;     // that were learnt from
    std::uint64_t sequences = 0;  // the same; the order of all is drawn anew when all were seen
    std::uint64_t random = 0;
};

class trainer {
public:
    /// Begins near a unigram model of the texts, which must outlive this.
    /// @throws equinfo::error where the shape has a fault, or there are no tokens, or others than the shape has
    trainer(const model_shape& shape, std::span<const sequence> texts, const training_options& options)
        : m_options(options), m_texts(texts) {
        check(shape, texts);
        check_options();
        m_state.model = parameters::random(shape, options.seed);
        m_state.mean = parameters::zero_layers(shape.layers);
        m_state.square = parameters::zero_layers(shape.layers);
        m_state.rows = {std::vector<float>(m_state.model.embedding.size()),
                        std::vector<std::uint32_t>(shape.symbols + 1)};
        m_state.biases = {std::vector<float>(shape.outputs), std::vector<std::uint32_t>(shape.outputs)};
        m_state.random = train::random_numbers(options.seed + 1).next();
        const unigram counts(texts, shape.first_output, shape.outputs);
        for (std::uint32_t id = 0; id < shape.outputs; ++id) {
            m_state.model.bias[id] = static_cast<float>(-counts.bits_of(shape.first_output + id));
        }
    }

    /// Goes on from a checkpoint, with the same texts and options.
    trainer(training_state state, std::span<const sequence> texts, const training_options& options)
        : m_options(options), m_texts(texts), m_state(std::move(state)) {
        check(m_state.model.shape, texts);
        check_options();
    }

    [[nodiscard]] const training_state& state() const noexcept { return m_state; }

    /// One step, when the share `done` (0..1) of the training is over. Gives the bits a token that the batch took
    /// before; of sampled candidates, an estimate.
    double step(double done) {
        const std::size_t tokens = take_batch();
        train::random_numbers random(m_state.random);
        const candidates among = sampled_candidates(m_state.model, m_pieces, m_options.sampled, random);
        m_state.random = random.state();
        const double bits = learn_gradients(among, tokens);
        ++m_state.step;
        m_state.tokens += tokens;
        // A short rise, then a fall to nearly nothing.
        done = std::clamp(done, 0.0, 1.0);
        const auto factor = static_cast<float>(std::min(1.0, (done + 0.002) / 0.02) * (1 - done) + 0.002);
        const m1_shape& layers = m_state.model.shape.layers;
        m_dense(
            views_of(layers, m_state.model.layers), views_of(layers, m_lanes[0].sums.layers),
            views_of(layers, m_state.mean), views_of(layers, m_state.square), m_state.step,
            {m_options.rate * factor, m_options.muon * factor, m_options.decay, m_options.products, m_options.threads});
        step_rows(among, factor);
        return bits / static_cast<double>(tokens);
    }

    /// Over all outputs.
    [[nodiscard]] measured measure(std::span<const sequence> texts) {
        check(m_state.model.shape, texts);
        const candidates among = all_candidates(m_state.model);
        m_pieces.clear();
        for (const sequence& text : texts) {
            add(text);
        }
        make_lanes();
        std::vector<measured> sums(m_lanes.size());
        in_lanes([&](lane& mine, std::size_t number, std::size_t which) {
            std::vector<float> bits;
            std::vector<std::uint8_t> right;
            mine.net->measure(m_state.model, m_pieces[which], among, bits, right);
            sums[number].bits += std::accumulate(bits.begin(), bits.end(), 0.0);
            sums[number].right += static_cast<std::uint64_t>(std::count(right.begin(), right.end(), 1));
        });
        const amounts seen = amounts_of(texts);
        measured total{0, seen.tokens, 0, seen.bytes};
        for (const measured& each : sums) {
            total.bits += each.bits;
            total.right += each.right;
        }
        return total;
    }

private:
    static constexpr std::size_t most_lanes = 4;  // share their pieces out in the same way for any number of threads
    static constexpr std::size_t piece_positions = 1024;

    struct lane {
        std::unique_ptr<network> net;
        gradients sums;
    };

    void check_options() const {
        if (m_options.batch == 0 || m_options.sampled == 0) {
            equinfo::detail::throw_error(errc::bad_parameter, 0,
                                         "a step takes at least one token, and chooses among one id more");
        }
    }

    static void check(const model_shape& shape, std::span<const sequence> texts) {
        if (const char* const fault = fault_of(shape)) {
            equinfo::detail::throw_error(errc::bad_parameter, 0, fault);
        }
        for (const sequence& text : texts) {
            if (text.given > text.ids.size()) {
                equinfo::detail::throw_error(errc::bad_parameter, text.given, "more ids are given than there are");
            }
        }
        if (amounts_of(texts).tokens == 0) {
            equinfo::detail::throw_error(errc::bad_parameter, 0, "there are no tokens to learn or to measure");
        }
        for (const sequence& text : texts) {
            for (std::size_t i = 0; i < text.ids.size(); ++i) {
                const bool fits = text.ids[i] < shape.symbols &&
                                  (i < text.given || (text.ids[i] >= shape.first_output &&
                                                      text.ids[i] - shape.first_output < shape.outputs));
                if (!fits) {
                    equinfo::detail::throw_error(errc::bad_parameter, i, "an id is none of the vocabulary");
                }
            }
        }
    }

    void add(const sequence& text) {
        if (m_pieces.empty() || m_pieces.back().positions() + text.ids.size() > piece_positions) {
            m_pieces.emplace_back();
        }
        m_pieces.back().add(text, m_state.model.shape.symbols);
    }

    /// Fills m_pieces; gives the number of predicted tokens.
    std::size_t take_batch() {
        m_pieces.clear();
        std::size_t tokens = 0;
        while (tokens < m_options.batch) {
            const std::uint64_t round = m_state.sequences / m_texts.size();
            if (m_order.empty() || round != m_round) {
                draw_order(round);
            }
            const sequence& text = m_texts[m_order[m_state.sequences % m_texts.size()]];
            ++m_state.sequences;
            tokens += text.predicted();
            if (text.predicted() != 0) {
                add(text);
            }
        }
        return tokens;
    }

    void draw_order(std::uint64_t round) {
        m_round = round;
        m_order.resize(m_texts.size());
        std::iota(m_order.begin(), m_order.end(), std::size_t{0});
        train::random_numbers random(train::random_numbers(m_options.seed + 2).next() ^ round);
        for (std::size_t i = m_order.size(); i > 1; --i) {
            std::swap(m_order[i - 1], m_order[random.below(i)]);
        }
    }

    void make_lanes() {
        const std::size_t lanes = std::min(most_lanes, m_pieces.size());
        while (m_lanes.size() < lanes) {
            m_lanes.push_back({std::make_unique<network>(m_state.model.shape, m_options.products), {}});
        }
        m_lanes.resize(lanes);
    }

    /// Calls work(lane, its number, number of the piece) for all pieces.
    template <class Work>
    void in_lanes(Work&& work) {
        train::in_threads(m_options.threads, m_lanes.size(), [&](std::size_t number) {
            for (std::size_t i = number; i < m_pieces.size(); i += m_lanes.size()) {
                work(m_lanes[number], number, i);
            }
        });
    }

    /// Adds the lanes' gradients up in the first one's; gives the bits of the batch.
    double learn_gradients(const candidates& among, std::size_t tokens) {
        const m1_shape& layers = m_state.model.shape.layers;
        make_lanes();
        m_inputs.resize(m_pieces.size());
        for (lane& each : m_lanes) {
            each.sums.layers.resize(layers.layers);
            for (train::layer_tensors& layer : each.sums.layers) {
                train::visit_layer(layers, layers.context, layer,
                                   [](train::tensor_kind, std::size_t rows, std::size_t columns,
                                      std::vector<float>& numbers) { numbers.assign(rows * columns, 0); });
            }
            each.sums.candidate_rows.assign(among.rows.size(), 0);
            each.sums.candidate_bias.assign(among.ids.size(), 0);
        }
        std::vector<double> bits(m_lanes.size());
        const float scale = std::numbers::ln2_v<float> / static_cast<float>(tokens);
        in_lanes([&](lane& mine, std::size_t number, std::size_t which) {
            std::vector<float> of_piece;
            mine.net->learn(m_state.model, m_pieces[which], among, scale, mine.sums, m_inputs[which], of_piece);
            bits[number] += std::accumulate(of_piece.begin(), of_piece.end(), 0.0);
        });
        gradients& total = m_lanes[0].sums;
        for (std::size_t number = 1; number < m_lanes.size(); ++number) {
            gradients& part = m_lanes[number].sums;
            const auto to = views_of(layers, total.layers);
            const auto from = views_of(layers, part.layers);
            for (std::size_t i = 0; i < to.size(); ++i) {
                train::add_to(to[i].numbers, from[i].numbers);
            }
            train::add_to(total.candidate_rows, part.candidate_rows);
            train::add_to(total.candidate_bias, part.candidate_bias);
        }
        return std::accumulate(bits.begin(), bits.end(), 0.0);
    }

    /// Vectors learn by the rows that a step has named, as inputs or as candidates.
    void step_rows(const candidates& among, float factor) {
        constexpr float unlimited = 1e9F;
        const std::size_t width = m_state.model.shape.layers.width;
        const gradients& total = m_lanes[0].sums;
        m_rows = among.ids;
        m_row_gradients = total.candidate_rows;
        for (const input_rows& of_piece : m_inputs) {
            m_rows.insert(m_rows.end(), of_piece.ids.begin(), of_piece.ids.end());
            m_row_gradients.insert(m_row_gradients.end(), of_piece.gradients.begin(), of_piece.gradients.end());
        }
        train::sum_rows(1, width, 0, m_rows, m_row_gradients, m_sums);
        train::row_step(m_state.model.embedding, m_state.rows, m_sums, train::row_rule::adam,
                        m_options.row_rate * factor, unlimited);
        m_sums.rows = among.ids;
        for (std::uint32_t& id : m_sums.rows) {
            id -= m_state.model.shape.first_output;
        }
        m_sums.sums = total.candidate_bias;
        train::row_step(m_state.model.bias, m_state.biases, m_sums, train::row_rule::adam, m_options.bias_rate * factor,
                        unlimited);
    }

    training_options m_options;
    std::span<const sequence> m_texts;
    training_state m_state;
    std::vector<std::size_t> m_order;  // of the texts
    std::uint64_t m_round = 0;         // that it is the order of
    std::vector<lane> m_lanes;
    std::vector<piece> m_pieces;
    std::vector<input_rows> m_inputs;  // a piece
    train::dense_step m_dense;
    std::vector<std::uint32_t> m_rows;
    std::vector<float> m_row_gradients;
    train::row_gradients m_sums;
};

}  // namespace equinfo::m2
