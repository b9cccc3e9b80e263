// SPDX-License-Identifier: MIT
// The whole float model: its cost and all its gradients against the twin in double precision, and its integers against its
// floats.
#include <support/catch.hpp>

#include <reference/reference_train.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <equinfo/m1/model.hpp>
#include <equinfo/train/export.hpp>
#include <equinfo/train/parameters.hpp>
#include <equinfo/train/transformer.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::train;
using reference::train_row;

/// Near enough to the start of training, with tables that say something and biases.
parameters lively(const m1_shape& shape, std::uint64_t seed) {
    parameters model = parameters::random(shape, seed);
    random_numbers random(seed);
    for (std::vector<float>& table : model.tables) {
        for (float& each : table) {
            each = random.normal();
        }
    }
    for (float& each : model.dense.bias) {
        each = random.normal();
    }
    for (float& each : model.dense.symbols) {
        each *= 4;
    }
    model.settle();
    return model;
}

reference::train_numbers numbers_of(const parameters& model) {
    const auto row = [](const std::vector<float>& x) { return train_row(x.begin(), x.end()); };
    reference::train_numbers n{
        row(model.dense.bytes), row(model.dense.mix), row(model.dense.symbols), row(model.dense.bias), {}, {}};
    for (const std::vector<float>& table : model.tables) {
        n.tables.push_back(row(table));
    }
    for (const layer_tensors& layer : model.dense.layers) {
        n.layers.push_back(
            {row(layer.qkv), row(layer.temperature), row(layer.relative), row(layer.out), row(layer.up), row(layer.down)});
    }
    return n;
}

piece random_piece(test::random_source& random, const std::vector<std::size_t>& lengths) {
    piece made;
    for (const std::size_t length : lengths) {
        made.add(test::random_text(random, length, test::text_kind::text_like));
    }
    return made;
}

}  // namespace

TEST_CASE("train: the model's cost, and the gradient of every tensor, are those of the twin", "[train]") {
    test::random_source random(6000);
    for (const reference::m1_shape& small : {test::m1_small_shapes()[0], test::m1_small_shapes()[2], test::m1_small_shapes()[4],
                                            test::m1_small_shapes()[6], test::m1_small_shapes()[8]}) {
        const m1_shape shape = test::m1_shape_of(small);
        const parameters model = lively(shape, 3);
        const piece text = random_piece(random, {40, 1, 23});
        const std::size_t n = text.positions();
        dense_tensors rounded = dense_tensors::zeros(shape), gradient = dense_tensors::zeros(shape);
        model.round_matrices(rounding::off, rounded);
        transformer net(shape);
        piece_rows rows;
        std::vector<float> bits(n);
        net.forward(model, rounded, text, rounding::off, rows, bits);
        net.backward(model, rounded, text, rounding::off, 1, gradient, rows);

        reference::train_numbers numbers = numbers_of(model);
        const auto twin = [&] {
            double all = 0;
            std::size_t start = 0;
            for (const std::size_t length : text.lengths) {
                std::vector<std::vector<std::size_t>> named(length);
                for (std::size_t i = 0; i < length; ++i) {
                    for (std::size_t t = 0; t < shape.tables.size(); ++t) {
                        named[i].push_back(rows.rows[(start + i) * shape.tables.size() + t]);
                    }
                }
                const auto first = text.text.begin() + static_cast<std::ptrdiff_t>(start);
                all += reference::train_bits(small, numbers, {first, first + static_cast<std::ptrdiff_t>(length)}, named);
                start += length;
            }
            return all;
        };
        const auto cost = static_cast<double>(sum(bits));
        REQUIRE(std::abs(cost - twin()) < 1e-4 * cost);

        // A few numbers of each tensor, those with the largest gradient among them.
        const auto check = [&](const std::vector<float>& of, train_row& x, const char* name) {
            REQUIRE(of.size() == x.size());
            double largest = 0;
            std::size_t place = 0;
            for (std::size_t i = 0; i < of.size(); ++i) {
                if (std::abs(static_cast<double>(of[i])) > largest) {
                    largest = std::abs(static_cast<double>(of[i]));
                    place = i;
                }
            }
            for (int i = 0; i < 4; ++i) {
                const std::size_t at = i == 0 ? place : random.below(x.size());
                const double kept = x[at];
                const double slope = reference::train_slopes({kept}, [&](const train_row& one) {
                    x[at] = one[0];
                    return twin();
                })[0];
                x[at] = kept;
                INFO(name << ", number " << at << ": " << of[at] << ", by the twin " << slope);
                REQUIRE(std::abs(static_cast<double>(of[at]) - slope) < 2e-3 * std::abs(slope) + 2e-4 * largest);
            }
        };
        check(gradient.bytes, numbers.bytes, "bytes");
        check(gradient.symbols, numbers.symbols, "symbols");
        check(gradient.bias, numbers.bias, "bias");
        for (std::size_t l = 0; l < shape.layers; ++l) {
            check(gradient.layers[l].qkv, numbers.layers[l].qkv, "qkv");
            check(gradient.layers[l].temperature, numbers.layers[l].temperature, "temperature");
            check(gradient.layers[l].relative, numbers.layers[l].relative, "relative");
            check(gradient.layers[l].out, numbers.layers[l].out, "out");
            check(gradient.layers[l].up, numbers.layers[l].up, "up");
            check(gradient.layers[l].down, numbers.layers[l].down, "down");
        }
        if (!shape.tables.empty()) {
            check(gradient.mix, numbers.mix, "mix");
        }
        for (std::size_t t = 0; t < shape.tables.size(); ++t) {
            row_gradients sums;
            sum_rows(shape.tables.size(), shape.columns, t, rows.rows, rows.gradients, sums);
            std::vector<float> of(numbers.tables[t].size(), 0);
            for (std::size_t i = 0; i < sums.sums.size(); ++i) {
                of[sums.rows[i / shape.columns] * shape.columns + i % shape.columns] = sums.sums[i];
            }
            check(of, numbers.tables[t], "a table");
        }
    }
}

