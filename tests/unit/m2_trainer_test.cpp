// SPDX-License-Identifier: MIT
// M2's training as a whole: it learns, and seeds, threads, pauses and measuring change nothing else.
#include <support/catch.hpp>

#include <support/random.hpp>

#include <equinfo/error.hpp>
#include <equinfo/m2/checkpoint.hpp>
#include <equinfo/m2/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

m1_shape small_layers() {
    m1_shape layers;
    layers.width = 32;
    layers.layers = 1;
    layers.heads = 2;
    layers.shared = 1;
    layers.head_width = 16;
    layers.hidden = 64;
    layers.context = 16;
    return layers;
}

training_options small_options() {
    training_options options;
    options.batch = 512;
    options.rate = 3e-3F;
    options.muon = 0.02F;
    options.row_rate = 1e-2F;
    options.bias_rate = 5e-3F;
    return options;
}

std::vector<double> bits_of_steps(trainer& training, int first, int last, int steps) {
    std::vector<double> bits;
    for (int i = first; i < last; ++i) {
        bits.push_back(training.step(static_cast<double>(i) / steps));
    }
    return bits;
}

/// A pattern of six different ids, again and again.
std::vector<sequence> pattern(std::uint32_t first, std::uint32_t apart) {
    constexpr std::uint32_t order[] = {0, 4, 1, 5, 3, 2};
    std::vector<sequence> texts(8);
    for (sequence& text : texts) {
        for (std::size_t i = 0; i < 60; ++i) {
            text.ids.push_back(first + apart * order[i % 6]);
        }
        text.bytes = 120;
    }
    return texts;
}

/// Eight letters of sixteen, id 16, and the same letters, which alone are predicted.
std::vector<sequence> copies(test::random_source& random, std::size_t count) {
    std::vector<sequence> texts(count);
    for (sequence& text : texts) {
        for (int i = 0; i < 8; ++i) {
            text.ids.push_back(static_cast<std::uint32_t>(random.below(16)));
        }
        text.ids.push_back(16);
        text.given = 9;
        for (std::size_t i = 0; i < 8; ++i) {
            const std::uint32_t letter = text.ids[i];
            text.ids.push_back(letter);
        }
        text.bytes = 8;
    }
    return texts;
}

/// Ids 0..199, the smaller the likelier, that tell nothing of one another.
std::vector<sequence> skewed_noise(test::random_source& random, std::size_t count, std::size_t length) {
    std::vector<sequence> texts(count);
    for (sequence& text : texts) {
        for (std::size_t i = 0; i < length; ++i) {
            text.ids.push_back(
                static_cast<std::uint32_t>(std::min({random.below(200), random.below(200), random.below(200)})));
        }
        text.bytes = length;
    }
    return texts;
}

}  // namespace

TEST_CASE("m2: a pattern is learnt to nearly no bits", "[m2]") {
    const std::vector<sequence> texts = pattern(3, 2);
    trainer training(model_shape{small_layers(), 20, 0, 20}, texts, small_options());
    const double begin = bits_of_steps(training, 0, 150, 150).front();
    CHECK(begin > 1.5);
    const measured end = training.measure(texts);
    CHECK(end.tokens == 8 * 60);
    CHECK(end.bytes == 8 * 120);
    INFO("bits a token: " << end.bits / 480 << ", right " << end.accuracy());
    CHECK(end.bits / 480 < 0.03);
    CHECK(end.right == 480);
    CHECK(end.accuracy() == 1);
    CHECK(end.bits_a_byte() == end.bits / 960);
    CHECK(training.state().step == 150);
    CHECK(training.state().tokens == 150 * 540);  // nine sequences a step
    CHECK(training.state().sequences == 150 * 9);
}

TEST_CASE("m2: what is given can be copied, also in texts never seen", "[m2]") {
    test::random_source random(9900);
    const std::vector<sequence> texts = copies(random, 400), held = copies(random, 100);
    training_options options = small_options();
    options.threads = 2;
    trainer training(model_shape{small_layers(), 17, 0, 16}, texts, options);
    const double begin = bits_of_steps(training, 0, 300, 300).front();
    CHECK(std::abs(begin - 4) < 0.4);
    const measured end = training.measure(held);
    INFO("bits a token: " << end.bits / static_cast<double>(end.tokens) << ", right " << end.accuracy());
    CHECK(end.tokens == 800);
    CHECK(end.bits / 800 < 0.1);
    CHECK(end.accuracy() > 0.98);
}

