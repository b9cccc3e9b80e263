// SPDX-License-Identifier: MIT
// The models that the program knows by name, and those that it reads from files.
#pragma once

#include "codec.hpp"
#include "io.hpp"

#include <equinfo/m1/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

struct named_model {
    std::string_view name;
    std::string_view description;
};

/// All names, in the order in which help lists them.
[[nodiscard]] std::span<const named_model> named_models();
[[nodiscard]] bool is_model_name(std::string_view name);

/// What a file's first bytes say.
enum class model_file { ngram, transformer, codebook, other };
[[nodiscard]] model_file model_file_of(std::span<const std::byte> first) noexcept;

/// All of a file of that kind, or of any kind, and at most a byte more, however long the source is; of anything else its first bytes
/// alone, which will be refused. @throws equinfo::error where the header is that of no such file.
[[nodiscard]] std::vector<std::uint8_t> read_model_bytes(source& from, std::optional<model_file> wanted = {});

/// The same of a file by its path. @throws failure, which names it.
[[nodiscard]] std::vector<std::uint8_t> read_model_bytes(const std::string& path, std::optional<model_file> wanted = {});

/// The model of a name or of a model file. @throws failure or equinfo::error where there is none.
[[nodiscard]] std::shared_ptr<const codec> load_model(const std::string& name_or_file);

/// The same of a name or file of a model or a codebook.
[[nodiscard]] std::shared_ptr<const window_code> load_window_code(const std::string& name_or_file);

/// The code that tokens are made with: `given`, or where that is empty the built-in codebook if it has such windows, else the model of
/// English. `window_bits` may be nothing: the code's own, else 16. @throws usage_failure if a codebook has other windows.
struct chosen_code {
    std::shared_ptr<const window_code> code;
    unsigned window_bits;
};
[[nodiscard]] chosen_code choose_window_code(const std::string& given, std::optional<unsigned> window_bits, ending_rule rule);

/// The model that `file` was written with: of `given`, if that is not empty, else of the name in the file.
/// @throws failure that says which model file is needed, where the name is not one that the program knows.
[[nodiscard]] std::shared_ptr<const codec> model_of_file(const std::string& file, const std::string& name,
                                                         std::uint64_t fingerprint, const std::string& given);

/// The same for tokens: a model or a codebook.
[[nodiscard]] std::shared_ptr<const window_code> window_code_of_file(const std::string& file, const std::string& name,
                                                                     std::uint64_t fingerprint, const std::string& given);

// One type a source file, so that they compile side by side. A file's bytes are refused by equinfo::error.
[[nodiscard]] std::shared_ptr<const codec> make_uniform();
[[nodiscard]] std::shared_ptr<const codec> make_static();
[[nodiscard]] std::shared_ptr<const codec> make_order0();
[[nodiscard]] std::shared_ptr<const codec> make_context();
[[nodiscard]] std::shared_ptr<const codec> make_english();
[[nodiscard]] std::shared_ptr<const codec> make_mixed();
[[nodiscard]] std::shared_ptr<const codec> make_fast();
[[nodiscard]] std::shared_ptr<const codec> make_base();
[[nodiscard]] std::shared_ptr<const codec> make_ngram(const std::string& name, std::span<const std::byte> file);
[[nodiscard]] std::shared_ptr<const codec> make_transformer(const std::string& name, std::span<const std::byte> file);

/// The numbers of a transformer: "fast", "base" or a model file. @throws failure or equinfo::error where it is none.
[[nodiscard]] equinfo::m1_content read_transformer(const std::string& name_or_file);

}  // namespace program
