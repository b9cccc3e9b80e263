// SPDX-License-Identifier: MIT
// The integer transformer against its slow twin: every instruction set, every way of feeding, the same integers.
#include <equinfo/m1/model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/sequence.hpp>

#include <reference/reference_m1.hpp>
#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace equinfo;

namespace {

using lows = std::array<std::uint32_t, 257>;

lows lows_of(const frequency_table<22>& table) {
    lows ends{};
    std::copy(table.cumulative().begin(), table.cumulative().end(), ends.begin());
    return ends;
}

/// English-like bytes with some of all others, so that both kinds of tables and all tokens are met.
std::vector<std::uint8_t> mixed_text(test::random_source& random, std::size_t length) {
    std::vector<std::uint8_t> text(length);
    for (std::uint8_t& byte : text) {
        byte = random.below(8) == 0 ? static_cast<std::uint8_t>(random.below(256))
                                    : static_cast<std::uint8_t>("etaoin shrdlu, ETAOIN"[random.below(21)]);
    }
    return text;
}

struct sample {
    reference::m1_shape shape;
    reference::m1_numbers numbers;
    std::vector<std::uint8_t> text;
    std::vector<lows> expected;  // before each symbol, and behind the last

    [[nodiscard]] std::shared_ptr<const m1_data> data(instruction_set set) const {
        return std::make_shared<const m1_data>(test::m1_content_of(shape, numbers), set);
    }
};

/// Long enough for the ring of each to have gone round.
std::vector<sample> samples(bool extreme, std::uint64_t seed) {
    test::random_source random(seed);
    std::vector<sample> made;
    for (const reference::m1_shape& shape : test::m1_small_shapes()) {
        sample s{shape, extreme ? test::extreme_m1(shape, random) : test::random_m1(shape, random),
                 mixed_text(random, shape.context + 100), {}};
        reference::m1 twin(s.shape, s.numbers);
        s.expected.push_back(twin.predict());
        for (const std::uint8_t symbol : s.text) {
            twin.update(symbol);
            s.expected.push_back(twin.predict());
        }
        made.push_back(std::move(s));
    }
    return made;
}

const std::vector<sample>& ordinary() {
    static const std::vector<sample> made = samples(false, 3001);
    return made;
}

}  // namespace

TEST_CASE("m1: the slow twin's integers step by step, on every instruction set", "[m1]") {
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set));
        for (const sample& s : ordinary()) {
            m1_model model(s.data(set));
            for (std::size_t i = 0; i <= s.text.size(); ++i) {
                REQUIRE(lows_of(model.predict()) == s.expected[i]);
                if (i < s.text.size()) {
                    model.update(s.text[i]);
                }
            }
            model.reset();
            REQUIRE(lows_of(model.predict()) == s.expected[0]);
        }
    }
}

TEST_CASE("m1: numbers at the ends of their ranges overflow nowhere", "[m1]") {
    std::vector<std::size_t> changes_of_shape(test::m1_small_shapes().size());
    for (std::uint64_t round = 0; round < 4; ++round) {
        std::size_t shape = 0, changing = 0;
        for (const sample& s : samples(true, 3100 + round)) {
            const std::size_t changes = test::changes_in(s.expected);
            changes_of_shape[shape++] += changes;
            changing += changes > s.expected.size() / 8 ? 1 : 0;
            for (const instruction_set set : test::available_sets()) {
                INFO(name_of(set) << " round " << round);
                m1_model model(s.data(set));
                std::size_t i = 0;
                model.foresee(s.text, [&](const auto& prediction, std::uint8_t) { REQUIRE(lows_of(prediction) == s.expected[i++]); });
                REQUIRE(lows_of(model.predict()) == s.expected[i]);
            }
        }
        CHECK(changing >= 6);
    }
    CHECK(std::ranges::min(changes_of_shape) > 50);
}

