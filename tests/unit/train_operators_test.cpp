// SPDX-License-Identifier: MIT
// Operators of the trainer against their twins in double precision, and each gradient against central differences of these.
#include <support/catch.hpp>

#include <reference/reference_train.hpp>
#include <reference/reference_train_checks.hpp>
#include <support/random.hpp>

#include <equinfo/m1/kernels.hpp>
#include <equinfo/train/cross_entropy.hpp>
#include <equinfo/train/norm.hpp>
#include <equinfo/train/rounding.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::train;
using reference::check_close;
using reference::doubles;
using reference::random_floats;
using reference::train_row;
using reference::weighted;

}  // namespace

TEST_CASE("train: normalisation and its gradient", "[train]") {
    test::random_source random(5200);
    for (const std::size_t size : {16u, 32u, 96u}) {
        const std::vector<float> x = random_floats(random, size, 2);
        const std::vector<float> weights = random_floats(random, size, 1);
        std::vector<float> y(size), dy = weights, dx(size, 0.25F);
        const float times = norm_forward(x, 16, rounding::off, y);
        check_close(y, reference::train_norm(doubles(x)));
        norm_backward(x, times, 16, rounding::off, dy, dx);
        train_row slopes = reference::train_slopes(
            doubles(x), [&](const train_row& at) { return weighted(reference::train_norm(at), weights); });
        for (double& slope : slopes) {
            slope += 0.25;  // it adds
        }
        check_close(dx, slopes);
    }
}

TEST_CASE("train: rounding makes steps, and gradients pass it but where it limits", "[train]") {
    std::vector<float> x(32, 0.1F);
    x[0] = 100;  // 5.6 times the root mean square: not limited by 127 steps of 1/16, but by those of 1/32
    x[1] = -0.3F;
    std::vector<float> y(32), plain(32);
    const float times = norm_forward(x, 16, rounding::on, y);
    for (const float each : y) {
        CHECK(each * 16 == std::round(each * 16));
    }
    CHECK(y[0] == std::round(100 * times * 16) / 16);
    std::vector<float> dy(32, 1), dx(32, 0), exact_dy(32, 1), exact_dx(32, 0);
    norm_backward(x, times, 16, rounding::on, dy, dx);
    norm_backward(x, times, 16, rounding::off, exact_dy, exact_dx);
    CHECK(dx == exact_dx);
    norm_forward(x, 32, rounding::on, y);
    CHECK(y[0] == 127.0F / 32);
    norm_backward(x, times, 32, rounding::on, dy, dx);
    CHECK(dy[0] == 0);
    CHECK(dy[1] == 1);

    const std::vector<float> values{0, 0.49F / 32, 0.51F / 32, 3, 127.4F / 32, 5, -5};
    std::vector<float> steps(values.size()), gradient(values.size(), 1);
    round_to_steps(values, 32, 127, rounding::on, steps);
    CHECK(steps == std::vector<float>{0, 0, 1.0F / 32, 3, 127.0F / 32, 127.0F / 32, -127.0F / 32});
    round_to_steps_backward(values, 32, rounding::on, gradient);
    CHECK(gradient == std::vector<float>{1, 1, 1, 1, 1, 0, 0});

    const std::vector<float> inputs{-1, 0, 0.5F, 1.003F, 3, 5};
    std::vector<float> squares(inputs.size()), of_inputs(inputs.size(), 1);
    square_forward(inputs, rounding::on, squares);
    CHECK(squares == std::vector<float>{0, 0, 4.0F / 16, 16.0F / 16, 144.0F / 16, 255.0F / 16});
    square_backward(inputs, rounding::on, of_inputs);
    CHECK(of_inputs == std::vector<float>{0, 0, 1, 2.006F, 6, 2 * 511.0F / 128});

    const std::vector<float> gates{-3, -1, 0.5F, 2, 3, 9, 9, 9, -9, 1.003F};
    const std::vector<float> gated{1, 1, 1, 1, -1.5F, 1, 9, -9, 9, 0.503F};
    std::vector<float> results(gates.size()), of_gates(gates.size()), of_gated(gates.size());
    gate_forward(gates, gated, rounding::on, results);
    CHECK(results == std::vector<float>{0, -4.0F / 16, 5.0F / 16, 32.0F / 16, -72.0F / 16, 64.0F / 16, 127.0F / 16, -127.0F / 16, 0,
                                        6.0F / 16});
    gate_backward(gates, gated, rounding::on, std::vector<float>(gates.size(), 2), of_gates, of_gated);
    CHECK(of_gates == std::vector<float>{0, 0, 1.5F, 2, -3, 2, 0, 0, 0, 2 * (0.5F + 1.003F / 2) * 0.503F});
    CHECK(of_gated == std::vector<float>{0, -0.5F, 0.625F, 4, 6, 2 * 511.0F / 128, 0, 0, 0,
                                         2 * 1.003F * (0.5F + 1.003F / 4)});

    // A SiLU of -3, -1, 0.5, 2, 3, 4 - 1/128, -4 is -0.1423, -0.2689, 0.3112, 1.7616, 2.8577, 3.9199, -0.0719.
    swiglu_forward(gates, gated, rounding::on, results);
    CHECK(results == std::vector<float>{-2.0F / 16, -4.0F / 16, 5.0F / 16, 28.0F / 16, -69.0F / 16, 63.0F / 16, 127.0F / 16, -127.0F / 16,
                                        -5.0F / 16, 6.0F / 16});
    swiglu_backward(gates, gated, rounding::on, std::vector<float>(gates.size(), 2), of_gates, of_gated);
    const std::vector<double> slopes{-0.0881, 0.0723, 0.7400, 1.0908, 1.0881};  // at -3, -1, 0.5, 2, 3
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        CHECK(std::abs(static_cast<double>(of_gates[i]) - 2 * slopes[i] * static_cast<double>(gated[i])) < 1e-3);
    }
    CHECK(std::abs(of_gates[5] - 2 * 1.0529F) < 1e-3F);  // beyond its limit with the slope there
    CHECK(std::abs(of_gated[5] - 2 * 3.9199F) < 1e-3F);
    CHECK((of_gates[6] == 0 && of_gates[7] == 0 && of_gated[6] == 0 && of_gated[7] == 0));  // y was limited
    CHECK(std::abs(of_gated[8] + 2 * 0.0719F) < 1e-3F);
    CHECK(std::abs(of_gates[8] + 2 * 0.0527F * 511 / 128) < 1e-3F);  // both beyond their limits
}

