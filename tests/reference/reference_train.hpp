// SPDX-License-Identifier: MIT
// The float model's operators and the whole of it in double precision, one number at a time, without any rounding.
#pragma once

#include <reference/reference_m1.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::reference {

using train_row = std::vector<double>;

/// x / its root mean square.
inline train_row train_norm(const train_row& x) {
    double squares = 0;
    for (const double each : x) {
        squares += each * each;
    }
    train_row y;
    for (const double each : x) {
        y.push_back(each / std::sqrt(squares / static_cast<double>(x.size()) + 1e-12));
    }
    return y;
}

inline train_row train_square(const train_row& x) {
    train_row y;
    for (const double each : x) {
        y.push_back(each > 0 ? each * each : 0);
    }
    return y;
}

/// Of each row of 2 * hidden numbers, the first half's gates times the second half.
template <class Open>
train_row train_gates(const train_row& x, std::size_t hidden, Open open) {
    train_row y;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i / hidden % 2 == 0) {
            y.push_back(x[i] * open(x[i]) * x[i + hidden]);
        }
    }
    return y;
}

inline train_row train_gate(const train_row& x, std::size_t hidden) {
    return train_gates(x, hidden, [](double gate) { return std::clamp(gate / 4 + 0.5, 0.0, 1.0); });
}

inline train_row train_swiglu(const train_row& x, std::size_t hidden) {
    return train_gates(x, hidden, [](double gate) { return 1 / (1 + std::exp(-gate)); });
}

/// Bits of a symbol, by logits in binary orders of magnitude.
inline double train_cost(const train_row& logits, std::size_t wanted) {
    double total = 0;
    for (const double logit : logits) {
        total += std::exp2(logit - logits[wanted]);
    }
    return std::log2(total);
}

/// a [n, k] times the transpose of b [m, k].
inline train_row train_product(const train_row& a, const train_row& b, std::size_t k) {
    train_row c;
    for (std::size_t i = 0; i < a.size() / k; ++i) {
        for (std::size_t j = 0; j < b.size() / k; ++j) {
            double sum = 0;
            for (std::size_t l = 0; l < k; ++l) {
                sum += a[i * k + l] * b[j * k + l];
            }
            c.push_back(sum);
        }
    }
    return c;
}

inline train_row train_part(const train_row& all, std::size_t first, std::size_t size) {
    return train_row(all.data() + first, all.data() + first + size);
}

/// Of one sequence. queries [length, heads * head_width], keys and values [length, kv * head_width], temperature [heads],
/// relative [heads, context], which says how much is seen.
inline train_row train_attention(const m1_shape& shape, const train_row& queries, const train_row& keys, const train_row& values,
                                 const train_row& temperature, const train_row& relative) {
    const std::size_t width = shape.head_width;
    const std::size_t length = queries.size() / (shape.heads * width);
    const std::size_t context = relative.size() / shape.heads;
    train_row result;
    for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t h = 0; h < shape.heads; ++h) {
            const std::size_t g = h / shape.shared;
            double total = 0;
            train_row sums(width, 0);
            for (std::size_t j = i + 1 > context ? i + 1 - context : 0; j <= i; ++j) {
                double score = relative[h * context + i - j];
                for (std::size_t c = 0; c < width; ++c) {
                    score += temperature[h] * queries[(i * shape.heads + h) * width + c] * keys[(j * shape.kv() + g) * width + c];
                }
                const double weight = std::exp2(score);
                total += weight;
                for (std::size_t c = 0; c < width; ++c) {
                    sums[c] += weight * values[(j * shape.kv() + g) * width + c];
                }
            }
            for (const double sum : sums) {
                result.push_back(sum / total);
            }
        }
    }
    return result;
}

struct train_layer {
    train_row qkv, temperature, relative, out, up, down;
};

struct train_numbers {
    train_row bytes, mix, symbols, bias;
    std::vector<train_row> tables;
    std::vector<train_layer> layers;
};

