// SPDX-License-Identifier: MIT
// Stages between the products at the ends of their ranges and about halves, on every instruction set, against the page.
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/weights.hpp>

#include <reference/reference_m1_stages.hpp>
#include <support/catch.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <vector>

using namespace equinfo;

namespace {

using numbers = std::vector<std::int32_t>;

/// An end of [-limit, limit], one beside it, about zero, or anything; all sizes of numbers are as likely.
std::int32_t any_number(test::random_source& random, std::int32_t limit) {
    const std::int32_t sign = random.chance(1, 2) ? 1 : -1;
    switch (random.below(4)) {
        case 0: return sign * (limit - static_cast<std::int32_t>(random.below(2)));
        case 1: return sign * static_cast<std::int32_t>(random.below(2));
        default: {
            const std::uint64_t most = static_cast<std::uint64_t>(limit) >> random.below(28);
            return sign * static_cast<std::int32_t>(random.below(most + 1));
        }
    }
}

/// The same, and for a third whole steps of 2^shift, halves of them, and what lies beside a half.
std::int32_t any_sum(test::random_source& random, std::int32_t limit, unsigned shift) {
    if (random.chance(2, 3)) {
        return any_number(random, limit);
    }
    const std::int64_t half = (std::int64_t{1} << shift) / 2;
    const auto steps = static_cast<std::int64_t>(random.below(1400)) - 700;
    const auto beside = static_cast<std::int64_t>(random.below(3)) - 1;
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(steps * half + beside, -limit, limit));
}

numbers any_numbers(std::size_t count, const std::function<std::int32_t()>& any) {
    numbers made(count);
    std::generate(made.begin(), made.end(), any);
    return made;
}

constexpr std::int32_t sum_limit = (1 << 28) - 1;
constexpr std::size_t count = 96;

}  // namespace

TEST_CASE("m1 stages: numbers of any size are normalised as the page says", "[m1]") {
    test::random_source random(3660);
    constexpr std::int32_t limit = (1 << 25) - 1;
    for (const std::size_t n : {16u, 32u, 48u, 64u, 128u, 256u, 1024u}) {
        for (const std::uint32_t unit : {16u, 22u}) {
            if (unit == 22 && n > 32) {
                continue;
            }
            for (int round = 0; round < 120; ++round) {
                // Rounds of about one size, of one number that stands out, and of all at an end.
                const std::int32_t most = limit >> (round % 26);
                numbers x = any_numbers(n, [&] { return round % 5 == 0 ? most : any_number(random, std::max(most, 1)); });
                if (round % 5 == 1) {
                    x[random.below(n)] = any_number(random, limit);
                }
                const reference::m1_row expected = reference::m1_norm(reference::m1_row(x.begin(), x.end()), unit);
                for (const instruction_set set : test::available_sets()) {
                    std::vector<std::uint8_t> y(n + 1, 77);
                    detail::kernels_for(set).norm(x.data(), n, detail::norm_gain(n, unit), y.data());
                    std::size_t wrong = y[n] != 77 ? 1 : 0;
                    for (std::size_t i = 0; i < n; ++i) {
                        wrong += y[i] - std::int64_t{128} != expected[i] ? 1 : 0;
                    }
                    INFO(name_of(set) << ", " << n << " numbers, unit " << unit << ", round " << round);
                    REQUIRE(wrong == 0);
                }
            }
        }
    }
}

TEST_CASE("m1 stages: what joins the residual stream stays within its range", "[m1]") {
    test::random_source random(3661);
    std::size_t at_an_end = 0;
    for (unsigned shift = 0; shift <= 24; ++shift) {
        for (int round = 0; round < 20; ++round) {
            const numbers before = any_numbers(count, [&] { return any_number(random, 1 << 22); });
            const numbers sums = any_numbers(count, [&] { return any_sum(random, sum_limit, shift); });
            numbers expected;
            for (std::size_t i = 0; i < count; ++i) {
                expected.push_back(static_cast<std::int32_t>(reference::m1_joined(before[i], sums[i], shift)));
                at_an_end += std::abs(expected.back()) == 1 << 22 ? 1 : 0;
            }
            for (const instruction_set set : test::available_sets()) {
                numbers x = before;
                detail::kernels_for(set).add_to_residual(x.data(), sums.data(), count, shift);
                INFO(name_of(set) << ", shift " << shift);
                REQUIRE(x == expected);
            }
        }
    }
    CHECK(at_an_end > 4000);
}

