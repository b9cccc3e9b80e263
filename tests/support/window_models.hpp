// SPDX-License-Identifier: MIT
// Models for tests of windows: random tables of every kind, chosen by the last two symbols since the reset.
#pragma once

#include <support/random.hpp>

#include <equinfo/models/frequency_table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace equinfo::test {

/// The same seed makes the same model. Copies share the tables.
template <unsigned Precision>
class random_model {
public:
    using table = frequency_table<Precision>;

    random_model(std::uint64_t seed, table_kind kind, std::size_t tables = 37) {
        random_source random(seed);
        auto made = std::make_shared<std::vector<table>>();
        for (std::size_t i = 0; i < tables; ++i) {
            const auto frequencies = random_frequencies(random, Precision, 256, kind);
            made->push_back(table::from_frequencies(std::span<const frequency, 256>(frequencies.data(), 256)));
        }
        m_tables = made;
    }

    const table& predict() const { return (*m_tables)[m_state % m_tables->size()]; }
    void update(std::uint8_t symbol) { m_state = (m_state % 256) * 256 + symbol + 1; }
    void reset() { m_state = 0; }

private:
    std::shared_ptr<const std::vector<table>> m_tables;
    std::size_t m_state = 0;
};

}  // namespace equinfo::test
