// SPDX-License-Identifier: MIT
// What docs/m1.md does with numbers one by one, between the products: every range that the page promises is checked.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <vector>

namespace equinfo::reference {

using m1_row = std::vector<std::int64_t>;

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

// Section 6.
struct m1_page_tables {
    std::array<std::int64_t, 256> power{}, decay{};
    std::array<std::int64_t, 513> dip{};

    m1_page_tables() {
        std::uint64_t c = std::uint64_t{1} << 62;
        for (unsigned f = 0; f < 256; ++f) {
            power[f] = static_cast<std::int64_t>((c + (std::uint64_t{1} << 39)) >> 40);
            c = (c >> 31) * 2141676972u;
        }
        for (unsigned d = 0; d < 255; ++d) {
            decay[d] = m1_round_shift(255 * power[8 * (d % 32)], 22 + d / 32);
        }
        std::uint64_t e = std::uint64_t{1} << 31;
        for (std::uint64_t n = 0; n <= 512; ++n) {
            const std::uint64_t whole = (std::uint64_t{1} << 31) + e;
            dip[n] = static_cast<std::int64_t>((512 * n * e + whole / 2) / whole);
            e = (e * 2130771797) >> 31;
        }
    }
};

inline const m1_page_tables& m1_tables_of_page() {
    static const m1_page_tables tables;
    return tables;
}

/// Sections 3 and 4: a number of the residual stream, behind a matrix that ends there.
inline std::int64_t m1_joined(std::int64_t x, std::int64_t sum, unsigned shift) {
    m1_promise(std::abs(x + m1_round_shift(sum, shift)) < m1_two_to(29), "what joins the residual stream is below 2^29");
    return std::clamp(x + m1_round_shift(sum, shift), -m1_two_to(22), m1_two_to(22));
}

/// Section 4, with the gain G of `unit` steps for one root mean square.
inline m1_row m1_norm(const m1_row& x, std::uint64_t unit) {
    const std::uint64_t gain = m1_square_root(unit * 256 * unit * 256 * x.size());
    std::uint64_t s = 0;
    for (const std::int64_t each : x) {
        m1_promise(std::abs(each) <= m1_two_to(25), "norm of integers up to 2^25");
        s += static_cast<std::uint64_t>(each * each);
    }
    m1_row y(x.size(), 0);
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
        m1_promise(std::abs(product) + m1_two_to(m - 1) < m1_two_to(31), "the product fits 32 bits, to be rounded too");
        y[c] = std::clamp<std::int64_t>(m1_round_shift(product, m), -127, 127);
    }
    return y;
}

/// Section 4, attention: a value, a score, what decay[] is asked for, and a number of o.
constexpr std::int64_t m1_value(std::int64_t sum, unsigned shift) {
    return std::clamp<std::int64_t>(m1_round_shift(sum, shift), -127, 127);
}

inline std::int64_t m1_score(std::int64_t sum, std::int64_t heat, std::int64_t relative) {
    m1_promise(std::abs(sum * heat) < m1_two_to(31), "a sum times heat is below 2^31");
    const std::int64_t score = (sum * heat >> 14) + relative;
    m1_promise(std::abs(score) < m1_two_to(17) + m1_two_to(15), "a score is below 2^17 + 2^15");
    return score;
}

constexpr std::int64_t m1_distance(std::int64_t top, std::int64_t score) { return std::min<std::int64_t>(255, top - score); }

inline std::int64_t m1_mean(std::int64_t sum, std::int64_t z) {
    m1_promise(255 <= z && z < m1_two_to(20), "255 <= z < 2^20");
    const std::int64_t f = m1_two_to(25) / z;
    m1_promise(std::abs(sum * f) < m1_two_to(32), "a sum times f is below 2^32");
    return std::clamp<std::int64_t>(m1_round_shift(sum * f, 24), -127, 127);
}

/// Section 4, feed-forward: an activation of a squared layer, and one of the other kinds (`feed` 1, gated; 2, swiglu).
inline std::int64_t m1_squared(std::int64_t sum, unsigned shift) {
    const auto t = std::clamp<std::int64_t>(m1_round_shift(sum, shift), 0, 511);
    m1_promise(t * t >> 10 <= 255, "the activation of the feed-forward layer is 0..255");
    return t * t >> 10;
}

inline std::int64_t m1_gated(unsigned feed, std::int64_t gate, std::int64_t value, unsigned shift) {
    const auto g = std::clamp<std::int64_t>(m1_round_shift(gate, shift), -512, 511);
    const auto u = std::clamp<std::int64_t>(m1_round_shift(value, shift), -512, 511);
    const std::int64_t pieces = g * std::clamp<std::int64_t>(g + 256, 0, 512);
    const std::int64_t smooth = 512 * std::max<std::int64_t>(g, 0) - m1_tables_of_page().dip[static_cast<std::size_t>(std::abs(g))];
    const std::int64_t silu = feed == 1 ? pieces : smooth;
    m1_promise(std::abs(silu) < m1_two_to(18), "what a gate opens is below 2^18");
    m1_promise(std::abs(silu * u) < m1_two_to(27), "the product of what a gate opens and a value is below 2^27");
    return std::clamp<std::int64_t>(m1_round_shift(silu * u, 19), -127, 127);
}

/// Section 5.
constexpr std::int64_t m1_logit(std::int64_t sum, unsigned shift, std::int64_t bias) { return m1_round_shift(sum, shift) + bias; }

/// Section 5: low[0..255] of the logits l[0..255]; entry 256 is 2^22.
inline std::array<std::uint32_t, 257> m1_lower_ends(const std::array<std::int64_t, 256>& l) {
    const std::int64_t greatest = *std::max_element(l.begin(), l.end());
    std::array<std::int64_t, 256> weight{};
    std::int64_t total = 0;  // W
    for (std::size_t s = 0; s < 256; ++s) {
        m1_promise(std::abs(l[s]) <= m1_two_to(25), "logits are at most 2^25");
        const std::int64_t d = greatest - l[s];
        weight[s] = d < 22 * 256 ? m1_tables_of_page().power[static_cast<std::size_t>(d % 256)] >> (d / 256) : 0;
        total += weight[s];
    }
    m1_promise(m1_two_to(22) <= total && total <= m1_two_to(30), "2^22 <= W <= 2^30");
    const std::int64_t f = ((m1_two_to(22) - 256) << 32) / total;
    m1_promise(f <= m1_two_to(32) - m1_two_to(18), "f is at most 2^32 - 2^18");
    std::array<std::uint32_t, 257> low{};
    std::int64_t before = 0;
    for (std::size_t s = 0; s < 256; ++s) {
        m1_promise(before * f <= m1_two_to(54), "a sum of weights times f is at most 2^54");
        low[s] = static_cast<std::uint32_t>(static_cast<std::int64_t>(s) + (before * f >> 32));
        before += weight[s];
    }
    low[256] = std::uint32_t{1} << 22;
    m1_promise(std::adjacent_find(low.begin(), low.end(), std::greater_equal<>()) == low.end(), "no slice is empty");
    return low;
}

}  // namespace equinfo::reference
