// SPDX-License-Identifier: MIT
// M1 as docs/m1.md states it, one number at a time: slow, and every range that the page promises is checked.
#pragma once

#include <reference/reference_m1_stages.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace equinfo::reference {

// Section 2.
struct m1_table_shape {
    unsigned kind = 0, order = 1, row_bits = 4;
};

struct m1_shape {
    std::size_t width = 32, layers = 1, heads = 1, shared = 1, head_width = 16, hidden = 32, context = 16, columns = 0;
    unsigned table_bits = 8;
    unsigned feed = 0;  // 0 squared, 1 gated, 2 swiglu
    std::vector<m1_table_shape> tables = {};
    std::vector<std::size_t> contexts = {};  // of the layers, where they differ
    std::size_t context_of(std::size_t layer) const { return contexts.empty() ? context : contexts[layer]; }
    std::size_t kv() const { return heads / shared; }
    std::size_t up_rows() const { return feed == 0 ? hidden : 2 * hidden; }
};

/// Matrices are stored row by row, one row an output.
struct m1_layer_numbers {
    std::vector<std::int32_t> qkv, heat, relative, out, up, down;
    unsigned value_shift = 0, out_shift = 0, up_shift = 0, down_shift = 0;
};

struct m1_numbers {
    std::vector<std::int32_t> bytes, mix, symbols, bias;
    std::vector<std::vector<std::int32_t>> tables;  // a table's rows; -127..127, or -7..7 (not yet times 16)
    std::vector<m1_layer_numbers> layers;
    unsigned mix_shift = 0, symbol_shift = 0;
};

/// The text since the last reset; a step is evaluated once.
class m1 {
public:
    m1(const m1_shape& shape, const m1_numbers& numbers) : m_shape(shape), m_numbers(numbers) {
        check_numbers();
        reset();
    }

    /// The lower ends of the slices of the next byte, at a precision of 22 bits. Entry 256 is 2^22.
    std::array<std::uint32_t, 257> predict() const { return m_low; }

    /// l[0..255] of the same step.
    std::array<std::int64_t, 256> logits() const { return m_logits; }

    void update(std::uint8_t symbol) { step(symbol); }

    void reset() {
        m_tokens.clear();
        m_keys.assign(m_shape.layers, {});
        m_values.assign(m_shape.layers, {});
        step(256);
    }

private:
    using row = m1_row;

    // Section 2.
    static void check(const std::vector<std::int32_t>& tensor, std::size_t size, std::int64_t limit, const char* name) {
        const auto fits = [&](std::int64_t entry) { return -limit <= entry && entry <= limit; };
        m1_promise(tensor.size() == size && std::all_of(tensor.begin(), tensor.end(), fits), name);
    }

    void check_numbers() const {
        const m1_shape& s = m_shape;
        const m1_numbers& n = m_numbers;
        check(n.bytes, 257 * s.width, 32767, "bytes");
        check(n.mix, s.width * s.tables.size() * s.columns, 127, "mix");
        check(n.symbols, 256 * s.width, 127, "symbols");
        check(n.bias, 256, m1_two_to(24), "bias");
        m1_promise(n.tables.size() == s.tables.size() && n.layers.size() == s.layers, "tables and layers");
        for (std::size_t t = 0; t < s.tables.size(); ++t) {
            check(n.tables[t], s.columns << s.tables[t].row_bits, s.table_bits == 8 ? 127 : 7, "entries of a table");
        }
        for (std::size_t l = 0; l < s.layers; ++l) {
            const m1_layer_numbers& layer = n.layers[l];
            check(layer.qkv, (s.heads + 2 * s.kv()) * s.head_width * s.width, 127, "qkv");
            check(layer.heat, s.heads, m1_two_to(17) / static_cast<std::int64_t>(s.head_width), "heat");
            check(layer.relative, s.heads * s.context_of(l), 32767, "relative");
            check(layer.out, s.width * s.heads * s.head_width, 127, "out");
            check(layer.up, s.up_rows() * s.width, 127, "up");
            check(layer.down, s.width * s.hidden, 127, "down");
        }
    }