TEST_CASE("m2: a sample of the ids is enough to learn, and its bits are near those of all", "[m2]") {
    const std::vector<sequence> texts = pattern(100, 400);
    training_options options = small_options();
    options.sampled = 64;
    trainer training(model_shape{small_layers(), 3000, 50, 2900}, texts, options);
    const double exact = training.measure(texts).bits / 480;
    double sampled = 0;
    for (int i = 0; i < 20; ++i) {
        sampled += training.step(1) / 20;  // at next to no rate
    }
    INFO("all " << exact << ", sampled " << sampled);
    CHECK(std::abs(sampled - exact) < 0.15);
    bits_of_steps(training, 0, 150, 150);
    const measured end = training.measure(texts);
    INFO("bits a token: " << end.bits / 480);
    CHECK(end.bits / 480 < 0.1);
    CHECK(end.right == 480);
}

TEST_CASE("m2: training begins near the unigram model", "[m2]") {
    test::random_source random(9910);
    std::vector<sequence> learnt = skewed_noise(random, 20, 200), held = skewed_noise(random, 20, 200);
    for (std::vector<sequence>* const set : {&learnt, &held}) {
        for (sequence& text : *set) {
            for (std::uint32_t& id : text.ids) {
                id += 10;
            }
        }
    }
    const unigram of_outputs(learnt, 10, 290);
    training_options options = small_options();
    options.batch = 4000;
    trainer training(model_shape{small_layers(), 300, 10, 290}, learnt, options);
    const double expected = of_outputs.bits_of(learnt) / 4000;
    const double expected_held = of_outputs.bits_of(held) / 4000;
    const double held_bits = training.measure(held).bits / 4000;
    const double first = training.step(0);
    INFO("unigram " << expected << " and " << expected_held << ", M2 " << first << " and " << held_bits);
    CHECK(expected_held < std::log2(290) - 0.5);
    CHECK((first > expected && first < expected + 0.2));
    CHECK((held_bits > expected_held && held_bits < expected_held + 0.2));
}

TEST_CASE("m2: a step learns by the gradient of its whole batch, at rates that rise and fall", "[m2]") {
    test::random_source random(9920);
    const std::vector<sequence> texts = skewed_noise(random, 12, 400);  // two a piece, more pieces than share the work
    const model_shape shape{small_layers(), 2000, 0, 1500};
    training_options options = small_options();
    options.batch = 12 * 400;
    options.sampled = 30;
    options.products = train::arithmetic::exact;
    for (const auto& at : {std::pair{0.0, 0.102}, {0.013, 0.75 * 0.987 + 0.002}, {0.5, 0.502}, {1.0, 0.002}}) {
        const double factor = at.second;
        trainer training(shape, texts, options);
        const training_state before = training.state();
        train::random_numbers draws(before.random);
        piece text;
        for (const sequence& each : texts) {
            text.add(each, 2000);
        }
        const candidates among = sampled_candidates(before.model, std::vector<piece>{text}, 30, draws);
        gradients to{parameters::zero_layers(shape.layers), std::vector<float>(among.rows.size()),
                     std::vector<float>(among.ids.size())};
        input_rows rows;
        std::vector<float> bits;
        network(shape).learn(before.model, text, among, std::log(2.0F) / 4800, to, rows, bits);
        std::vector<float> gradient(before.model.embedding.size()), of_bias(1500);
        for (std::size_t i = 0; i < rows.gradients.size(); ++i) {
            gradient[rows.ids[i / 32] * 32 + i % 32] += rows.gradients[i];
        }
        for (std::size_t i = 0; i < to.candidate_rows.size(); ++i) {
            gradient[among.ids[i / 32] * 32 + i % 32] += to.candidate_rows[i];
        }
        for (std::size_t i = 0; i < among.ids.size(); ++i) {
            of_bias[among.ids[i]] = to.candidate_bias[i];
        }

        CHECK(std::abs(training.step(at.first) - static_cast<double>(train::sum(bits)) / 4800) < 1e-4);
        const training_state& after = training.state();
        CHECK(after.random == draws.state());
        // A first step of Adam goes as far for any gradient. Gives how many numbers moved.
        const auto check = [&](const std::vector<float>& old, const std::vector<float>& now,
                               const std::vector<float>& slopes, double rate) {
            float most = 0;
            for (const float slope : slopes) {
                most = std::max(most, std::abs(slope));
            }
            std::size_t moved = 0;
            std::size_t unclear = 0;
            for (std::size_t i = 0; i < old.size(); ++i) {
                const double step = static_cast<double>(now[i]) - static_cast<double>(old[i]);
                moved += step != 0 ? 1 : 0;
                if (std::abs(slopes[i]) > 1e-3F * most) {
                    const double expected = -std::copysign(rate * factor, static_cast<double>(slopes[i]));
                    REQUIRE(std::abs(step - expected) < 2e-3 * rate * factor + 1e-6);
                } else if (slopes[i] == 0) {
                    REQUIRE(step == 0);
                } else {
                    ++unclear;  // so little that its sign is not sure
                }
            }
            CHECK(unclear <= old.size() / 4);
            return moved;
        };
        const std::size_t rows_moved = check(before.model.embedding, after.model.embedding, gradient, 1e-2) / 32;
        CHECK(rows_moved == among.ids.size() + 1);  // all inputs but the start are targets too
        CHECK(check(before.model.bias, after.model.bias, of_bias, 5e-3) == among.ids.size());
        check(before.model.layers[0].temperature, after.model.layers[0].temperature, to.layers[0].temperature, 3e-3);
        check(before.model.layers[0].relative, after.model.layers[0].relative, to.layers[0].relative, 15e-3);
        // Matrices by Muon, whose momentum begins with a share of the gradient.
        const auto check_momentum = [](const std::vector<float>& momentum, const std::vector<float>& of) {
            REQUIRE(momentum.size() == of.size());
            float apart = 0;
            float most = 0;
            for (std::size_t i = 0; i < of.size(); ++i) {
                apart = std::max(apart, std::abs(momentum[i] - 0.05F * of[i]));
                most = std::max(most, 0.05F * std::abs(of[i]));
            }
            CHECK(apart < 1e-3F * most);
        };
        check_momentum(after.mean[0].qkv, to.layers[0].qkv);
        check_momentum(after.mean[0].out, to.layers[0].out);
        check_momentum(after.mean[0].up, to.layers[0].up);
        check_momentum(after.mean[0].down, to.layers[0].down);
        CHECK(after.model.layers[0].up != before.model.layers[0].up);
        CHECK(after.step == 1);
    }
}

