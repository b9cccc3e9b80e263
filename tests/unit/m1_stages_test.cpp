// SPDX-License-Identifier: MIT
// Stages between the products, one at a time: all that they can be given, on every instruction set.
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/shape.hpp>

#include <reference/reference_m1_stages.hpp>
#include <support/catch.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <numeric>
#include <vector>

using namespace equinfo;

TEST_CASE("m1 stages: every gate with every value gives what the page says", "[m1]") {
    const m1_feed feed = GENERATE(m1_feed::gated, m1_feed::swiglu);
    constexpr std::int32_t most = 600;
    constexpr std::size_t count = 2 * most;
    std::vector<std::int32_t> gates(count), values(count);
    std::vector<std::uint8_t> activations(count);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(feed) << " on " << name_of(set));
        const detail::m1_kernels kernels = detail::kernels_for(set);
        const auto stage = feed == m1_feed::gated ? kernels.gated : kernels.swiglu;
        std::size_t wrong = 0;
        for (std::int32_t gate = -most; gate < most; ++gate) {
            for (const unsigned shift : {0u, 3u}) {
                for (std::size_t i = 0; i < count; ++i) {
                    // Numbers that round to what is meant, with each remainder.
                    const auto rest = static_cast<std::int32_t>(shift == 0 ? 0 : i % 8) - (shift == 0 ? 0 : 4);
                    gates[i] = gate * (1 << shift) + rest;
                    values[i] = (static_cast<std::int32_t>(i) - most) * (1 << shift) + rest;
                }
                stage(gates.data(), values.data(), count, shift, activations.data());
                for (std::size_t i = 0; i < count; ++i) {
                    wrong += activations[i] - std::int64_t{128} != reference::m1_gated(static_cast<unsigned>(feed), gate, static_cast<std::int64_t>(i) - most, 0) ? 1 : 0;
                }
            }
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("m1 stages: each gate stays with its value, in any number of them", "[m1]") {
    const m1_feed feed = GENERATE(m1_feed::gated, m1_feed::swiglu);
    test::random_source random(3652);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(feed) << " on " << name_of(set));
        const detail::m1_kernels kernels = detail::kernels_for(set);
        const auto stage = feed == m1_feed::gated ? kernels.gated : kernels.swiglu;
        for (std::size_t count = 16; count <= 560; count += 16) {
            std::vector<std::int32_t> gates(count), values(count);
            std::vector<std::uint8_t> activations(count + 1, 77), expected(count + 1, 77);
            for (std::size_t i = 0; i < count; ++i) {
                gates[i] = static_cast<std::int32_t>(random.below(1200)) - 600;
                values[i] = static_cast<std::int32_t>(random.below(1200)) - 600;
                expected[i] = static_cast<std::uint8_t>(128 + reference::m1_gated(static_cast<unsigned>(feed), gates[i], values[i], 0));
            }
            stage(gates.data(), values.data(), count, 0, activations.data());
            REQUIRE(activations == expected);
        }
    }
}

TEST_CASE("m1 stages: a gate is shut below -2, all open above 2, and between them a parabola", "[m1]") {
    const detail::m1_kernels kernels = detail::kernels_for(best_instruction_set());
    constexpr std::size_t count = 16;
    const std::vector<std::int32_t> gates{-1 << 27, -512, -257, -256, -255, -128, -64, -1, 0, 1, 128, 255, 256, 384, 511, 1 << 27};
    const std::vector<std::int32_t> values(count, 128);  // 1
    // In sixteenths: g/128 * clamp(g/512 + 1/2, 0, 1) * 16.
    const std::vector<int> expected{0, 0, 0, 0, 0, -4, -3, 0, 0, 0, 12, 32, 32, 48, 64, 64};
    std::vector<std::uint8_t> activations(count);
    kernels.gated(gates.data(), values.data(), count, 0, activations.data());
    std::vector<int> found;
    for (const std::uint8_t activation : activations) {
        found.push_back(activation - 128);
    }
    CHECK(found == expected);
}