TEST_CASE("m1 stages: activations and values of any sum and shift", "[m1]") {
    test::random_source random(3662);
    for (unsigned shift = 0; shift <= 24; ++shift) {
        for (int round = 0; round < 20; ++round) {
            const numbers sums = any_numbers(2 * count, [&] { return any_sum(random, sum_limit, shift); });
            const std::int32_t* const others = sums.data() + count;
            for (const instruction_set set : test::available_sets()) {
                INFO(name_of(set) << ", shift " << shift);
                const detail::m1_kernels kernels = detail::kernels_for(set);
                std::array<std::uint8_t, count> squared{}, gated{}, swiglu{};
                std::array<std::int8_t, count> values{};
                kernels.squared(sums.data(), count, shift, squared.data());
                kernels.values(sums.data(), count, shift, values.data());
                kernels.gated(sums.data(), others, count, shift, gated.data());
                kernels.swiglu(sums.data(), others, count, shift, swiglu.data());
                std::size_t wrong = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    wrong += squared[i] != reference::m1_squared(sums[i], shift) ? 1 : 0;
                    wrong += values[i] != reference::m1_value(sums[i], shift) ? 1 : 0;
                    wrong += gated[i] - 128 != reference::m1_gated(1, sums[i], others[i], shift) ? 1 : 0;
                    wrong += swiglu[i] - 128 != reference::m1_gated(2, sums[i], others[i], shift) ? 1 : 0;
                }
                REQUIRE(wrong == 0);
            }
        }
    }
}

TEST_CASE("m1 stages: distances from the greatest score, at any heat, with places that hold no position", "[m1]") {
    test::random_source random(3663);
    for (const std::int32_t head_width : {16, 32, 64, 128}) {
        for (int round = 0; round < 100; ++round) {
            const std::int32_t most_heat = (1 << 17) / head_width;
            const std::int32_t heat = round % 4 == 0 ? most_heat : static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(most_heat) + 1));
            const std::int32_t most_sum = 127 * 127 * head_width;
            const bool near = round % 3 != 0;  // scores that decay[] tells apart
            const numbers sums = any_numbers(count, [&] { return round % 24 == 1 ? -most_sum : any_number(random, near ? most_sum / 256 : most_sum); });
            numbers relative = any_numbers(count, [&] { return any_number(random, near ? 100 : 32767) - (round % 24 == 1 ? 32667 : 0); });
            std::vector<std::int64_t> scores;
            for (std::size_t i = 0; i < count; ++i) {
                scores.push_back(reference::m1_score(sums[i], heat, relative[i]));
            }
            const std::size_t here = random.below(count);  // a place that holds one
            for (std::size_t i = 0; i < count; ++i) {
                if (i != here && random.chance(1, 4)) {
                    relative[i] = detail::nowhere;
                    scores[i] = std::int64_t{-1} << 40;
                }
            }
            const std::int64_t top = *std::max_element(scores.begin(), scores.end());
            for (const instruction_set set : test::available_sets()) {
                numbers in_place = sums;
                std::array<std::uint8_t, count> p{};
                detail::kernels_for(set).distances(in_place.data(), relative.data(), count, heat, p.data());
                std::size_t wrong = 0;
                for (std::size_t i = 0; i < count; ++i) {
                    wrong += p[i] != reference::m1_distance(top, scores[i]) ? 1 : 0;
                }
                INFO(name_of(set) << ", heads of " << head_width << ", heat " << heat);
                REQUIRE(wrong == 0);
            }
        }
    }
}

TEST_CASE("m1 stages: lower ends of slices from logits of any size", "[m1]") {
    test::random_source random(3664);
    constexpr std::int32_t most_sum = 127 * 127 * 1024;
    for (unsigned shift = 0; shift <= 24; ++shift) {
        for (int round = 0; round < 40; ++round) {
            // About zero, close together, within the softmax's reach, and anything.
            const std::int32_t spread = std::array{0, 300, 3000, 1 << 24}[static_cast<std::size_t>(round % 4)];
            const auto reach = static_cast<std::int32_t>(std::min<std::int64_t>(most_sum, std::int64_t{spread} << shift));
            const numbers sums = any_numbers(256, [&] { return any_sum(random, reach, shift); });
            numbers bias = any_numbers(256, [&] { return any_number(random, spread); });
            if (round % 8 == 0) {
                bias[random.below(256)] = any_number(random, 1 << 24);
            } else if (round % 8 == 1) {  // all far below zero
                bias.assign(256, -(1 << 24));
            }
            std::array<std::int64_t, 256> logits{};
            for (std::size_t s = 0; s < 256; ++s) {
                logits[s] = reference::m1_logit(sums[s], shift, bias[s]);
            }
            const std::array<std::uint32_t, 257> expected = reference::m1_lower_ends(logits);
            for (const instruction_set set : test::available_sets()) {
                numbers found(256);
                std::array<std::uint32_t, 256> lows{};
                detail::kernels_for(set).lower_ends(sums.data(), bias.data(), shift, found.data(), lows.data());
                INFO(name_of(set) << ", shift " << shift << ", spread " << spread);
                REQUIRE(std::equal(found.begin(), found.end(), logits.begin()));
                REQUIRE(std::equal(lows.begin(), lows.end(), expected.begin()));
            }
        }
    }
}
