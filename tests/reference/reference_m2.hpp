// SPDX-License-Identifier: MIT
// M2 in double precision, one number at a time, from its definition.
#pragma once

#include <reference/reference_train.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::reference {

/// The model ties its inputs and outputs: the same vectors. Here they stand apart, so that the slope of either can be asked for.
struct m2_numbers {
    train_row inputs;   // [symbols + 1, width]; the last is the start
    train_row outputs;  // the same
    train_row bias;     // [outputs], that of first_output first
    std::vector<train_layer> layers;
    std::size_t first_output = 0;
};

/// Ids among which one is chosen, and what is added to the logit of each beside its bias.
struct m2_choice {
    std::vector<std::size_t> ids;
    train_row addends;
};

/// All ids of the output range.
inline m2_choice m2_all(const m2_numbers& n) {
    m2_choice all{{}, train_row(n.bias.size(), 0)};
    for (std::size_t i = 0; i < n.bias.size(); ++i) {
        all.ids.push_back(n.first_output + i);
    }
    return all;
}

/// What the layers make of one sequence: a row before each id, the first of them after nothing but the start.
inline train_row m2_stream(const m1_shape& shape, const m2_numbers& n, const std::vector<std::uint32_t>& ids) {
    const std::size_t start = n.inputs.size() / shape.width - 1;
    train_row x;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        for (const double each : train_part(n.inputs, (i == 0 ? start : ids[i - 1]) * shape.width, shape.width)) {
            x.push_back(each * 2 * std::sqrt(static_cast<double>(shape.width)));
        }
    }
    return train_layers(shape, n.layers, x);
}

/// Of each choice, by one row of the stream.
inline train_row m2_logits(const m1_shape& shape, const m2_numbers& n, const train_row& row, const m2_choice& among) {
    train_row logits;
    for (std::size_t i = 0; i < among.ids.size(); ++i) {
        double logit = n.bias[among.ids[i] - n.first_output] + among.addends[i];
        for (std::size_t c = 0; c < shape.width; ++c) {
            logit += row[c] * n.outputs[among.ids[i] * shape.width + c];
        }
        logits.push_back(logit);
    }
    return logits;
}

struct m2_costs {
    train_row bits;           // a predicted id
    std::vector<bool> right;  // that no other is likelier
};

/// Of one sequence, the first `given` of whose ids are not predicted.
inline m2_costs m2_measure(const m1_shape& shape, const m2_numbers& n, const std::vector<std::uint32_t>& ids, std::size_t given,
                           const m2_choice& among) {
    const train_row stream = m2_stream(shape, n, ids);
    m2_costs costs;
    for (std::size_t i = given; i < ids.size(); ++i) {
        const train_row logits = m2_logits(shape, n, train_part(stream, i * shape.width, shape.width), among);
        std::size_t wanted = 0;
        while (among.ids[wanted] != ids[i]) {
            ++wanted;
        }
        costs.bits.push_back(train_cost(logits, wanted));
        bool likeliest = true;
        for (const double logit : logits) {
            likeliest = likeliest && logit <= logits[wanted];
        }
        costs.right.push_back(likeliest);
    }
    return costs;
}

/// Probability of each id of the range [0, counts.size()) by a unigram model whose counts are all raised by one amount.
inline train_row unigram_probabilities(const std::vector<std::size_t>& counts, double raised) {
    double total = 0;
    for (const std::size_t count : counts) {
        total += static_cast<double>(count) + raised;
    }
    train_row probabilities;
    for (const std::size_t count : counts) {
        probabilities.push_back((static_cast<double>(count) + raised) / total);
    }
    return probabilities;
}

/// Bits of all tokens, each by the counts of all others.
inline double unigram_left_out(const std::vector<std::size_t>& tokens, std::size_t ids, double raised) {
    double bits = 0;
    for (std::size_t left_out = 0; left_out < tokens.size(); ++left_out) {
        std::vector<std::size_t> counts(ids, 0);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            counts[tokens[i]] += i == left_out ? 0u : 1u;
        }
        bits -= std::log2(unigram_probabilities(counts, raised)[tokens[left_out]]);
    }
    return bits;
}

}  // namespace equinfo::reference
