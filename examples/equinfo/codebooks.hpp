// SPDX-License-Identifier: MIT
// Codebooks as what makes windows.
#pragma once

#include "codec.hpp"

#include <equinfo/codebook/codebook.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace program {

/// The codebook that is built in.
inline constexpr std::string_view built_in_codebook = "english16";

/// "english16" or a codebook file. @throws failure where it is none.
[[nodiscard]] std::shared_ptr<const equinfo::codebook> load_codebook(const std::string& name_or_file);

/// The codebook of a file's bytes; `name` is for messages.
[[nodiscard]] std::shared_ptr<const equinfo::codebook> read_codebook_bytes(const std::string& name, std::span<const std::byte> file);

/// The windows of a codebook.
[[nodiscard]] std::unique_ptr<window_coder> make_codebook_coder(std::shared_ptr<const equinfo::codebook> book);

/// A codebook under the name that side records are to have.
[[nodiscard]] std::shared_ptr<const window_code> make_codebook_code(std::string name, std::shared_ptr<const equinfo::codebook> book);

/// Prints what it is, as "equinfo info" does.
void tell_codebook(const equinfo::codebook& book);

}  // namespace program
