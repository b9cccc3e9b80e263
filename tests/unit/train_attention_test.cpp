// SPDX-License-Identifier: MIT
// Attention and the rows of tables against their twins, and their gradients against central differences of these.
#include <support/catch.hpp>

#include <reference/reference_train.hpp>
#include <reference/reference_train_checks.hpp>
#include <support/m1_contents.hpp>
#include <support/random.hpp>

#include <equinfo/train/attention.hpp>
#include <equinfo/train/tables.hpp>
#include <equinfo/train/vectors.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
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

TEST_CASE("train: attention and all its gradients", "[train]") {
    test::random_source random(5400);
    for (const auto& [heads, shared, context, length] :
         {std::array<std::size_t, 4>{4, 4, 16, 70}, {4, 2, 16, 9}, {3, 1, 80, 66}}) {
        reference::m1_shape shape;
        shape.heads = heads;
        shape.shared = shared;
        INFO(heads << " heads, " << shared << " share a key, " << context << " positions of " << length);
        const std::vector<std::size_t> lengths = {length, length / 2, 1};
        const std::size_t n = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
        const std::vector<float> queries = random_floats(random, n * heads * 16, 1),
                                 keys = random_floats(random, n * shape.kv() * 16, 1),
                                 values = random_floats(random, n * shape.kv() * 16, 1),
                                 temperature = random_floats(random, heads, 1),
                                 relative = random_floats(random, heads * context, 2),
                                 weights = random_floats(random, n * heads * 16, 1);
        std::vector<float> result(n * heads * 16);
        attention op(test::m1_shape_of(shape), context);
        const attention_tensors<const float> in{queries, keys, values, temperature, relative};
        op.forward(in, lengths, rounding::off, result);
        const auto twin = [&](const train_row& q, const train_row& k, const train_row& v, const train_row& t,
                              const train_row& r) {
            train_row all;
            std::size_t start = 0;
            for (const std::size_t size : lengths) {
                const auto part = [&](const train_row& x) {
                    return reference::train_part(x, start * x.size() / n, size * x.size() / n);
                };
                const train_row one = reference::train_attention(shape, part(q), part(k), part(v), t, r);
                all.insert(all.end(), one.begin(), one.end());
                start += size;
            }
            return all;
        };
        const train_row q = doubles(queries), k = doubles(keys), v = doubles(values), t = doubles(temperature),
                        r = doubles(relative);
        check_close(result, twin(q, k, v, t, r));

        std::vector<float> dq(q.size()), dk(k.size()), dv(v.size()), dt(t.size()), dr(r.size());
        op.backward(in, lengths, weights, {dq, dk, dv, dt, dr});
        check_close(dt, reference::train_slopes(t, [&](const train_row& at) { return weighted(twin(q, k, v, at, r), weights); }));
        check_close(dr, reference::train_slopes(r, [&](const train_row& at) { return weighted(twin(q, k, v, t, at), weights); }));
        // Of the large ones a few numbers: the slope along one of them.
        for (int i = 0; i < 30; ++i) {
            const std::size_t at = random.below(q.size());
            const std::size_t key = random.below(k.size());
            const auto slope = [&](const train_row& x, std::size_t number, auto of) {
                return reference::train_slopes({x[number]}, [&](const train_row& one) {
                    train_row moved = x;
                    moved[number] = one[0];
                    return weighted(of(moved), weights);
                });
            };
            check_close({dq[at]}, slope(q, at, [&](const train_row& x) { return twin(x, k, v, t, r); }), 1e-3);
            check_close({dk[key]}, slope(k, key, [&](const train_row& x) { return twin(q, x, v, t, r); }), 1e-3);
            check_close({dv[key]}, slope(v, key, [&](const train_row& x) { return twin(q, k, x, t, r); }), 1e-3);
        }
        op.forward(in, lengths, rounding::on, result);
        const train_row exact = twin(q, k, v, t, r);
        for (std::size_t i = 0; i < result.size(); ++i) {
            REQUIRE(std::abs(static_cast<double>(result[i]) - exact[i]) < 0.05);  // weights of 8 bits
        }
    }
}

TEST_CASE("train: rows of tables are those of the integer model, and their gradients add up", "[train]") {
    test::random_source random(5500);
    const m1_shape shape = test::m1_shape_of(test::m1_small_shapes()[0]);
    std::vector<std::uint16_t> tokens{256};
    for (const std::uint8_t symbol : test::random_text(random, 199, test::text_kind::text_like)) {
        tokens.push_back(symbol);
    }
    std::vector<std::uint32_t> rows(tokens.size() * shape.tables.size());
    find_rows(shape, tokens, rows);
    std::vector<std::vector<float>> tables;
    for (const m1_table_shape& table : shape.tables) {
        tables.push_back(random_floats(random, shape.columns << table.row_bits, 3));
    }
    std::vector<float> gathered(tokens.size() * shape.mix_width());
    gather_rows(shape, tables, rows, rounding::off, gathered);
    const std::vector<float> gradients = random_floats(random, gathered.size(), 1);
    for (std::size_t which = 0; which < shape.tables.size(); ++which) {
        std::vector<float> expected(tables[which].size(), 0);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::uint32_t row = rows[i * shape.tables.size() + which];
            REQUIRE(row < 1u << shape.tables[which].row_bits);
            for (std::size_t c = 0; c < shape.columns; ++c) {
                const std::size_t place = i * shape.mix_width() + which * shape.columns + c;
                REQUIRE(gathered[place] == tables[which][row * shape.columns + c]);
                expected[row * shape.columns + c] += gradients[place];
            }
        }
        row_gradients sums;
        sum_rows(shape.tables.size(), shape.columns, which, rows, gradients, sums);
        for (std::size_t i = 0; i < sums.rows.size(); ++i) {
            for (std::size_t c = 0; c < shape.columns; ++c) {
                float& left = expected[sums.rows[i] * shape.columns + c];
                REQUIRE(left == sums.sums[i * shape.columns + c]);
                left = 0;
            }
        }
        CHECK(expected == std::vector<float>(expected.size(), 0));
    }
    gather_rows(shape, tables, rows, rounding::on, gathered);
    CHECK(greatest(gathered) == 7.0F / 4);
}