TEST_CASE("m1: a known text in pieces of any size gives the same as single steps", "[m1]") {
    test::random_source random(3200);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set));
        for (const sample& s : ordinary()) {
            m1_model model(s.data(set));
            std::size_t at = 0;
            while (at < s.text.size()) {
                const std::size_t count = std::min<std::size_t>(s.text.size() - at, random.below(150));
                const auto kind = random.below(3);
                if (kind == 0) {
                    REQUIRE(lows_of(model.predict()) == s.expected[at]);  // a prediction that is asked for before the piece
                }
                if (kind == 2) {
                    model.update(s.text[at++]);  // a symbol that nobody asked about
                    continue;
                }
                model.foresee(std::span(s.text).subspan(at, count), [&](const auto& prediction, std::uint8_t symbol) {
                    REQUIRE(lows_of(prediction) == s.expected[at]);
                    REQUIRE(symbol == s.text[at++]);
                });
            }
            REQUIRE(lows_of(model.predict()) == s.expected[at]);
        }
    }
}

TEST_CASE("m1: a text that starts anew at any time predicts as the first one did", "[m1]") {
    test::random_source random(3250);
    for (const sample& s : ordinary()) {
        m1_model model(s.data(best_instruction_set()));
        for (int round = 0; round < 60; ++round) {
            // Short texts, and now and then one that goes round the ring, or round the shortest of some.
            const std::size_t length = random.below(10) != 0   ? random.below(12)
                                       : random.below(2) == 0 ? s.text.size()
                                                              : s.text.size() - 60;
            std::size_t at = 0;
            if (random.below(2) == 0) {
                model.foresee(std::span(s.text).first(length),
                              [&](const auto& prediction, std::uint8_t) { REQUIRE(lows_of(prediction) == s.expected[at++]); });
            } else {
                for (; at < length; ++at) {
                    if (random.below(3) != 0) {
                        REQUIRE(lows_of(model.predict()) == s.expected[at]);
                    }
                    model.update(s.text[at]);
                }
            }
            REQUIRE(lows_of(model.predict()) == s.expected[at]);
            model.reset();
        }
    }
}

TEST_CASE("m1: lanes that come and go, 1, 7 and 64 of them, each as if it were alone", "[m1]") {
    test::random_source random(3300);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set));
        for (const auto& [number, lane_count] : {std::pair{0u, 1u}, {0u, 7u}, {0u, 64u}, {4u, 7u}, {6u, 7u}, {9u, 7u}}) {
            const sample& s = ordinary()[number];
            m1_lanes model(s.data(set), lane_count);
            std::vector<std::size_t> at(lane_count, 0);  // all lanes have the same text, at places of their own
            for (int round = 0; round < 150; ++round) {
                std::vector<std::size_t> lanes;
                for (std::size_t lane = 0; lane < lane_count; ++lane) {
                    if (random.below(4) != 0) {
                        lanes.push_back(lane);
                    }
                }
                model.predict(lanes);
                for (const std::size_t lane : lanes) {
                    REQUIRE(lows_of(model.distribution_of(lane)) == s.expected[at[lane]]);
                    if (at[lane] == s.text.size() || random.below(100) == 0) {
                        model.reset(lane);
                        at[lane] = 0;
                    } else if (random.below(8) != 0) {  // else it is asked again
                        model.update(lane, s.text[at[lane]++]);
                    }
                }
            }
        }
    }
}

TEST_CASE("m1: copies share the weights and go on by themselves, in threads too", "[m1]") {
    const sample& s = ordinary()[1];
    m1_model model(s.data(best_instruction_set()));
    for (std::size_t i = 0; i < 40; ++i) {
        model.update(s.text[i]);
    }
    std::array<m1_model, 2> copies{model, model};
    std::array<bool, 2> same{true, true};
    {
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < 2; ++t) {
            threads.emplace_back([&, t] {
                for (std::size_t i = 40; i < s.text.size(); ++i) {
                    same[t] = same[t] && lows_of(copies[t].predict()) == s.expected[i];
                    copies[t].update(s.text[i]);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    CHECK(same[0]);
    CHECK(same[1]);
    CHECK(lows_of(model.predict()) == s.expected[40]);
}

TEST_CASE("m1: the floor of the frequencies costs less than a thousandth of a bit a byte", "[m1]") {
    // 256 of 2^22 points are given away: log2(1 / (1 - 2^-14)) bits.
    m1_content content = m1_content::zeros({});
    content.bias['a'] = 1 << 24;  // as sure as can be
    m1_model model(std::make_shared<const m1_data>(content));
    CHECK(model.predict().range_of('a').freq == (1u << 22) - 255);
    CHECK(model.predict().range_of('b').freq == 1);
}