    /// Section 1: a sum of products.
    template <class Weight>
    static std::int64_t dot(const Weight* a, const std::int64_t* b, std::size_t size) {
        const std::int64_t sum = std::inner_product(a, a + size, b, std::int64_t{0});
        m1_promise(std::abs(sum) < m1_two_to(28), "sums are below 2^28");
        return sum;
    }

    /// All outputs of a matrix.
    static row sums(const std::vector<std::int32_t>& matrix, const row& activations) {
        row result;
        for (std::size_t first = 0; first < matrix.size(); first += activations.size()) {
            result.push_back(dot(matrix.data() + first, activations.data(), activations.size()));
        }
        return result;
    }

    static row part(const row& all, std::size_t first, std::size_t size) {
        return row(all.data() + first, all.data() + first + size);
    }

    /// What happens to the residual stream behind every matrix that ends there.
    static void add_to(row& x, const row& all_sums, unsigned shift) {
        for (std::size_t c = 0; c < x.size(); ++c) {
            x[c] = m1_joined(x[c], all_sums[c], shift);
        }
    }

    /// Section 3: u[i - back], where i is the last step.
    std::uint32_t token(std::size_t back) const {
        return back < m_tokens.size() ? m_tokens[m_tokens.size() - 1 - back] : 256;
    }

