// SPDX-License-Identifier: MIT
// M1 as docs/m1.md states it, one number at a time: slow, and every range that the page promises is checked.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <stdexcept>
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

/// Checks what the page says, in builds without assertions too.
inline void m1_promise(bool holds, const char* what) {
    if (!holds) {
        throw std::logic_error(what);
    }
}

// Section 1.
constexpr std::int64_t m1_two_to(unsigned exponent) { return std::int64_t{1} << exponent; }
constexpr std::int64_t m1_round_shift(std::int64_t a, unsigned s) { return s == 0 ? a : (a + m1_two_to(s - 1)) >> s; }

/// The greatest integer whose square is not above `a`.
constexpr std::uint64_t m1_square_root(std::uint64_t a) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit /= 2) {
        root += (root + bit) * (root + bit) <= a ? bit : 0;
    }
    return root;
}

/// The text since the last reset; a step is evaluated once.
class m1 {
public:
    m1(const m1_shape& shape, const m1_numbers& numbers) : m_shape(shape), m_numbers(numbers) {
        check_numbers();
        fill_constants();
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
    using row = std::vector<std::int64_t>;

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

    // Section 6.
    void fill_constants() {
        std::uint64_t c = std::uint64_t{1} << 62;
        for (unsigned f = 0; f < 256; ++f) {
            m_power[f] = static_cast<std::int64_t>((c + (std::uint64_t{1} << 39)) >> 40);
            c = (c >> 31) * 2141676972u;
        }
        for (unsigned d = 0; d < 255; ++d) {
            m_decay[d] = m1_round_shift(255 * m_power[8 * (d % 32)], 22 + d / 32);
        }
        std::uint64_t e = std::uint64_t{1} << 31;
        for (std::uint64_t n = 0; n <= 512; ++n) {
            const std::uint64_t whole = (std::uint64_t{1} << 31) + e;
            m_dip[n] = static_cast<std::int64_t>((512 * n * e + whole / 2) / whole);
            e = (e * 2130771797) >> 31;
        }
        m_decay[255] = 0;
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
            x[c] = std::clamp(x[c] + m1_round_shift(all_sums[c], shift), -m1_two_to(22), m1_two_to(22));
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

    /// Section 4, with the gain G of `unit` steps for one root mean square.
    static row norm(const row& x, std::uint64_t unit) {
        const std::uint64_t gain = m1_square_root(unit * 256 * unit * 256 * x.size());
        std::uint64_t s = 0;
        for (const std::int64_t each : x) {
            m1_promise(std::abs(each) <= m1_two_to(25), "norm of integers up to 2^25");
            s += static_cast<std::uint64_t>(each * each);
        }
        row y(x.size(), 0);
        if (s == 0) {
            return y;
        }
        const int e = static_cast<int>(std::bit_width(s) + std::bit_width(s) % 2);
        const std::uint64_t a = e >= 32 ? s >> (e - 32) : s << (32 - e);
        m1_promise(s >> 60 == 0 && a >> 30 != 0 && a >> 32 == 0, "s < 2^60 and 2^30 <= a < 2^32");
        const std::uint64_t r = m1_square_root(a);
        m1_promise(r >> 15 == 1 && gain >= 1u << 14 && gain <= 1u << 17, "2^15 <= r < 2^16 and G is 2^14..2^17");
        const std::uint64_t q = (gain << 20) / r;
        m1_promise(q >= 1u << 15 && q < 1u << 27, "2^15 <= q < 2^27");
        const int d = static_cast<int>(std::bit_width(q)) - 15;
        const int k = std::max(0, e / 2 - 15);
        const auto m = static_cast<unsigned>(12 + e / 2 - k - d);
        m1_promise(m >= 1 && m <= 25 && q >> d < 1u << 15, "m is 1..25 and q >> d < 2^15");
        for (std::size_t c = 0; c < x.size(); ++c) {
            const std::int64_t product = (x[c] >> k) * static_cast<std::int64_t>(q >> d);
            m1_promise(std::abs(x[c] >> k) <= m1_two_to(15), "|x >> k| <= 2^15");
            m1_promise(std::abs(product) + m1_two_to(m - 1) < m1_two_to(31),
                       "the product fits 32 bits, to be rounded too");
            y[c] = std::clamp<std::int64_t>(m1_round_shift(product, m), -127, 127);
        }
        return y;
    }

    void attention(std::size_t which, row& x) {
        const m1_layer_numbers& layer = m_numbers.layers[which];
        const std::size_t head_width = m_shape.head_width;
        const std::uint64_t head_unit = head_width >= 64 ? 16 : 22;
        const row qkv = sums(layer.qkv, norm(x, 16));
        // The keys of a step, and the values, are those of all key heads, one behind the other.
        row keys, values;
        for (std::size_t g = 0; g < m_shape.kv(); ++g) {
            const row key = norm(part(qkv, (m_shape.heads + g) * head_width, head_width), head_unit);
            keys.insert(keys.end(), key.begin(), key.end());
            for (const std::int64_t sum : part(qkv, (m_shape.heads + m_shape.kv() + g) * head_width, head_width)) {
                values.push_back(std::clamp<std::int64_t>(m1_round_shift(sum, layer.value_shift), -127, 127));
            }
        }
        m_keys[which].push_back(keys);
        m_values[which].push_back(values);
        row results;
        for (std::size_t h = 0; h < m_shape.heads; ++h) {
            const row query = norm(part(qkv, h * head_width, head_width), head_unit);
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
            score.push_back((sum * layer.heat[h] >> 14) + layer.relative[h * context + (i - j)]);
        }
        const std::int64_t top = *std::max_element(score.begin(), score.end());
        std::int64_t z = 0;
        row weighted(m_shape.head_width, 0);
        for (std::size_t j = first; j <= i; ++j) {
            const auto p = m_decay[static_cast<std::size_t>(std::min<std::int64_t>(255, top - score[j - first]))];
            z += p;
            for (std::size_t c = 0; c < m_shape.head_width; ++c) {
                weighted[c] += p * m_values[which][j][key_head + c];
            }
        }
        m1_promise(255 <= z && z < m1_two_to(20), "255 <= z < 2^20");
        const std::int64_t f = m1_two_to(25) / z;
        row o;
        for (const std::int64_t sum : weighted) {
            o.push_back(std::clamp<std::int64_t>(m1_round_shift(sum * f, 24), -127, 127));
        }
        return o;
    }

    void feed_forward(std::size_t which, row& x) const {
        const m1_layer_numbers& layer = m_numbers.layers[which];
        const row all = sums(layer.up, norm(x, 16));
        row activations;
        for (std::size_t n = 0; n < m_shape.hidden; ++n) {
            if (m_shape.feed == 0) {
                const auto t = std::clamp<std::int64_t>(m1_round_shift(all[n], layer.up_shift), 0, 511);
                activations.push_back(t * t >> 10);
                m1_promise(activations.back() <= 255, "the activation of the feed-forward layer is 0..255");
            } else {
                const auto g = std::clamp<std::int64_t>(m1_round_shift(all[n], layer.up_shift), -512, 511);
                const auto u = std::clamp<std::int64_t>(m1_round_shift(all[m_shape.hidden + n], layer.up_shift), -512, 511);
                const std::int64_t pieces = g * std::clamp<std::int64_t>(g + 256, 0, 512);
                const std::int64_t smooth = 512 * std::max<std::int64_t>(g, 0) - m_dip[static_cast<std::size_t>(std::abs(g))];
                const std::int64_t silu = m_shape.feed == 1 ? pieces : smooth;
                const std::int64_t product = silu * u;
                m1_promise(std::abs(silu) < m1_two_to(18), "what a gate opens is below 2^18");
                m1_promise(std::abs(product) < m1_two_to(27), "the product of what a gate opens and a value is below 2^27");
                activations.push_back(std::clamp<std::int64_t>(m1_round_shift(product, 19), -127, 127));
            }
        }
        add_to(x, sums(layer.down, activations), layer.down_shift);
    }

    // Section 5.
    void output(const row& x) {
        const row all_sums = sums(m_numbers.symbols, norm(x, 16));
        for (std::size_t s = 0; s < 256; ++s) {
            m_logits[s] = m1_round_shift(all_sums[s], m_numbers.symbol_shift) + m_numbers.bias[s];
        }
        const std::int64_t greatest = *std::max_element(m_logits.begin(), m_logits.end());
        std::array<std::int64_t, 256> weight{};
        std::int64_t total = 0;  // W
        for (std::size_t s = 0; s < 256; ++s) {
            const std::int64_t d = greatest - m_logits[s];
            weight[s] = d < 22 * 256 ? m_power[static_cast<std::size_t>(d % 256)] >> (d / 256) : 0;
            total += weight[s];
        }
        m1_promise(m1_two_to(22) <= total && total <= m1_two_to(30), "2^22 <= W <= 2^30");
        const std::int64_t f = ((m1_two_to(22) - 256) << 32) / total;
        m1_promise(f <= m1_two_to(32) - m1_two_to(18), "f is at most 2^32 - 2^18");
        std::int64_t before = 0;
        for (std::size_t s = 0; s < 256; ++s) {
            m_low[s] = static_cast<std::uint32_t>(static_cast<std::int64_t>(s) + (before * f >> 32));
            before += weight[s];
        }
        m_low[256] = std::uint32_t{1} << 22;
        m1_promise(std::adjacent_find(m_low.begin(), m_low.end(), std::greater_equal<>()) == m_low.end(),
                   "no slice is empty");
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
    std::array<std::int64_t, 256> m_power{}, m_decay{}, m_logits{};
    std::array<std::int64_t, 513> m_dip{};
    std::array<std::uint32_t, 257> m_low{};
};

}  // namespace equinfo::reference
