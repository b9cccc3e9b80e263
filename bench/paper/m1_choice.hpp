// SPDX-License-Identifier: MIT
// M1, the compressing model, by a name or a file; with the tables that were compiled from it.
#pragma once

#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/codebook/window_top.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/windows/endings.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace equinfo::bench::paper {

/// A frozen model of either kind that the library has. It is shared: copies of the models that visit() shows are cheap,
/// and each has a text of its own.
class m1_choice {
public:
    /// "english", "fast", "base", or a model file (.eqn, .eqm). @throws std::runtime_error, equinfo::error
    explicit m1_choice(const std::string& name_or_file) : m_name(name_or_file), m_model(load(name_or_file)) {}

    [[nodiscard]] const std::string& name() const noexcept { return m_name; }

    /// Calls `visit` with the model, whose type is ngram_model or m1_model.
    template <class Visit>
    decltype(auto) visit(Visit&& visit) const {
        return std::visit(std::forward<Visit>(visit), m_model);
    }

    /// All windows of 9 to 20 bits as a table, compiled once; nothing where the strings are too long for one.
    template <ending_rule Ending>
    [[nodiscard]] std::shared_ptr<const codebook> table(unsigned window_bits) const {
        const std::lock_guard lock(m_mutex);
        const auto [at, is_new] = m_tables.try_emplace({window_bits, Ending::keeps_every_prefix});
        if (is_new) {
            try {
                at->second = visit([&](const auto& model) {
                    return std::make_shared<const codebook>(compile_codebook<Ending>(model, window_bits));
                });
            } catch (const error&) {
                // errc::too_large: a model so sure of itself is left to code by itself.
            }
        }
        return at->second;
    }

    /// The likely beginnings of longer windows, compiled once.
    template <ending_rule Ending>
    [[nodiscard]] std::shared_ptr<const window_top> top(unsigned window_bits) const {
        const std::lock_guard lock(m_mutex);
        const auto [at, is_new] = m_tops.try_emplace({window_bits, Ending::keeps_every_prefix});
        if (is_new) {
            at->second = visit([&](const auto& model) {
                return std::make_shared<const window_top>(compile_window_top<Ending>(model, window_bits));
            });
        }
        return at->second;
    }

private:
    using any_model = std::variant<ngram_model, m1_model>;
    using key = std::pair<unsigned, bool>;  // window bits, every prefix keeps a codeword

    [[nodiscard]] static any_model load(const std::string& name_or_file);

    std::string m_name;
    any_model m_model;
    mutable std::mutex m_mutex;
    mutable std::map<key, std::shared_ptr<const codebook>> m_tables;
    mutable std::map<key, std::shared_ptr<const window_top>> m_tops;
};

}  // namespace equinfo::bench::paper
