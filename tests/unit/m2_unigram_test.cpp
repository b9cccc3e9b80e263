// SPDX-License-Identifier: MIT
// The model by counts: against one that leaves each token out in turn, on noise, and on what is far from it.
#include <support/catch.hpp>

#include <support/random.hpp>
#include <reference/reference_m2.hpp>

#include <equinfo/m2/sequence.hpp>
#include <equinfo/m2/unigram.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

template <class Draw>
std::vector<sequence> drawn(std::size_t tokens, Draw&& draw) {
    std::vector<sequence> texts(1);
    for (std::size_t i = 0; i < tokens; ++i) {
        texts[0].ids.push_back(static_cast<std::uint32_t>(draw()));
    }
    return texts;
}

double all_probabilities(const unigram& model, std::uint32_t first, std::uint32_t ids) {
    double sum = 0;
    for (std::uint32_t id = first; id < first + ids; ++id) {
        sum += std::exp2(-model.bits_of(id));
    }
    return sum;
}

}  // namespace

TEST_CASE("m2: counts are raised by what foretells each token best from all others", "[m2]") {
    test::random_source random(9000);
    for (const std::size_t count : {2u, 3u, 10u, 40u, 90u}) {
        for (const std::uint64_t kinds : {1u, 3u, 12u}) {
            // Of 12 ids from 100 on, some never occur; those that are given do not count.
            std::vector<std::size_t> tokens;
            std::vector<sequence> texts(3);
            texts[0].ids = {0, 7, 100, 111};
            texts[0].given = 4;
            texts[1].ids = {100, 5};
            texts[1].given = 2;
            for (std::size_t i = 0; i < count; ++i) {
                tokens.push_back(std::min(random.below(kinds), random.below(kinds)));
                texts[i % 3].ids.push_back(100 + static_cast<std::uint32_t>(tokens.back()));
            }
            std::vector<std::size_t> counts(12, 0);
            for (const std::size_t token : tokens) {
                ++counts[token];
            }
            double best = HUGE_VAL;
            std::vector<double> nearly_best;  // nothing chooses between amounts that do equally well
            for (const bool second : {false, true}) {
                for (int exponent = -50; exponent <= 50; ++exponent) {
                    const double raised = std::exp2(exponent / 2.0);
                    const double bits = reference::unigram_left_out(tokens, 12, raised);
                    best = std::min(best, bits);
                    if (second && bits <= best * (1 + 1e-9) + 1e-9) {
                        nearly_best.push_back(raised);
                    }
                }
            }
            const unigram model(texts, 100, 12);
            double nearest = HUGE_VAL;
            for (const double raised : nearly_best) {
                const reference::train_row probabilities = reference::unigram_probabilities(counts, raised);
                double apart = 0;
                for (std::uint32_t id = 0; id < 12; ++id) {
                    apart = std::max(apart, std::abs(model.bits_of(100 + id) + std::log2(probabilities[id])));
                }
                nearest = std::min(nearest, apart);
            }
            INFO(count << " tokens of " << kinds << " kinds");
            CHECK(nearest < 1e-9);
            CHECK(std::abs(all_probabilities(model, 100, 12) - 1) < 1e-9);
            double bits = 0;
            for (const std::size_t token : tokens) {
                bits += model.bits_of(100 + static_cast<std::uint32_t>(token));
            }
            CHECK(std::abs(model.bits_of(texts) - bits) < 1e-9);
        }
    }
}

TEST_CASE("m2: noise comes out as uniform, though there are fewer tokens than ids", "[m2]") {
    test::random_source random(9100);
    constexpr std::uint32_t ids = 65536;
    for (const std::size_t tokens : {3000u, 20000u, 50000u}) {
        const auto draw = [&] { return random.below(ids); };
        const std::vector<sequence> learnt = drawn(tokens, draw), held = drawn(tokens, draw);
        const unigram model(learnt, 0, ids);
        const double bits = model.bits_of(held) / static_cast<double>(tokens);
        std::vector<std::size_t> counts(ids, 0);
        for (const std::uint32_t id : learnt[0].ids) {
            ++counts[id];
        }
        const auto raised_by = [&](double raised) {
            double cost = 0;
            for (const std::uint32_t id : held[0].ids) {
                const double total = static_cast<double>(tokens) + raised * ids;
                cost += std::log2(total / (static_cast<double>(counts[id]) + raised));
            }
            return cost / static_cast<double>(tokens);
        };
        const double as_usual = raised_by(1);
        const double as_they_are = raised_by(0.01);
        INFO(tokens << " tokens: " << bits << ", by counts raised by 1 " << as_usual << ", by 0.01 " << as_they_are);
        CHECK(std::abs(bits - 16) < 0.002);
        CHECK(as_usual > 16.01);
        CHECK(as_they_are > 17.5);
        CHECK(std::abs(all_probabilities(model, 0, ids) - 1) < 1e-6);
    }
}

TEST_CASE("m2: skewed counts come near the entropy, and what never occurred has a cost", "[m2]") {
    test::random_source random(9200);
    // Id n has a probability of 2^-(n + 1): an entropy of 2 bits.
    const auto draw = [&] {
        std::uint32_t id = 0;
        while (random.chance(1, 2)) {
            ++id;
        }
        return id;
    };
    const std::vector<sequence> learnt = drawn(50000, draw), held = drawn(50000, draw);
    const unigram model(learnt, 0, 1000);
    INFO(model.bits_of(held) / 50000);
    CHECK(std::abs(model.bits_of(held) / 50000 - 2) < 0.03);
    CHECK(std::abs(model.bits_of(0) - 1) < 0.03);
    CHECK(model.bits_of(999) > 15);
    CHECK(model.bits_of(999) < 40);
    CHECK(std::abs(all_probabilities(model, 0, 1000) - 1) < 1e-9);

    // Half of all tokens are one id, the others any: both are seen for what they are.
    const auto mixed = [&] { return random.chance(1, 2) ? 7u : 1000 + static_cast<std::uint32_t>(random.below(16)); };
    const unigram two(drawn(20000, mixed), 0, 65536);
    CHECK(std::abs(two.bits_of(7) - 1) < 0.03);
    CHECK(std::abs(two.bits_of(1003) - 5) < 0.2);
}

TEST_CASE("m2: with nothing counted, or one id to choose, counts say what is left to say", "[m2]") {
    const unigram nothing(std::vector<sequence>{{{5, 6}, 2, 0}}, 5, 32);
    CHECK(std::abs(nothing.bits_of(5) - 5) < 1e-9);
    CHECK(std::abs(nothing.bits_of(36) - 5) < 1e-9);
    const unigram sole(std::vector<sequence>{{{5, 5, 5}, 0, 3}}, 5, 1);
    CHECK(sole.bits_of(5) == 0);
    const unigram one(std::vector<sequence>{{{5}, 0, 1}}, 5, 32);
    CHECK(std::isfinite(one.bits_of(36)));
    CHECK(std::abs(all_probabilities(one, 5, 32) - 1) < 1e-9);
}