/// Every row of so many numbers / its root mean square.
inline train_row train_norms(const train_row& all, std::size_t size) {
    train_row result;
    for (std::size_t at = 0; at < all.size(); at += size) {
        const train_row y = train_norm(train_part(all, at, size));
        result.insert(result.end(), y.begin(), y.end());
    }
    return result;
}

inline void train_add(train_row& to, const train_row& from) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        to[i] += from[i];
    }
}

/// x [length, width], of one sequence from a reset on, through all layers and the last normalisation.
inline train_row train_layers(const m1_shape& shape, const std::vector<train_layer>& layers, train_row x) {
    const std::size_t width = shape.width;
    const std::size_t head_numbers = shape.heads * shape.head_width;
    const std::size_t key_numbers = shape.kv() * shape.head_width;
    for (const train_layer& layer : layers) {
        const train_row qkv = train_product(train_norms(x, width), layer.qkv, width);
        train_row queries, keys, values;
        for (std::size_t at = 0; at < qkv.size(); at += head_numbers + 2 * key_numbers) {
            const auto append = [&](train_row& to, std::size_t first, std::size_t size) {
                to.insert(to.end(), qkv.begin() + static_cast<std::ptrdiff_t>(at + first),
                          qkv.begin() + static_cast<std::ptrdiff_t>(at + first + size));
            };
            append(queries, 0, head_numbers);
            append(keys, head_numbers, key_numbers);
            append(values, head_numbers + key_numbers, key_numbers);
        }
        const train_row attended = train_attention(shape, train_norms(queries, shape.head_width),
                                                   train_norms(keys, shape.head_width), values, layer.temperature, layer.relative);
        train_add(x, train_product(attended, layer.out, head_numbers));
        const train_row hidden = train_product(train_norms(x, width), layer.up, width);
        const train_row fed = shape.feed == 0   ? train_square(hidden)
                              : shape.feed == 1 ? train_gate(hidden, shape.hidden)
                                                : train_swiglu(hidden, shape.hidden);
        train_add(x, train_product(fed, layer.down, shape.hidden));
    }
    return train_norms(x, width);
}

/// Bits of all bytes of one text, from a reset on. `rows[i][t]` is the row that table t names at step i.
inline double train_bits(const m1_shape& shape, const train_numbers& n, const std::vector<std::uint8_t>& text,
                         const std::vector<std::vector<std::size_t>>& rows) {
    const std::size_t width = shape.width;
    const std::size_t length = text.size();
    train_row x;
    for (std::size_t i = 0; i < length; ++i) {
        train_row input = train_part(n.bytes, (i == 0 ? 256u : text[i - 1]) * width, width);
        train_row named;
        for (std::size_t t = 0; t < shape.tables.size(); ++t) {
            const train_row row = train_part(n.tables[t], rows[i][t] * shape.columns, shape.columns);
            named.insert(named.end(), row.begin(), row.end());
        }
        if (!named.empty()) {
            train_add(input, train_product(named, n.mix, named.size()));
        }
        x.insert(x.end(), input.begin(), input.end());
    }
    const train_row sums = train_product(train_layers(shape, n.layers, x), n.symbols, width);
    double bits = 0;
    for (std::size_t i = 0; i < length; ++i) {
        train_row logits = train_part(sums, i * 256, 256);
        train_add(logits, n.bias);
        bits += train_cost(logits, text[i]);
    }
    return bits;
}

/// The slope of f at each number of x, by central differences.
template <class Function>
train_row train_slopes(train_row x, Function f, double step = 1e-5) {
    train_row slopes;
    for (double& each : x) {
        const double kept = each;
        each = kept + step;
        const double above = f(x);
        each = kept - step;
        const double below = f(x);
        each = kept;
        slopes.push_back((above - below) / (2 * step));
    }
    return slopes;
}

}  // namespace equinfo::reference