TEST_CASE("m1 stages: the table of SwiGLU layers is that of a SiLU, rounded to 2^-16", "[m1]") {
    double worst = 0;
    for (int n = 0; n <= 512; ++n) {
        const double x = n / 128.0;
        worst = std::max(worst, std::abs(detail::m1_tables.dip[n] - 65536 * x / (1 + std::exp(x))));
    }
    CHECK(worst < 0.51);
    CHECK(std::accumulate(std::begin(detail::m1_tables.dip), std::end(detail::m1_tables.dip), 0) == 6'139'732);  // worked out elsewhere
    CHECK(detail::m1_tables.dip[0] == 0);
    CHECK(detail::m1_tables.dip[164] == 18249);  // the deepest, with its two neighbours: a SiLU is -0.278 at -1.28
    CHECK(detail::m1_tables.dip[512] == 4715);

    const detail::m1_kernels kernels = detail::kernels_for(best_instruction_set());
    const std::vector<std::int32_t> gates{-1 << 27, -512, -384, -256, -164, -128, -64, -1, 0, 1, 64, 128, 256, 384, 511, 1 << 27};
    const std::vector<std::int32_t> values(gates.size(), 128);  // 1
    // In sixteenths: x / (1 + e^-x) * 16, x = gate / 128, at most 511/128.
    const std::vector<int> expected{-1, -1, -2, -4, -4, -4, -3, 0, 0, 0, 5, 12, 28, 46, 63, 63};
    std::vector<std::uint8_t> activations(gates.size());
    kernels.swiglu(gates.data(), values.data(), gates.size(), 0, activations.data());
    std::vector<int> found;
    for (const std::uint8_t activation : activations) {
        found.push_back(activation - 128);
    }
    CHECK(found == expected);
}

TEST_CASE("m1 stages: a weighted mean is rounded as the page says, at every half", "[m1]") {
    const auto check = [](std::uint32_t weight, const std::vector<std::int32_t>& sums) {
        std::vector<std::uint8_t> means(sums.size());
        for (const instruction_set set : test::available_sets()) {
            INFO(name_of(set) << ", weight " << weight);
            detail::kernels_for(set).weighted_mean(sums.data(), sums.size(), weight, means.data());
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < sums.size(); ++i) {
                wrong += means[i] - std::int64_t{128} != reference::m1_mean(sums[i], weight) ? 1 : 0;
            }
            CHECK(wrong == 0);
        }
    };
    for (const std::int32_t weight : {255, 256, 257, 512, 4096}) {  // of powers of two, sums fall on halves
        std::vector<std::int32_t> sums;
        for (std::int32_t sum = -127 * weight; sum <= 127 * weight; ++sum) {
            sums.push_back(sum);
        }
        sums.resize((sums.size() + 15) / 16 * 16);
        check(static_cast<std::uint32_t>(weight), sums);
    }
    for (const std::int32_t weight : {1 << 17, 255 * 4096}) {
        std::vector<std::int32_t> sums{127 * weight, -127 * weight};
        for (std::int32_t half = -4 * 127; half <= 4 * 127; ++half) {
            for (std::int32_t near = -2; near <= 2; ++near) {
                const std::int64_t sum = std::int64_t{half} * weight / 4 + near;
                if (sum >= -127 * std::int64_t{weight} && sum <= 127 * std::int64_t{weight}) {
                    sums.push_back(static_cast<std::int32_t>(sum));
                }
            }
        }
        sums.resize((sums.size() + 15) / 16 * 16);
        check(static_cast<std::uint32_t>(weight), sums);
    }
}

TEST_CASE("m1 stages: the square root is exact at every step of its result", "[m1]") {
    std::size_t wrong = 0;
    for (std::uint64_t r = 1u << 15; r < 1u << 16; ++r) {
        for (const std::uint64_t a : {r * r, r * r + 1, r * r + r, r * r + 2 * r}) {
            wrong += detail::stages::root_of(static_cast<std::uint32_t>(a)) != r ? 1 : 0;
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("m1 stages: bytes looked up are decay[], and their sum is right, for any number of them", "[m1]") {
    test::random_source random(3651);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set));
        const detail::m1_kernels kernels = detail::kernels_for(set);
        for (std::size_t count = 16; count <= 320; count += 16) {
            std::vector<std::uint8_t> p(count + 1, 200);
            std::vector<std::uint8_t> expected(p);
            std::uint32_t sum = 0;
            for (std::size_t i = 0; i < count; ++i) {
                p[i] = static_cast<std::uint8_t>(count == 256 ? i : random.below(256));
                expected[i] = detail::m1_tables.decay[p[i]];
                sum += expected[i];
            }
            REQUIRE(kernels.look_up_decay(p.data(), count) == sum);
            REQUIRE(p == expected);
        }
    }
}
