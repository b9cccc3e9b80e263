// SPDX-License-Identifier: MIT
// Order-0 counts that follow the text.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace equinfo {

/// A byte_model that counts the bytes seen. Each starts with a count of 1 and gains 32 when it is seen; all are halved
/// when their sum passes 2^16, so that the model follows a text that changes.
class adaptive_model {
public:
    class distribution_type {
    public:
        using symbol_type = std::uint8_t;
        static constexpr unsigned precision = 20;

        [[nodiscard]] frequency_range range_of(std::uint8_t symbol) const noexcept {
            const std::uint32_t below = m_model->count_below(symbol);
            const frequency low = scale(below);
            return {low, scale(below + m_model->m_counts[symbol]) - low};
        }

        [[nodiscard]] located_symbol<std::uint8_t> locate(frequency point) const noexcept {
            EQUINFO_EXPECTS(point < frequency{1} << precision);
            // The largest number of counts whose scaled value is at most `point`: floor(x * 2^p / total) <= point
            // holds just for x * 2^p < (point + 1) * total.
            const std::uint64_t counts = ((std::uint64_t{point} + 1) * m_model->m_total - 1) >> precision;
            const std::uint8_t symbol = m_model->symbol_at(static_cast<std::uint32_t>(counts));
            return {symbol, range_of(symbol)};
        }

    private:
        friend class adaptive_model;
        explicit distribution_type(const adaptive_model& model) noexcept : m_model(&model) {}

        /// Counts into frequencies; total <= 2^precision, so that a count of one is at least a frequency of one.
        [[nodiscard]] frequency scale(std::uint32_t counts) const noexcept {
            return static_cast<frequency>((std::uint64_t{counts} << precision) / m_model->m_total);
        }

        const adaptive_model* m_model;
    };

    adaptive_model() noexcept { reset(); }

    [[nodiscard]] distribution_type predict() const noexcept { return distribution_type(*this); }

    void update(std::uint8_t symbol) noexcept {
        add(symbol, gain);
        if (m_total > limit) {
            halve();
        }
    }

    void reset() noexcept {
        m_counts.fill(1);
        rebuild();
    }

    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_builder("adaptive_model 1").value(); }

private:
    static constexpr std::uint32_t gain = 32;
    static constexpr std::uint32_t limit = 1u << 16;

    // m_tree is a Fenwick tree (binary indexed tree): entry i, from 1, is the sum of the last (i & -i) counts up to
    // symbol i - 1.

    [[nodiscard]] std::uint32_t count_below(std::size_t symbol) const noexcept {
        std::uint32_t sum = 0;
        for (std::size_t i = symbol; i != 0; i &= i - 1) {
            sum += m_tree[i];
        }
        return sum;
    }

    /// The symbol whose counts hold number `position`, counted from 0 over all symbols in order.
    [[nodiscard]] std::uint8_t symbol_at(std::uint32_t position) const noexcept {
        std::size_t symbol = 0;
        for (std::size_t step = 128; step != 0; step /= 2) {
            if (m_tree[symbol + step] <= position) {
                symbol += step;
                position -= m_tree[symbol];
            }
        }
        return static_cast<std::uint8_t>(symbol);
    }

    void add(std::size_t symbol, std::uint32_t amount) noexcept {
        m_counts[symbol] += amount;
        m_total += amount;
        for (std::size_t i = symbol + 1; i < m_tree.size(); i += i & (~i + 1)) {
            m_tree[i] += amount;
        }
    }

    void halve() noexcept {
        for (std::uint32_t& count : m_counts) {
            count = (count + 1) / 2;
        }
        rebuild();
    }

    void rebuild() noexcept {
        m_tree.fill(0);
        m_total = 0;
        for (std::size_t i = 1; i < m_tree.size(); ++i) {
            m_tree[i] += m_counts[i - 1];
            m_total += m_counts[i - 1];
            const std::size_t parent = i + (i & (~i + 1));
            if (parent < m_tree.size()) {
                m_tree[parent] += m_tree[i];
            }
        }
    }

    std::array<std::uint32_t, 256> m_counts{};
    std::array<std::uint32_t, 257> m_tree{};
    std::uint32_t m_total = 0;
};

}  // namespace equinfo
