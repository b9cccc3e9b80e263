// SPDX-License-Identifier: MIT
// M2's cost and all its gradients against the twin in double precision.
#include <support/catch.hpp>

#include <support/m1_contents.hpp>
#include <support/random.hpp>
#include <reference/reference_m2.hpp>
#include <reference/reference_train_checks.hpp>

#include <equinfo/m2/candidates.hpp>
#include <equinfo/m2/network.hpp>
#include <equinfo/m2/parameters.hpp>
#include <equinfo/m2/sequence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;
using reference::doubles;
using reference::train_row;

reference::m1_shape tiny_layers(std::size_t layers, std::size_t shared) {
    reference::m1_shape shape;
    shape.layers = layers;
    shape.heads = 2;
    shape.shared = shared;
    return shape;
}

/// With logits that differ by several bits, and biases.
parameters lively(const model_shape& shape, std::uint64_t seed) {
    parameters model = parameters::random(shape, seed);
    train::random_numbers random(seed + 1);
    train::fill_normal(random, 1, model.bias);
    for (float& each : model.embedding) {
        each *= 4;
    }
    return model;
}

reference::m2_numbers numbers_of(const parameters& model) {
    reference::m2_numbers n{
        doubles(model.embedding), doubles(model.embedding), doubles(model.bias), {}, model.shape.first_output};
    for (const train::layer_tensors& layer : model.layers) {
        n.layers.push_back({doubles(layer.qkv), doubles(layer.temperature), doubles(layer.relative), doubles(layer.out),
                            doubles(layer.up), doubles(layer.down)});
    }
    return n;
}

/// Any ids are given; those that are predicted are outputs.
sequence random_sequence(test::random_source& random, const model_shape& shape, std::size_t length, std::size_t given) {
    sequence text{{}, given, 0};
    for (std::size_t i = 0; i < length; ++i) {
        text.ids.push_back(static_cast<std::uint32_t>(i < given ? random.below(shape.symbols)
                                                                : shape.first_output + random.below(shape.outputs)));
    }
    return text;
}

piece piece_of(const std::vector<sequence>& texts, const model_shape& shape) {
    piece made;
    for (const sequence& text : texts) {
        made.add(text, shape.symbols);
    }
    return made;
}

/// The same candidates for the twin: what a sampled one stands for is worked out again.
reference::m2_choice choice_of(const candidates& among, const model_shape& shape, const piece& text) {
    reference::m2_choice choice;
    std::size_t targets = 0;
    for (const std::uint32_t id : among.ids) {
        const bool is_target = std::find(text.targets.begin(), text.targets.end(), id) != text.targets.end();
        targets += is_target ? 1 : 0;
        choice.ids.push_back(id);
        choice.addends.push_back(is_target ? 0 : 1);
    }
    const auto others = static_cast<double>(shape.outputs - targets);
    const auto sampled = static_cast<double>(among.ids.size() - targets);
    for (double& each : choice.addends) {
        each *= std::log2(others / sampled);
    }
    return choice;
}

gradients zeros(const model_shape& shape, const candidates& among) {
    return {parameters::zero_layers(shape.layers), std::vector<float>(among.rows.size()),
            std::vector<float>(among.ids.size())};
}

/// What network::learn gives of a piece, spread over all numbers of the model.
struct learnt {
    std::vector<float> bits;
    std::vector<train::layer_tensors> layers;
    std::vector<float> inputs, outputs, bias;
};

learnt learn(network& net, const parameters& model, const piece& text, const candidates& among, float scale) {
    const std::size_t width = model.shape.layers.width;
    gradients to = zeros(model.shape, among);
    input_rows rows;
    learnt all;
    net.learn(model, text, among, scale, to, rows, all.bits);
    REQUIRE(rows.ids == text.inputs);
    REQUIRE(rows.gradients.size() == text.positions() * width);
    all.layers = to.layers;
    all.inputs.resize(model.embedding.size());
    all.outputs.resize(model.embedding.size());
    all.bias.resize(model.bias.size());
    for (std::size_t i = 0; i < rows.gradients.size(); ++i) {
        all.inputs[rows.ids[i / width] * width + i % width] += rows.gradients[i];
    }
    for (std::size_t i = 0; i < to.candidate_rows.size(); ++i) {
        all.outputs[among.ids[i / width] * width + i % width] = to.candidate_rows[i];
    }
    for (std::size_t i = 0; i < among.ids.size(); ++i) {
        all.bias[among.ids[i] - model.shape.first_output] = to.candidate_bias[i];
    }
    return all;
}

