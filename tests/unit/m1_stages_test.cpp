// SPDX-License-Identifier: MIT
// Stages between the products, one at a time: all that they can be given, on every instruction set.
#include <equinfo/m1/kernels.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace equinfo;

namespace {

constexpr std::array all_sets{instruction_set::scalar, instruction_set::sse2,        instruction_set::avx2, instruction_set::avx512,
                              instruction_set::avx512_vnni, instruction_set::neon, instruction_set::neon_dotprod};

/// docs/m1.md, section 4, of what is shifted down already.
std::int64_t activation_of(std::int64_t gate, std::int64_t value) {
    const std::int64_t g = std::clamp<std::int64_t>(gate, -512, 511);
    const std::int64_t u = std::clamp<std::int64_t>(value, -512, 511);
    const std::int64_t product = g * std::clamp<std::int64_t>(g + 256, 0, 512) * u;
    return std::clamp<std::int64_t>((product + (1 << 18)) >> 19, -127, 127);
}

}  // namespace

TEST_CASE("m1 stages: every gate with every value gives what the page says", "[m1]") {
    constexpr std::int32_t most = 600;
    constexpr std::size_t count = 2 * most;
    std::vector<std::int32_t> gates(count), values(count);
    std::vector<std::uint8_t> activations(count);
    for (const instruction_set set : all_sets) {
        if (!is_available(set)) {
            continue;
        }
        INFO(name_of(set));
        const detail::m1_kernels kernels = detail::kernels_for(set);
        std::size_t wrong = 0;
        for (std::int32_t gate = -most; gate < most; ++gate) {
            for (const unsigned shift : {0u, 3u}) {
                for (std::size_t i = 0; i < count; ++i) {
                    // Numbers that round to what is meant, with each remainder.
                    const auto rest = static_cast<std::int32_t>(shift == 0 ? 0 : i % 8) - (shift == 0 ? 0 : 4);
                    gates[i] = gate * (1 << shift) + rest;
                    values[i] = (static_cast<std::int32_t>(i) - most) * (1 << shift) + rest;
                }
                kernels.gated(gates.data(), values.data(), count, shift, activations.data());
                for (std::size_t i = 0; i < count; ++i) {
                    wrong += activations[i] - std::int64_t{128} != activation_of(gate, static_cast<std::int64_t>(i) - most) ? 1 : 0;
                }
            }
        }
        CHECK(wrong == 0);
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
