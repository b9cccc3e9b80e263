// SPDX-License-Identifier: MIT
// The ids among which a step chooses.
#include <support/catch.hpp>

#include <equinfo/m2/candidates.hpp>
#include <equinfo/m2/parameters.hpp>
#include <equinfo/m2/sequence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

/// 300 outputs from id 50 on, all with a bias.
parameters small_model() {
    m1_shape layers;
    layers.width = 32;
    layers.layers = 1;
    layers.heads = 2;
    layers.shared = 1;
    layers.head_width = 16;
    layers.hidden = 32;
    layers.context = 16;
    parameters model = parameters::random({layers, 400, 50, 300}, 1);
    train::random_numbers random(2);
    train::fill_normal(random, 1, model.bias);
    return model;
}

/// With 40 different targets, one of them the first output and one the last.
std::vector<piece> some_pieces() {
    std::vector<piece> pieces(2);
    for (std::uint32_t i = 0; i < 39; ++i) {
        pieces[i % 2].add({{10, 50 + 7 * i, 50 + 7 * i}, 1, 0}, 400);
    }
    pieces[1].add({{399, 349}, 1, 0}, 400);
    return pieces;
}

std::set<std::uint32_t> targets_of(const std::vector<piece>& pieces) {
    std::set<std::uint32_t> targets;
    for (const piece& each : pieces) {
        targets.insert(each.targets.begin(), each.targets.end());
    }
    return targets;
}

void check_rows(const parameters& model, const candidates& chosen) {
    REQUIRE(chosen.rows.size() == chosen.ids.size() * 32);
    REQUIRE(chosen.addends.size() == chosen.ids.size());
    for (std::size_t i = 0; i < chosen.ids.size(); ++i) {
        REQUIRE(chosen.place_of(chosen.ids[i]) == i);
        for (std::size_t c = 0; c < 32; ++c) {
            REQUIRE(chosen.rows[i * 32 + c] == model.embedding[chosen.ids[i] * 32 + c]);
        }
    }
}

void check_all(const parameters& model, const candidates& chosen) {
    REQUIRE(chosen.ids.size() == 300);
    for (std::uint32_t i = 0; i < 300; ++i) {
        REQUIRE(chosen.ids[i] == 50 + i);
    }
    CHECK(chosen.addends == model.bias);
    check_rows(model, chosen);
}

}  // namespace

TEST_CASE("m2: all candidates are all outputs with their vectors and biases", "[m2]") {
    const parameters model = small_model();
    check_all(model, all_candidates(model));
}

TEST_CASE("m2: sampled candidates are all targets and as many others as are asked for, each once", "[m2]") {
    const parameters model = small_model();
    const std::vector<piece> pieces = some_pieces();
    const std::set<std::uint32_t> targets = targets_of(pieces);
    REQUIRE(targets.size() == 40);
    train::random_numbers random(3);
    std::set<std::uint32_t> ever;
    for (const std::size_t sampled : {1u, 5u, 20u, 129u}) {
        for (int i = 0; i < 50; ++i) {
            const candidates chosen = sampled_candidates(model, pieces, sampled, random);
            REQUIRE(chosen.ids.size() == 40 + sampled);
            check_rows(model, chosen);
            REQUIRE(std::adjacent_find(chosen.ids.begin(), chosen.ids.end(), std::greater_equal()) == chosen.ids.end());
            REQUIRE(std::includes(chosen.ids.begin(), chosen.ids.end(), targets.begin(), targets.end()));
            REQUIRE(chosen.ids.front() == 50);
            REQUIRE(chosen.ids.back() == 349);
            const double stands_for = std::log2(260.0 / static_cast<double>(sampled));
            for (std::size_t at = 0; at < chosen.ids.size(); ++at) {
                const double addend = static_cast<double>(chosen.addends[at] - model.bias[chosen.ids[at] - 50]);
                REQUIRE(std::abs(addend - (targets.contains(chosen.ids[at]) ? 0.0 : stands_for)) < 1e-5);
            }
            ever.insert(chosen.ids.begin(), chosen.ids.end());
        }
    }
    CHECK(ever.size() == 300);
    // So many that little is left out: all.
    check_all(model, sampled_candidates(model, pieces, 130, random));
    check_all(model, sampled_candidates(model, pieces, 100000, random));
    std::vector<piece> of_all(1);
    for (std::uint32_t id = 50; id < 350; ++id) {
        of_all[0].add({{id}, 0, 0}, 400);
    }
    check_all(model, sampled_candidates(model, of_all, 0, random));
}

TEST_CASE("m2: the powers of sampled candidates add up to those of all, on average", "[m2]") {
    const parameters model = small_model();
    const std::vector<piece> pieces = some_pieces();
    train::random_numbers random(4);
    std::vector<float> stream(32);
    train::fill_normal(random, 1, stream);
    const auto powers = [&](const candidates& chosen) {
        double sum = 0;
        for (std::size_t i = 0; i < chosen.ids.size(); ++i) {
            double logit = static_cast<double>(chosen.addends[i]);
            for (std::size_t c = 0; c < 32; ++c) {
                logit += static_cast<double>(chosen.rows[i * 32 + c] * stream[c]);
            }
            sum += std::exp2(logit);
        }
        return sum;
    };
    const double all = powers(all_candidates(model));
    for (const std::size_t sampled : {3u, 40u}) {
        constexpr int draws = 10000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < draws; ++i) {
            const double share = powers(sampled_candidates(model, pieces, sampled, random)) / all;
            sum += share;
            squares += share * share;
        }
        const double mean = sum / draws;
        const double error = std::sqrt((squares / draws - mean * mean) / draws);
        INFO(sampled << " sampled: " << mean << " of all, give or take " << error);
        CHECK(error < 0.01);
        CHECK(std::abs(mean - 1) < 4 * error);
    }
}