/// The greatest gradient of a tensor and a few others, against the slopes of the twin.
template <class Cost>
void check_slopes(test::random_source& random, const std::vector<float>& of, train_row& x, double scale,
                  const char* name, int others, Cost&& cost) {
    REQUIRE(of.size() == x.size());
    const auto less = [](float a, float b) { return std::abs(a) < std::abs(b); };
    const auto place = static_cast<std::size_t>(std::max_element(of.begin(), of.end(), less) - of.begin());
    const double largest = std::abs(static_cast<double>(of[place]));
    REQUIRE(largest > 0);
    for (int i = 0; i <= others; ++i) {
        std::size_t at = place;
        for (int tries = 0; i != 0 && (at == place || (tries < 50 && of[at] == 0));
             ++tries) {  // rows that are not named have none
            at = random.below(x.size());
        }
        const double kept = x[at];
        const double slope = scale * reference::train_slopes({kept}, [&](const train_row& one) {
                                 x[at] = one[0];
                                 return cost();
                             })[0];
        x[at] = kept;
        INFO(name << ", number " << at << ": " << of[at] << ", by the twin " << slope);
        REQUIRE(std::abs(static_cast<double>(of[at]) - slope) < 2e-3 * std::abs(slope) + 2e-4 * largest);
    }
}

void check_all_slopes(test::random_source& random, const learnt& found, const parameters& model,
                      const std::vector<sequence>& texts, const reference::m1_shape& small,
                      const reference::m2_choice& choice, double scale, int others) {
    reference::m2_numbers numbers = numbers_of(model);
    const auto measure = [&] {
        train_row bits;
        for (const sequence& text : texts) {
            const train_row more = reference::m2_measure(small, numbers, text.ids, text.given, choice).bits;
            bits.insert(bits.end(), more.begin(), more.end());
        }
        return bits;
    };
    reference::check_close(found.bits, measure());
    const auto check = [&](const std::vector<float>& of, train_row& x, const char* name) {
        check_slopes(random, of, x, scale, name, others, [&] {
            double sum = 0;
            for (const double each : measure()) {
                sum += each;
            }
            return sum;
        });
    };
    check(found.inputs, numbers.inputs, "inputs");
    check(found.outputs, numbers.outputs, "outputs");
    check(found.bias, numbers.bias, "bias");
    for (std::size_t l = 0; l < model.layers.size(); ++l) {
        check(found.layers[l].qkv, numbers.layers[l].qkv, "qkv");
        check(found.layers[l].temperature, numbers.layers[l].temperature, "temperature");
        check(found.layers[l].relative, numbers.layers[l].relative, "relative");
        check(found.layers[l].out, numbers.layers[l].out, "out");
        check(found.layers[l].up, numbers.layers[l].up, "up");
        check(found.layers[l].down, numbers.layers[l].down, "down");
    }
}

}  // namespace

TEST_CASE("m2: bits, and the gradient of every tensor, are those of the twin", "[m2]") {
    test::random_source random(9300);
    for (const std::size_t shared : {1u, 2u}) {
        const reference::m1_shape small = tiny_layers(2, shared);
        const model_shape shape{test::m1_shape_of(small), 60, 7, 50};
        const parameters model = lively(shape, 3 + shared);
        // Longer than attention sees; one id alone; all but the last given.
        const std::vector<sequence> texts = {random_sequence(random, shape, 30, 12),
                                             random_sequence(random, shape, 1, 0), random_sequence(random, shape, 5, 4),
                                             random_sequence(random, shape, 9, 0)};
        const piece text = piece_of(texts, shape);
        network net(shape);
        const candidates all = all_candidates(model);
        const reference::m2_choice choice = reference::m2_all(numbers_of(model));
        check_all_slopes(random, learn(net, model, text, all, 0.25F), model, texts, small, choice, 0.25, 6);

        train::random_numbers draws(5);
        const candidates sampled = sampled_candidates(model, std::vector<piece>{text}, 8, draws);
        REQUIRE(sampled.ids.size() < all.ids.size());
        check_all_slopes(random, learn(net, model, text, sampled, 1), model, texts, small,
                         choice_of(sampled, shape, text), 1, 6);
    }
}