    static bool is_letter(std::uint32_t u) {
        return (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || (u >= 128 && u <= 255);
    }

    std::uint32_t hash_of_last_bytes(unsigned order) const {
        std::uint32_t h = 0;
        for (std::size_t j = 0; j < order; ++j) {
            h = h * 0x9E3779B1u + token(j) + 1;
        }
        return h;
    }

    std::uint32_t hash_of_words(unsigned order) const {
        std::uint32_t w = 0, e = 0;
        for (const std::uint32_t u : m_tokens) {
            const std::uint32_t letter = u >= 'A' && u <= 'Z' ? u - 'A' + 'a' : u;
            e = !is_letter(u) && w != 0 ? w : e;
            w = is_letter(u) ? (w + letter + 1) * 0x9E3779B1u : 0;
        }
        const std::uint32_t h = order == 1 ? w : w * 0x9E3779B1u + e + 1;
        return is_letter(token(0)) ? h : h + (token(0) + 1) * 0x85EBCA6Bu;
    }

    row input() const {
        const std::int32_t* first = m_numbers.bytes.data() + token(0) * m_shape.width;
        row x(first, first + m_shape.width);
        row rows;
        for (std::size_t t = 0; t < m_shape.tables.size(); ++t) {
            const m1_table_shape& table = m_shape.tables[t];
            const std::uint32_t h = table.kind == 0 ? hash_of_last_bytes(table.order) : hash_of_words(table.order);
            const std::size_t named = ((h ^ (h >> 15)) * 0x2C1B3C6Du) >> (32 - table.row_bits);
            for (std::size_t c = 0; c < m_shape.columns; ++c) {
                const std::int64_t entry = m_numbers.tables[t][named * m_shape.columns + c];
                rows.push_back(m_shape.table_bits == 8 ? entry : entry * 16);
            }
        }
        if (!rows.empty()) {
            add_to(x, sums(m_numbers.mix, rows), m_numbers.mix_shift);
        }
        return x;
    }

    void attention(std::size_t which, row& x) {
        const m1_layer_numbers& layer = m_numbers.layers[which];
        const std::size_t head_width = m_shape.head_width;
        const std::uint64_t head_unit = head_width >= 64 ? 16 : 22;
        const row qkv = sums(layer.qkv, m1_norm(x, 16));
        // The keys of a step, and the values, are those of all key heads, one behind the other.
        row keys, values;
        for (std::size_t g = 0; g < m_shape.kv(); ++g) {
            const row key = m1_norm(part(qkv, (m_shape.heads + g) * head_width, head_width), head_unit);
            keys.insert(keys.end(), key.begin(), key.end());
            for (const std::int64_t sum : part(qkv, (m_shape.heads + m_shape.kv() + g) * head_width, head_width)) {
                values.push_back(m1_value(sum, layer.value_shift));
            }
        }
        m_keys[which].push_back(keys);
        m_values[which].push_back(values);
        row results;
        for (std::size_t h = 0; h < m_shape.heads; ++h) {
            const row query = m1_norm(part(qkv, h * head_width, head_width), head_unit);
            const row o = attend(which, h, query);
            results.insert(results.end(), o.begin(), o.end());
        }
        add_to(x, sums(layer.out, results), layer.out_shift);
    }

    /// o of query head h.
    row attend(std::size_t which, std::size_t h, const row& query) const {
        const m1_layer_numbers& layer = m_numbers.layers[which];
        const std::size_t key_head = (h / m_shape.shared) * m_shape.head_width;
        const std::size_t i = m_tokens.size() - 1;
        const std::size_t context = m_shape.context_of(which);
        const std::size_t first = i + 1 > context ? i + 1 - context : 0;
        row score;
        for (std::size_t j = first; j <= i; ++j) {
            const std::int64_t sum = dot(query.data(), m_keys[which][j].data() + key_head, query.size());
            score.push_back(m1_score(sum, layer.heat[h], layer.relative[h * context + (i - j)]));
        }
        const std::int64_t top = *std::max_element(score.begin(), score.end());
        std::int64_t z = 0;
        row weighted(m_shape.head_width, 0);
        for (std::size_t j = first; j <= i; ++j) {
            const std::int64_t p = m1_tables_of_page().decay[static_cast<std::size_t>(m1_distance(top, score[j - first]))];
            z += p;
            for (std::size_t c = 0; c < m_shape.head_width; ++c) {
                weighted[c] += p * m_values[which][j][key_head + c];
            }
        }
        row o;
        for (const std::int64_t sum : weighted) {
            o.push_back(m1_mean(sum, z));
        }
        return o;
    }

    void feed_forward(std::size_t which, row& x) const {
        const m1_layer_numbers& layer = m_numbers.layers[which];
        const row all = sums(layer.up, m1_norm(x, 16));
        row activations;
        for (std::size_t n = 0; n < m_shape.hidden; ++n) {
            if (m_shape.feed == 0) {
                activations.push_back(m1_squared(all[n], layer.up_shift));
            } else {
                activations.push_back(m1_gated(m_shape.feed, all[n], all[m_shape.hidden + n], layer.up_shift));
            }
        }
        add_to(x, sums(layer.down, activations), layer.down_shift);
    }

    // Section 5.
    void output(const row& x) {
        const row all_sums = sums(m_numbers.symbols, m1_norm(x, 16));
        for (std::size_t s = 0; s < 256; ++s) {
            m_logits[s] = m1_logit(all_sums[s], m_numbers.symbol_shift, m_numbers.bias[s]);
        }
        m_low = m1_lower_ends(m_logits);
    }

    void step(std::uint32_t token_in) {
        m_tokens.push_back(token_in);
        row x = input();
        for (std::size_t layer = 0; layer < m_shape.layers; ++layer) {
            attention(layer, x);
            feed_forward(layer, x);
        }
        output(x);
    }

    m1_shape m_shape;
    m1_numbers m_numbers;
    std::vector<std::uint32_t> m_tokens;             // u[0..i]
    std::vector<std::vector<row>> m_keys, m_values;  // of a layer and a step
    std::array<std::int64_t, 256> m_logits{};
    std::array<std::uint32_t, 257> m_low{};
};

}  // namespace equinfo::reference
