// SPDX-License-Identifier: MIT
// The logits themselves, before they become frequencies: those of the slow twin, whatever is run together.
#include <equinfo/m1/engine.hpp>
#include <equinfo/m1/lane.hpp>

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
#include <thread>
#include <vector>

using namespace equinfo;

namespace {

using logits = std::array<std::int32_t, 256>;
using lows = std::array<std::uint32_t, 257>;

struct sample {
    reference::m1_shape shape;
    reference::m1_numbers numbers;
    std::vector<std::uint32_t> tokens;  // the start, then a text
    std::vector<logits> expected_logits;
    std::vector<lows> expected_lows;

    [[nodiscard]] m1_data data(instruction_set set) const { return m1_data(test::m1_content_of(shape, numbers), set); }
};

sample sample_of(const reference::m1_shape& shape, reference::m1_numbers numbers, std::size_t length, test::random_source& random) {
    sample made{shape, std::move(numbers), {256}, {}, {}};
    reference::m1 twin(shape, made.numbers);
    for (std::size_t i = 0; i < length; ++i) {
        if (i != 0) {
            const auto byte = static_cast<std::uint8_t>(random.below(4) == 0 ? random.below(256) : static_cast<std::uint8_t>("see the sea"[random.below(11)]));
            made.tokens.push_back(byte);
            twin.update(byte);
        }
        logits narrow{};
        const auto wide = twin.logits();
        std::transform(wide.begin(), wide.end(), narrow.begin(), [](std::int64_t logit) { return static_cast<std::int32_t>(logit); });
        made.expected_logits.push_back(narrow);
        made.expected_lows.push_back(twin.predict());
    }
    return made;
}

/// Every small shape, its ring gone round; numbers of a trained model's sizes, or at the ends of their ranges.
std::vector<sample> samples(bool extreme) {
    test::random_source random(extreme ? 3402 : 3401);
    std::vector<sample> made;
    for (const reference::m1_shape& shape : test::m1_small_shapes()) {
        made.push_back(sample_of(shape, extreme ? test::extreme_m1(shape, random) : test::random_m1(shape, random),
                                 shape.context + 70, random));
    }
    return made;
}

/// What an engine was asked for at one row.
struct answer {
    logits found{};
    frequency_table<22> prediction{};
};

/// How many answers differ from the twin's, when lanes that are at different places of the text run together, so many rows of each;
/// now and then only logits are wanted, or only the prediction.
std::size_t differences(const sample& s, const m1_data& data, std::size_t lane_count, std::size_t most_of_one, std::uint64_t seed) {
    test::random_source random(seed);
    m1_engine engine(data);
    std::vector<m1_lane> lanes(lane_count, m1_lane(data));
    std::vector<std::size_t> at(lane_count, 0);
    std::size_t wrong = 0;
    for (bool goes_on = true; goes_on;) {
        std::vector<m1_engine::row> rows;
        std::vector<std::size_t> places;
        std::array<answer, m1_engine::most_rows> answers{};
        goes_on = false;
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            const std::size_t left = std::min(s.tokens.size() - at[lane], m1_engine::most_rows - rows.size());
            const std::size_t count = std::min<std::size_t>(left, random.below(most_of_one + 1));
            for (std::size_t i = 0; i < count; ++i, ++at[lane]) {
                answer& a = answers[rows.size()];
                const auto wanted = random.below(4);
                rows.push_back({&lanes[lane], s.tokens[at[lane]], wanted == 0 ? nullptr : &a.prediction, wanted == 1 ? nullptr : a.found.data()});
                places.push_back(at[lane]);
            }
            goes_on = goes_on || at[lane] < s.tokens.size();
        }
        engine.run(rows);
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const logits expected = rows[r].logits == nullptr ? logits{} : s.expected_logits[places[r]];
            wrong += answers[r].found != expected ? 1 : 0;
            if (rows[r].prediction != nullptr) {
                wrong += !std::ranges::equal(answers[r].prediction.cumulative(), s.expected_lows[places[r]]) ? 1 : 0;
            }
        }
    }
    return wrong;
}

}  // namespace

TEST_CASE("m1: the twin's logits, step by step and many positions at once, on every instruction set", "[m1]") {
    for (const bool extreme : {false, true}) {
        std::size_t number = 0, changing = 0;
        for (const sample& s : samples(extreme)) {
            changing += test::changes_in(s.expected_logits) > s.expected_logits.size() / 8 ? 1 : 0;
            for (const instruction_set set : test::available_sets()) {
                INFO(name_of(set) << ", shape " << number << (extreme ? ", extreme" : ""));
                const m1_data data = s.data(set);
                CHECK(differences(s, data, 1, 1, 1) == 0);
                CHECK(differences(s, data, 1, 64, 2) == 0);
            }
            ++number;
        }
        CHECK(changing >= (extreme ? 7u : number));
    }
}

TEST_CASE("m1: the twin's logits in 7 and 64 lanes, and in two threads at once", "[m1]") {
    const std::vector<sample> all = samples(false);
    for (const std::size_t number : {0u, 4u, 6u}) {
        for (const instruction_set set : test::available_sets()) {
            INFO(name_of(set) << ", shape " << number);
            const m1_data data = all[number].data(set);
            CHECK(differences(all[number], data, 7, 3, 3) == 0);
            std::array<std::size_t, 2> wrong{1, 1};
            std::thread other([&] { wrong[1] = differences(all[number], data, 64, 1, 4); });
            wrong[0] = differences(all[number], data, 64, 2, 5);
            other.join();
            CHECK(wrong == std::array<std::size_t, 2>{0, 0});
        }
    }
}