TEST_CASE("m2: what is right is the likeliest by the twin, and bits are the same with and without learning", "[m2]") {
    test::random_source random(9400);
    const reference::m1_shape small = tiny_layers(1, 1);
    const model_shape shape{test::m1_shape_of(small), 60, 7, 50};
    const parameters model = lively(shape, 6);
    const reference::m2_numbers numbers = numbers_of(model);
    const reference::m2_choice choice = reference::m2_all(numbers);
    // Every other id is what the twin holds for the likeliest.
    std::vector<sequence> texts(3);
    std::vector<std::uint8_t> right;
    train_row bits;
    for (sequence& text : texts) {
        for (int i = 0; i < 24; ++i) {
            text.ids.push_back(static_cast<std::uint32_t>(7 + random.below(50)));
            if (i % 2 == 0) {
                const train_row stream = reference::m2_stream(small, numbers, text.ids);
                const train_row logits =
                    reference::m2_logits(small, numbers, train_row(stream.end() - 32, stream.end()), choice);
                text.ids.back() =
                    static_cast<std::uint32_t>(7 + (std::max_element(logits.begin(), logits.end()) - logits.begin()));
            }
        }
        text.given = 3;
        const reference::m2_costs costs = reference::m2_measure(small, numbers, text.ids, text.given, choice);
        right.insert(right.end(), costs.right.begin(), costs.right.end());
        bits.insert(bits.end(), costs.bits.begin(), costs.bits.end());
    }
    const auto count = std::count(right.begin(), right.end(), 1);
    REQUIRE((count >= 30 && count < 50));
    const piece text = piece_of(texts, shape);
    const candidates all = all_candidates(model);
    network net(shape);
    std::vector<float> measured;
    std::vector<std::uint8_t> found(1000, 7);
    net.measure(model, text, all, measured, found);
    CHECK(found == right);
    reference::check_close(measured, bits);
    CHECK(learn(net, model, text, all, 1).bits == measured);
}

TEST_CASE("m2: more predictions than are scored at a time cost, and teach, as the twin says", "[m2]") {
    test::random_source random(9500);
    const reference::m1_shape small = tiny_layers(1, 2);
    // So many outputs that 16 predictions are scored at a time; the last 5 of 21 are not.
    const model_shape shape{test::m1_shape_of(small), 65600 + 5, 5, 65600};
    const parameters model = lively(shape, 7);
    const std::vector<sequence> texts = {random_sequence(random, shape, 12, 1), random_sequence(random, shape, 12, 2)};
    const piece text = piece_of(texts, shape);
    network net(shape);
    const learnt found = learn(net, model, text, all_candidates(model), 1);
    reference::m2_numbers numbers = numbers_of(model);
    const reference::m2_choice choice = reference::m2_all(numbers);
    const auto measure = [&] {
        train_row bits;
        for (const sequence& each : texts) {
            const train_row more = reference::m2_measure(small, numbers, each.ids, each.given, choice).bits;
            bits.insert(bits.end(), more.begin(), more.end());
        }
        return bits;
    };
    const auto cost = [&] {
        double sum = 0;
        for (const double each : measure()) {
            sum += each;
        }
        return sum;
    };
    reference::check_close(found.bits, measure());
    check_slopes(random, found.inputs, numbers.inputs, 1, "inputs", 1, cost);
    check_slopes(random, found.outputs, numbers.outputs, 1, "outputs", 0, cost);
    check_slopes(random, found.bias, numbers.bias, 1, "bias", 0, cost);
    check_slopes(random, found.layers[0].qkv, numbers.layers[0].qkv, 1, "qkv", 0, cost);
    check_slopes(random, found.layers[0].down, numbers.layers[0].down, 1, "down", 0, cost);

    // In parts that are scored at once: their gradients add up to those of all.
    std::vector<float> outputs(model.embedding.size()), bias(model.bias.size());
    for (const sequence& each : texts) {
        for (const std::size_t end : {std::size_t{9}, each.ids.size()}) {
            sequence part = each;
            part.ids.resize(end);
            part.given = end == 9 ? each.given : 9;
            const learnt of_part = learn(net, model, piece_of({part}, shape), all_candidates(model), 1);
            train::add_to(outputs, of_part.outputs);
            train::add_to(bias, of_part.bias);
        }
    }
    // Millions of numbers, too many to be required one by one.
    const auto apart = [](const std::vector<float>& a, const std::vector<float>& b) {
        float most = 0;
        for (std::size_t i = 0; i < a.size(); ++i) {
            most = std::max(most, std::abs(a[i] - b[i]));
        }
        return most;
    };
    CHECK(apart(found.outputs, outputs) < 1e-4F);
    CHECK(apart(found.bias, bias) < 1e-4F);
    CHECK(apart(bias, std::vector<float>(bias.size())) > 0.5F);

    // The same in hundreds: few outputs, many predictions.
    const model_shape few{shape.layers, 40, 0, 40};
    const parameters other = lively(few, 8);
    const std::vector<sequence> many = {random_sequence(random, few, 300, 0), random_sequence(random, few, 300, 7)};
    network of_few(few);
    const learnt together = learn(of_few, other, piece_of(many, few), all_candidates(other), 1);
    const reference::m2_numbers numbers_of_few = numbers_of(other);
    train_row bits;
    for (const sequence& each : many) {
        const train_row more =
            reference::m2_measure(small, numbers_of_few, each.ids, each.given, reference::m2_all(numbers_of_few)).bits;
        bits.insert(bits.end(), more.begin(), more.end());
    }
    reference::check_close(together.bits, bits);
}