TEST_CASE("m2: the same seed gives the same model in any number of threads, another seed another", "[m2]") {
    test::random_source random(9930);
    const std::vector<sequence> texts =
        skewed_noise(random, 40, 300);  // three a piece, more pieces than share the work
    std::vector<std::vector<std::byte>> made;
    std::vector<std::vector<double>> bits;
    std::vector<double> measured_bits;
    std::vector<parameters> begun;
    for (const auto& [seed, threads] : {std::pair{1u, 1u}, {1u, 2u}, {1u, 3u}, {1u, 9u}, {2u, 1u}}) {
        training_options options = small_options();
        options.batch = 4500;
        options.seed = seed;
        options.threads = threads;
        options.sampled = 20;
        trainer training(model_shape{small_layers(), 300, 0, 300}, texts, options);
        begun.push_back(training.state().model);
        bits.push_back(bits_of_steps(training, 0, 5, 5));
        measured_bits.push_back(training.measure(texts).bits);
        made.push_back(write_checkpoint(training.state()));
    }
    for (std::size_t i = 1; i < 4; ++i) {
        CHECK(bits[i] == bits[0]);
        CHECK(measured_bits[i] == measured_bits[0]);
        const bool is_same = made[i] == made[0];  // so large that Catch must not print it
        CHECK(is_same);
    }
    CHECK(bits[4] != bits[0]);
    CHECK(begun[4].embedding != begun[0].embedding);
    CHECK(begun[4].layers[0].qkv != begun[0].layers[0].qkv);
    CHECK(begun[4].bias == begun[0].bias);  // the unigram model's
    const bool is_another = made[4] != made[0];
    CHECK(is_another);
}

TEST_CASE("m2: every round has each sequence once, in an order of its own", "[m2]") {
    // Each of its own length, so that a step tells which it took; one has nothing to predict.
    std::vector<sequence> texts(13);
    for (std::size_t i = 1; i < texts.size(); ++i) {
        texts[i].ids.assign(i + 2, 1);
        texts[i].given = 2;
    }
    texts[0].ids = {1, 2};
    texts[0].given = 2;
    training_options options = small_options();
    options.batch = 1;
    std::vector<std::vector<std::uint64_t>> orders;
    for (const std::uint64_t seed : {1u, 2u}) {
        options.seed = seed;
        trainer training(model_shape{small_layers(), 5, 0, 5}, texts, options);
        std::vector<std::uint64_t> taken;
        for (int i = 0; i < 5 * 12; ++i) {
            const std::uint64_t before = training.state().tokens;
            training.step(0);
            taken.push_back(training.state().tokens - before);
        }
        for (std::size_t round = 0; round < 5; ++round) {
            const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(12 * round);
            orders.emplace_back(begin, begin + 12);
            std::vector<std::uint64_t> sorted = orders.back();
            std::sort(sorted.begin(), sorted.end());
            for (std::size_t i = 0; i < 12; ++i) {
                REQUIRE(sorted[i] == i + 1);
            }
        }
        const std::uint64_t seen = training.state().sequences;
        CHECK((seen == 5 * 13 || seen == 5 * 13 - 1));  // the last of all may be the one without
    }
    CHECK(std::set<std::vector<std::uint64_t>>(orders.begin(), orders.end()).size() == 10);

    // A batch that is larger than all texts goes through them more than once.
    options.batch = 200;
    trainer training(model_shape{small_layers(), 5, 0, 5}, texts, options);
    training.step(0);
    CHECK(training.state().tokens >= 200);
    CHECK(training.state().sequences >= 2 * 13);
}

