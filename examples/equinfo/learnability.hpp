// SPDX-License-Identifier: MIT
// equinfo evaluate --learnability: can a language model learn these tokens?
#pragma once

#include "codec.hpp"
#include "subcommands.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace program {

/// One way from text to tokens.
struct token_choice {
    std::shared_ptr<const window_code> code;
    ending_rule rule = ending_rule::longest_match;
    unsigned window_bits = 16;
    unsigned token_bits = 16;
};

struct learnability_options {
    std::string size = "small";  // of M2, see equinfo::m2::preset_of
    double minutes = 15;         // that all may take; what does not get done in its share is stopped, and said
    std::uint64_t seed = 1;
    unsigned threads = 1;
    bool with_bytes = true;
    bool csv = false;
    bool json = false;
    talk how;
};

/// Prints what M2 learns of texts as tokens of several kinds, and what it means.
class learnability {
public:
    explicit learnability(const learnability_options& options) : m_options(options) {}

    /// @throws failure where the text is too short
    void add(const std::string& file, std::span<const std::uint8_t> text, const std::vector<token_choice>& choices);
    void end() const;

private:
    learnability_options m_options;
    bool m_first = true;
};

}  // namespace program