TEST_CASE("m2: what is given costs nothing, but is seen and learns", "[m2]") {
    test::random_source random(9600);
    const reference::m1_shape small = tiny_layers(1, 1);
    const model_shape shape{test::m1_shape_of(small), 90, 60, 30};
    const parameters model = lively(shape, 9);
    const sequence text = random_sequence(random, shape, 14, 10);
    const candidates all = all_candidates(model);
    network net(shape);
    gradients to = zeros(shape, all);
    input_rows rows;
    std::vector<float> bits;
    net.learn(model, piece_of({text}, shape), all, 1, to, rows, bits);
    REQUIRE(bits.size() == 4);
    for (std::size_t i = 0; i < 14; ++i) {
        const std::span<const float> row = std::span<const float>(rows.gradients).subspan(i * 32, 32);
        INFO("position " << i);
        CHECK(train::dot(row, row) > 1e-9F);  // the start and what is given too
    }
    sequence other = text;
    other.ids[3] = (other.ids[3] + 1) % 90;
    std::vector<float> changed;
    std::vector<std::uint8_t> right;
    net.measure(model, piece_of({other}, shape), all, changed, right);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(changed[i] != bits[i]);
    }
    // What comes later is not seen.
    other = text;
    other.ids[12] = 60 + (other.ids[12] - 59) % 30;
    net.measure(model, piece_of({other}, shape), all, changed, right);
    CHECK(changed[0] == bits[0]);
    CHECK(changed[1] == bits[1]);
    CHECK(changed[2] != bits[2]);
    CHECK(changed[3] != bits[3]);
}

TEST_CASE("m2: gradients add to what is there, and sequences cost the same behind and beside others", "[m2]") {
    test::random_source random(9700);
    const model_shape shape{test::m1_shape_of(tiny_layers(2, 1)), 60, 7, 50};
    const parameters model = lively(shape, 10);
    const candidates all = all_candidates(model);
    const std::vector<sequence> texts = {random_sequence(random, shape, 40, 3), random_sequence(random, shape, 25, 0)};
    network net(shape);
    gradients once = zeros(shape, all), twice = zeros(shape, all);
    input_rows rows, again;
    std::vector<float> bits, more, beside;
    const piece first = piece_of({texts[0]}, shape);
    net.learn(model, first, all, 1, once, rows, bits);
    net.learn(model, first, all, 1, twice, rows, more);
    net.learn(model, first, all, 1, twice, again, more);
    CHECK(more == bits);
    CHECK(again.gradients == rows.gradients);  // put, not added
    const auto check_double = [](const std::vector<float>& a, std::vector<float> b) {
        for (float& each : b) {
            each /= 2;
        }
        reference::check_close(a, doubles(b));
    };
    for (std::size_t l = 0; l < 2; ++l) {
        check_double(once.layers[l].qkv, twice.layers[l].qkv);
        check_double(once.layers[l].temperature, twice.layers[l].temperature);
        check_double(once.layers[l].relative, twice.layers[l].relative);
        check_double(once.layers[l].out, twice.layers[l].out);
        check_double(once.layers[l].up, twice.layers[l].up);
        check_double(once.layers[l].down, twice.layers[l].down);
    }
    check_double(once.candidate_rows, twice.candidate_rows);
    check_double(once.candidate_bias, twice.candidate_bias);

    std::vector<std::uint8_t> right;
    net.measure(model, piece_of({texts[1], texts[0], texts[1]}, shape), all, beside, right);
    REQUIRE(beside.size() == 25 + 37 + 25);
    reference::check_close(std::vector<float>(beside.begin() + 25, beside.begin() + 62), doubles(bits));
    net.measure(model, piece(), all, beside, right);
    CHECK(beside.empty());
    CHECK(right.empty());
}

TEST_CASE("m2: fast products cost nearly the same", "[m2]") {
    test::random_source random(9800);
    const model_shape shape{test::m1_shape_of(tiny_layers(2, 1)), 300, 0, 300};
    const parameters model = lively(shape, 11);
    const candidates all = all_candidates(model);
    const piece text = piece_of({random_sequence(random, shape, 200, 0)}, shape);
    std::vector<float> bits[2];
    std::vector<std::uint8_t> right;
    for (const train::arithmetic products : {train::arithmetic::exact, train::arithmetic::fast}) {
        network(shape, products).measure(model, text, all, bits[static_cast<std::size_t>(products)], right);
    }
    CHECK(std::abs(train::sum(bits[0]) - train::sum(bits[1])) / 200 < 0.02F);
}
