// SPDX-License-Identifier: MIT
// Which rows of the n-gram tables a text names, their rounded entries, and the gradients of rows brought together.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/lane.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/train/rounding.hpp>
#include <equinfo/train/vectors.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::train {

/// rows [length, tables] that the tokens of one sequence name, from a reset on.
inline void find_rows(const m1_shape& shape, std::span<const std::uint16_t> tokens, std::span<std::uint32_t> rows) noexcept {
    EQUINFO_EXPECTS(rows.size() == tokens.size() * shape.tables.size());
    equinfo::detail::row_hashes hashes;
    std::size_t at = 0;
    for (const std::uint16_t token : tokens) {
        hashes.take_in(token);
        for (const m1_table_shape& table : shape.tables) {
            rows[at++] = hashes.row(table);
        }
    }
}

/// Steps of 1 in an entry, and how many an entry may have.
[[nodiscard]] constexpr float table_unit(unsigned table_bits) noexcept { return table_bits == 8 ? 64 : 4; }
[[nodiscard]] constexpr float table_limit(unsigned table_bits) noexcept { return table_bits == 8 ? 127 : 7; }

/// to [length, tables * columns]: the named rows of all tables, rounded. Their gradients are those of the entries.
inline void gather_rows(const m1_shape& shape, const std::vector<std::vector<float>>& tables, std::span<const std::uint32_t> rows,
                        rounding how, std::span<float> to) noexcept {
    const std::size_t columns = shape.columns;
    EQUINFO_EXPECTS(to.size() == rows.size() * columns);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::vector<float>& table = tables[i % shape.tables.size()];
        round_to_steps(std::span(table).subspan(rows[i] * columns, columns), table_unit(shape.table_bits),
                       table_limit(shape.table_bits), how, to.subspan(i * columns, columns));
    }
}

/// The gradients of the rows of one table, each row once.
struct row_gradients {
    std::vector<std::uint32_t> rows;   // ascending
    std::vector<float> sums;           // [rows, columns]
    std::vector<std::uint64_t> order;  // scratch
};

/// Brings together the gradients [positions, tables, columns] of table number `which` of so many; always adds in the order of
/// positions. `rows` [positions, tables].
inline void sum_rows(std::size_t tables, std::size_t columns, std::size_t which, std::span<const std::uint32_t> rows,
                     std::span<const float> gradients, row_gradients& to) {
    const std::size_t positions = rows.size() / tables;
    EQUINFO_EXPECTS(which < tables && rows.size() == positions * tables && gradients.size() == rows.size() * columns);
    to.order.resize(positions);
    for (std::size_t i = 0; i < positions; ++i) {
        to.order[i] = std::uint64_t{rows[i * tables + which]} << 32 | i;
    }
    std::sort(to.order.begin(), to.order.end());
    to.rows.clear();
    to.sums.clear();
    for (const std::uint64_t entry : to.order) {
        const auto row = static_cast<std::uint32_t>(entry >> 32);
        const std::size_t place = ((entry & 0xFFFFFFFF) * tables + which) * columns;
        const std::span<const float> from = gradients.subspan(place, columns);
        if (to.rows.empty() || to.rows.back() != row) {
            to.rows.push_back(row);
            to.sums.insert(to.sums.end(), from.begin(), from.end());
        } else {
            add_to(std::span(to.sums).last(columns), from);
        }
    }
}

}  // namespace equinfo::train
