// SPDX-License-Identifier: MIT
// What tokenize and detokenize share: names of files, formats and types, and the check of window against token size.
#pragma once

#include "codec.hpp"
#include "io.hpp"

#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/vocabulary.hpp>
#include <equinfo/windows/params.hpp>

#include <optional>
#include <string>

namespace program {

inline const std::string record_suffix = ".eqt";

/// Bits of the windows' format, as the side record has it (docs/format.md).
inline constexpr std::uint16_t window_code_version = 1;

/// What the side record says of resetting: every window starts with a fresh model.
inline const std::string reset_name = "each_window";

/// Where Megatron's index of OUT lies: the .bin's name with .idx.
[[nodiscard]] inline std::string megatron_index_of(const std::string& file) {
    return (file.ends_with(".bin") ? file.substr(0, file.size() - 4) : file) + ".idx";
}

/// @throws usage_failure that says what fits.
inline void check_bits(unsigned window_bits, unsigned token_bits) {
    if (!equinfo::is_valid(equinfo::window_params{window_bits})) {
        throw usage_failure("windows have 9 to 128 bits, not " + std::to_string(window_bits));
    }
    if (token_bits < 1 || token_bits > 32) {
        throw usage_failure("tokens have 1 to 32 bits, not " + std::to_string(token_bits));
    }
    if (token_bits > window_bits) {
        throw usage_failure("a token of " + std::to_string(token_bits) + " bits is longer than a window of " +
                            std::to_string(window_bits) +
                            ": the zero bits behind a document's end would look like a window; take -t " +
                            std::to_string(window_bits) + " or less");
    }
}

[[nodiscard]] inline ending_rule parse_rule(const std::string& name) {
    if (const auto rule = ending_rule_named(name)) {
        return *rule;
    }
    throw usage_failure("--rule is longest-match or self-ending, not \"" + name + "\"");
}

[[nodiscard]] inline equinfo::token_format parse_format(const std::string& name) {
    if (const auto format = equinfo::token_format_named(name)) {
        return *format;
    }
    throw usage_failure("--format is raw, npy, llmc or megatron, not \"" + name + "\"");
}

[[nodiscard]] inline equinfo::token_type parse_type(const std::string& name) {
    for (const auto type : {equinfo::token_type::uint8, equinfo::token_type::uint16, equinfo::token_type::uint32}) {
        if (equinfo::name_of(type) == name) {
            return type;
        }
    }
    if (name == "int32") {
        return equinfo::token_type::uint32;
    }
    throw usage_failure("--dtype is uint8, uint16 or uint32 (Megatron: int32), not \"" + name + "\"");
}

}  // namespace program
