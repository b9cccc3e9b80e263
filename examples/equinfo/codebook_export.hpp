// SPDX-License-Identifier: MIT
// Codebooks in the formats of other programs.
#pragma once

#include <equinfo/codebook/codebook.hpp>

#include <string>
#include <vector>

namespace program {

/// A line for each string: its number, its bytes in hexadecimal, and as text with escapes; parted by tabs.
[[nodiscard]] std::string vocabulary_of(const equinfo::codebook& book);

/// A tokenizer.json that gives the codewords for ids, and `specials` the ids behind them. @throws usage_failure for a special
/// that is empty or no UTF-8.
[[nodiscard]] std::string hugging_face_tokenizer_of(const equinfo::codebook& book, const std::vector<std::string>& specials);

/// A header for C99 with the table, and functions that encode and decode; `name` begins all its names. @throws usage_failure
/// for a name that is none in C.
[[nodiscard]] std::string c_header_of(const equinfo::codebook& book, const std::string& name);

}  // namespace program