TEST_CASE("train: a SwiGLU layer's activations are those of the integer model, to the last step", "[train]") {
    const equinfo::detail::m1_kernels kernels = equinfo::detail::kernels_for(best_instruction_set());
    constexpr std::int32_t most = 560;
    constexpr std::size_t count = 2 * most;
    std::vector<std::int32_t> gates(count), values(count);
    std::vector<float> float_gates(count), float_values(count), found(count);
    std::vector<std::uint8_t> expected(count);
    std::size_t wrong = 0;
    for (std::int32_t gate = -most; gate < most; ++gate) {
        for (std::size_t i = 0; i < count; ++i) {
            gates[i] = gate;
            values[i] = static_cast<std::int32_t>(i) - most;
            float_gates[i] = static_cast<float>(gate) / 128;
            float_values[i] = static_cast<float>(values[i]) / 128;
        }
        kernels.swiglu(gates.data(), values.data(), count, 0, expected.data());
        swiglu_forward(float_gates, float_values, rounding::on, found);
        for (std::size_t i = 0; i < count; ++i) {
            wrong += found[i] * 16 + 128 != static_cast<float>(expected[i]) ? 1 : 0;
        }
    }
    CHECK(wrong == 0);
}

TEST_CASE("train: what is no number stays none in every feed-forward layer, so that a run-away training is seen", "[train]") {
    const float none = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> x{none, 1, none, -1}, values{1, none, none, 1};
    std::vector<float> y(4);
    square_forward(x, rounding::on, y);
    CHECK(std::isnan(y[0]));
    for (const auto forward : {gate_forward, swiglu_forward}) {
        forward(x, values, rounding::on, y);
        CHECK((std::isnan(y[0]) && std::isnan(y[1]) && std::isnan(y[2]) && !std::isnan(y[3])));
    }
}

TEST_CASE("train: a matrix gets the finest unit that holds its greatest weight", "[train]") {
    CHECK(unit_of(std::vector<float>{0, 0.001F}) == 12);
    CHECK(unit_of(std::vector<float>{127.0F / 4096}) == 12);
    CHECK(unit_of(std::vector<float>{-128.0F / 4096}) == 11);
    CHECK(unit_of(std::vector<float>{0.1F, -1}) == 6);
    CHECK(unit_of(std::vector<float>{50}) == 6);
    const std::vector<float> weights{0.3F, -0.00049F, 1.99F, 5};
    std::vector<float> rounded(4);
    round_weights(weights, 6, rounding::on, rounded);
    CHECK(rounded == std::vector<float>{19.0F / 64, 0, 127.0F / 64, 127.0F / 64});
}

TEST_CASE("train: the square and the gate of feed-forward layers, and the cost of a byte, with their gradients", "[train]") {
    test::random_source random(5300);
    const std::vector<float> x = random_floats(random, 40, 3);
    std::vector<float> y(40), gradient = random_floats(random, 40, 1);
    const std::vector<float> weights = gradient;
    square_forward(x, rounding::off, y);
    check_close(y, reference::train_square(doubles(x)));
    square_backward(x, rounding::off, gradient);
    check_close(gradient, reference::train_slopes(
                              doubles(x), [&](const train_row& at) { return weighted(reference::train_square(at), weights); }));

    const std::vector<float> both = random_floats(random, 2 * 40, 3);  // gates, then values
    const std::span<const float> gates = std::span(both).first(40), values = std::span(both).last(40);
    std::vector<float> of_both(80);
    gate_forward(gates, values, rounding::off, y);
    check_close(y, reference::train_gate(doubles(both), 40));
    gate_backward(gates, values, rounding::off, weights, std::span(of_both).first(40), std::span(of_both).last(40));
    check_close(of_both, reference::train_slopes(
                             doubles(both), [&](const train_row& at) { return weighted(reference::train_gate(at, 40), weights); }));

    swiglu_forward(gates, values, rounding::off, y);
    check_close(y, reference::train_swiglu(doubles(both), 40));
    swiglu_backward(gates, values, rounding::off, weights, std::span(of_both).first(40), std::span(of_both).last(40));
    check_close(of_both, reference::train_slopes(
                             doubles(both), [&](const train_row& at) { return weighted(reference::train_swiglu(at, 40), weights); }));

    std::vector<float> logits = random_floats(random, 256, 6);
    const train_row before = doubles(logits);
    const float bits = cost_forward(logits, 77);
    CHECK(std::abs(static_cast<double>(bits) - reference::train_cost(before, 77)) < 1e-5);
    cost_backward(logits, 77, 3);
    check_close(logits, reference::train_slopes(before, [](const train_row& at) { return 3 * reference::train_cost(at, 77); }));
}
