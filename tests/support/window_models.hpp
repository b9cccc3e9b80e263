// SPDX-License-Identifier: MIT
// Models for tests of windows: random tables of every kind, chosen by the last two symbols since the reset, and such as foresee.
#pragma once

#include <support/random.hpp>

#include <equinfo/models/frequency_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
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

/// Any model, with foresees_text and branches_text, each symbol by symbol.
template <class Model>
class foreseeing {
public:
    explicit foreseeing(Model model) : m_model(std::move(model)) {}

    decltype(auto) predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) {
        m_model.update(symbol);
        m_text.push_back(symbol);
    }
    void reset() {
        m_model.reset();
        m_text.clear();
    }
    template <class Visit>
    void foresee(std::span<const std::uint8_t> text, Visit&& visit) {
        for (const std::uint8_t symbol : text) {
            visit(m_model.predict(), symbol);
            update(symbol);
        }
    }
    void branch(std::span<const std::uint8_t> prefix, std::uint8_t symbol) {
        if (prefix.size() >= m_text.size() || m_text[prefix.size()] == symbol || !std::equal(prefix.begin(), prefix.end(), m_text.begin())) {
            throw std::logic_error("nothing branches there");
        }
        reset();
        for (const std::uint8_t before : prefix) {
            update(before);
        }
        update(symbol);
        ++*m_branches;
    }
    /// Of this one and its copies.
    [[nodiscard]] std::size_t branches() const { return *m_branches; }

private:
    Model m_model;
    std::shared_ptr<std::size_t> m_branches = std::make_shared<std::size_t>(0);
    std::vector<std::uint8_t> m_text;
};

}  // namespace equinfo::test
