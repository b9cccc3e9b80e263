// SPDX-License-Identifier: MIT
// The options that all programs of this folder have.
#pragma once

#include "paper/methods.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace equinfo::bench::paper {

struct options {
    std::vector<std::string> texts;
    std::string m1 = "english";
    std::size_t bytes = 0;  // 0: all
    std::string out;
    unsigned threads = 1;
    std::string sentencepiece;
    std::string static_text;
    std::vector<std::string> methods;

    void add_to(CLI::App& app);

    /// @throws std::runtime_error where there is less than one example
    [[nodiscard]] std::vector<std::uint8_t> text() const;

    [[nodiscard]] settings make_settings() const;

    [[nodiscard]] bool has_sentencepiece() const;

    /// --methods, or else these; without sentencepiece, which is told, where its model is not there.
    [[nodiscard]] std::vector<std::string> methods_or(std::vector<std::string> names) const;
};

/// The main function of a program: reads the options, and tells what went wrong. `add`: options of its own.
int run_with_options(int argc, char** argv, const char* about, const std::function<void(const options&)>& run,
                     const std::function<void(CLI::App&)>& add = [](CLI::App&) {});

}  // namespace equinfo::bench::paper