TEST_CASE("m2: measuring between steps changes nothing, and texts cost the same alone and together", "[m2]") {
    test::random_source random(9940);
    const std::vector<sequence> texts = skewed_noise(random, 30, 200);
    std::vector<sequence> others = skewed_noise(random, 2, 700);
    others.push_back(sequence{std::vector<std::uint32_t>(1100, 5), 1100, 0});  // given alone, and longer than a piece
    training_options options = small_options();
    options.batch = 2000;
    trainer measuring(model_shape{small_layers(), 300, 0, 300}, texts, options);
    trainer straight(model_shape{small_layers(), 300, 0, 300}, texts, options);
    for (int i = 0; i < 4; ++i) {
        const measured seen = measuring.measure(others);
        CHECK(seen.tokens == 1400);
        CHECK(seen.bits > 0);
        CHECK(measuring.measure(others).bits == seen.bits);
        CHECK(measuring.step(i / 4.0) == straight.step(i / 4.0));
    }
    // All together cost what each by itself does, in more pieces than share the work too.
    double bits = 0;
    std::uint64_t right = 0;
    for (const sequence& text : texts) {
        const measured alone = measuring.measure({&text, 1});
        bits += alone.bits;
        right += alone.right;
    }
    const measured all = measuring.measure(texts);
    CHECK(all.tokens == 6000);
    CHECK(all.bytes == 6000);
    CHECK(std::abs(all.bits - bits) < 1e-5 * bits);
    CHECK(all.right == right);
    CHECK(right > 0);
    const bool is_same = write_checkpoint(measuring.state()) == write_checkpoint(straight.state());
    CHECK(is_same);
}

TEST_CASE("m2: what cannot be learnt or measured is refused", "[m2]") {
    const model_shape shape{small_layers(), 20, 10, 5};
    const std::vector<sequence> good = {{{3, 19, 10, 14}, 2, 2}};
    const auto code_of = [&](const model_shape& with, const std::vector<sequence>& texts,
                             const training_options& options = small_options()) -> std::string {
        try {
            trainer(with, texts, options);
        } catch (const error& fault) {
            return fault.code() == errc::bad_parameter ? "bad parameter" : "another";
        }
        return "none";
    };
    CHECK(code_of(shape, good) == "none");
    CHECK(code_of(shape, {}) == "bad parameter");
    CHECK(code_of(shape, {{{3, 4}, 2, 0}, {{}, 0, 0}}) == "bad parameter");
    CHECK(code_of(shape, {good[0], {{20, 10}, 1, 1}}) == "bad parameter");  // no id
    CHECK(code_of(shape, {good[0], {{~0u, 10}, 1, 1}}) == "bad parameter");
    CHECK(code_of(shape, {good[0], {{3, 9}, 1, 1}}) == "bad parameter");  // no output
    CHECK(code_of(shape, {good[0], {{3, 15}, 1, 1}}) == "bad parameter");
    CHECK(code_of(shape, {good[0], {{20}, 1, 0}}) == "bad parameter");  // nothing of it is predicted, but it is no id
    CHECK(code_of(shape, {good[0], {{3, 10}, 3, 0}}) == "bad parameter");  // more given than there are
    CHECK(code_of(shape, {good[0], {{}, 1, 0}}) == "bad parameter");
    training_options none = small_options();
    none.batch = 0;
    CHECK(code_of(shape, good, none) == "bad parameter");
    none = small_options();
    none.sampled = 0;
    CHECK(code_of(shape, good, none) == "bad parameter");
    for (const model_shape& bad : {model_shape{small_layers(), 0, 0, 0},
                                   {small_layers(), 20, 10, 11},
                                   {small_layers(), (1u << 20) + 1, 10, 5}}) {
        CHECK(code_of(bad, good) == "bad parameter");
    }
    model_shape narrow = shape;
    narrow.layers.width = 31;
    CHECK(code_of(narrow, good) == "bad parameter");
    model_shape with_tables = shape;
    with_tables.layers.columns = 16;
    with_tables.layers.tables.resize(1);
    CHECK(code_of(with_tables, good) == "bad parameter");

    trainer training(shape, good, small_options());
    CHECK(training.measure(good).tokens == 2);
    const std::vector<sequence> strange = {{{3, 9}, 1, 1}}, nothing;
    CHECK_THROWS_AS(training.measure(strange), error);
    CHECK_THROWS_AS(training.measure(nothing), error);
    CHECK_THROWS_AS(trainer(training.state(), strange, small_options()), error);
    CHECK_THROWS_AS(trainer(training.state(), nothing, small_options()), error);
    CHECK_NOTHROW(trainer(training.state(), good, small_options()));
}