TEST_CASE("train: gradients add to what is there, and a piece costs the same behind another one", "[train]") {
    test::random_source random(6100);
    const m1_shape shape = test::m1_shape_of(test::m1_small_shapes()[1]);
    const parameters model = lively(shape, 4);
    const piece text = random_piece(random, {70});
    const piece other = random_piece(random, {20, 20, 20});
    dense_tensors rounded = dense_tensors::zeros(shape), once = dense_tensors::zeros(shape), twice = dense_tensors::zeros(shape);
    model.round_matrices(rounding::on, rounded);
    transformer net(shape);
    piece_rows rows;
    std::vector<float> bits(70), again(70), between(60);
    net.forward(model, rounded, text, rounding::on, rows, bits);
    net.backward(model, rounded, text, rounding::on, 1, once, rows);
    net.forward(model, rounded, other, rounding::on, rows, between);
    for (int i = 0; i < 2; ++i) {
        net.forward(model, rounded, text, rounding::on, rows, again);
        net.backward(model, rounded, text, rounding::on, 1, twice, rows);
    }
    CHECK(bits == again);
    const auto a = tensors_of(shape, once);
    const auto b = tensors_of(shape, twice);
    for (std::size_t t = 0; t < a.size(); ++t) {
        for (std::size_t i = 0; i < a[t].numbers.size(); ++i) {
            REQUIRE(std::abs(2 * a[t].numbers[i] - b[t].numbers[i]) < 1e-3F * (1 + std::abs(b[t].numbers[i])));
        }
    }
}

TEST_CASE("train: fast products cost the same and have nearly the same gradients", "[train]") {
    test::random_source random(6150);
    for (const reference::m1_shape& small : test::m1_small_shapes()) {
        const m1_shape shape = test::m1_shape_of(small);
        const parameters model = lively(shape, 6);
        const piece text = random_piece(random, {130, 70});
        dense_tensors rounded = dense_tensors::zeros(shape);
        model.round_matrices(rounding::on, rounded);
        double bits[2];
        dense_tensors gradients[2] = {dense_tensors::zeros(shape), dense_tensors::zeros(shape)};
        for (const arithmetic products : {arithmetic::exact, arithmetic::fast}) {
            const auto which = static_cast<std::size_t>(products);
            transformer net(shape, products);
            piece_rows rows;
            std::vector<float> of_bytes(200);
            net.forward(model, rounded, text, rounding::on, rows, of_bytes);
            net.backward(model, rounded, text, rounding::on, 1, gradients[which], rows);
            bits[which] = static_cast<double>(sum(of_bytes)) / 200;
        }
        CHECK(std::abs(bits[0] - bits[1]) < 0.01);
        const auto a = tensors_of(shape, gradients[0]);
        const auto b = tensors_of(shape, gradients[1]);
        for (std::size_t t = 0; t < a.size(); ++t) {
            std::vector<float> apart(a[t].numbers.size());
            for (std::size_t i = 0; i < apart.size(); ++i) {
                apart[i] = a[t].numbers[i] - b[t].numbers[i];
            }
            INFO("tensor " << t);
            CHECK(dot(apart, apart) <= 0.01F * dot(a[t].numbers, a[t].numbers));  // a tenth of its length; rounding flips add up
        }
    }
}

TEST_CASE("train: the integer model costs what the rounded float model does", "[train]") {
    test::random_source random(6200);
    for (const reference::m1_shape& small : test::m1_small_shapes()) {
        const m1_shape shape = test::m1_shape_of(small);
        const parameters model = lively(shape, 5);
        const piece text = random_piece(random, {2 * shape.context});
        dense_tensors rounded = dense_tensors::zeros(shape);
        model.round_matrices(rounding::on, rounded);
        transformer net(shape);
        piece_rows rows;
        std::vector<float> bits(text.positions());
        net.forward(model, rounded, text, rounding::on, rows, bits);
        m1_model integers(std::make_shared<const m1_data>(content_of(model)));
        double all = 0;
        integers.foresee(text.text, [&](const auto& prediction, std::uint8_t symbol) {
            all += 22 - std::log2(static_cast<double>(prediction.range_of(symbol).freq));
        });
        const double count = static_cast<double>(text.positions());
        INFO("integers " << all / count << ", floats " << static_cast<double>(sum(bits)) / count);
        CHECK(std::abs(all - static_cast<double>(sum(bits))) / count < 0.02);
    }
}
