// SPDX-License-Identifier: MIT
// Models by name.

#include "models.hpp"

#include "codebooks.hpp"
#include "plain_text.hpp"

#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/windows/params.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace program {
namespace {

struct entry {
    named_model model;
    std::shared_ptr<const codec> (*make)();
};

constexpr std::array<entry, 8> entries{{
    {{"english", "frozen n-gram model of English, built in; good from the first byte of a window on"}, make_english},
    {{"context", "learns from the text: contexts of up to 6 bytes, words, repetitions; needs no training"},
     make_context},
    {{"mixed", "context that starts from english: knows English from the first byte, and learns the text"}, make_mixed},
    {{"fast", "frozen transformer of English, built in; better than english deep in a text, and slower"}, make_fast},
    {{"base", "a larger one of the same kind, built in: the best of English, and a fifth as fast as fast"}, make_base},
    {{"order0", "learns how often each byte occurs"}, make_order0},
    {{"static", "how often each byte occurs in English, fixed"}, make_static},
    {{"uniform", "all bytes alike: no compression"}, make_uniform},
}};

constexpr const char* only_windows = "is a codebook, which makes windows and tokens alone";

/// As it stands in archives: the file's own name, without what headers do not take.
std::string name_of_file(const std::string& path, std::string_view suffix) {
    std::string name = std::filesystem::path(path).filename().string();
    for (char& letter : name) {
        letter = letter >= ' ' && letter <= '~' ? letter : '_';
    }
    if (name.size() > equinfo::max_model_name) {
        name.erase(0, name.size() - equinfo::max_model_name);
    }
    // A file that is called "english" must not be taken for the model of that name.
    return is_model_name(name) || name == built_in_codebook ? name + std::string(suffix) : name;
}

/// The model of a file that was read already: it may be a pipe.
std::shared_ptr<const codec> make_from_file(const std::string& path, std::span<const std::byte> file) {
    try {
        switch (model_file_of(file)) {
        case model_file::ngram:
            return make_ngram(name_of_file(path, ".eqn"), file);
        case model_file::transformer:
            return make_transformer(name_of_file(path, ".eqm"), file);
        case model_file::codebook:
            throw failure(path, only_windows);
        case model_file::other:
            break;
        }
    } catch (const equinfo::error& fault) {
        throw failure(path, fault.what());
    }
    throw failure(path, "is no model file, neither of n-grams (.eqn) nor of a transformer (.eqm)");
}

constexpr auto names = [] {
    std::array<named_model, entries.size()> result{};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        result[i] = entries[i].model;
    }
    return result;
}();

}  // namespace

std::span<const named_model> named_models() { return names; }

bool is_model_name(std::string_view name) {
    return std::any_of(names.begin(), names.end(), [name](const named_model& m) { return m.name == name; });
}

model_file model_file_of(std::span<const std::byte> first) noexcept {
    const auto begins = [first](std::string_view magic) {
        return first.size() >= magic.size() && std::ranges::equal(equinfo::bytes_of(magic), first.first(magic.size()));
    };
    return begins("\x89" "EQN")   ? model_file::ngram
           : begins("\x89" "EQM") ? model_file::transformer
           : begins("\x89" "EQC") ? model_file::codebook
                                  : model_file::other;
}

std::vector<std::uint8_t> read_model_bytes(source& from, std::optional<model_file> wanted) {
    constexpr std::size_t any_header = 64;  // what the functions below want to see
    std::vector<std::byte> first(any_header);
    first.resize(equinfo::read_fully(from, first));
    const model_file kind = model_file_of(first);
    if (kind == model_file::other || (wanted && kind != *wanted)) {
        const std::span<const std::uint8_t> text = equinfo::text_of(std::span<const std::byte>(first));
        return {text.begin(), text.end()};
    }
    const std::uint64_t size = kind == model_file::ngram         ? equinfo::ngram_file_size(first)
                               : kind == model_file::transformer ? equinfo::m1_file_size(first)
                                                                 : equinfo::codebook_file_size(first);
    prefixed_source whole(std::move(first), from);
    return read_all(whole, size + 1);
}

std::vector<std::uint8_t> read_model_bytes(const std::string& path, std::optional<model_file> wanted) {
    input_file in(path);
    try {
        return read_model_bytes(in, wanted);
    } catch (const equinfo::error& fault) {
        throw failure(path, fault.what());
    }
}

namespace {

/// The model of that name, or nothing.
std::shared_ptr<const codec> make_named(const std::string& name) {
    for (const entry& e : entries) {
        if (e.model.name == name) {
            return e.make();
        }
    }
    return nullptr;
}

std::vector<std::uint8_t> read_model_file(const std::string& name_or_file) {
    if (!std::filesystem::exists(name_or_file)) {
        std::string known;
        for (const named_model& m : names) {
            known += (known.empty() ? "" : ", ") + std::string(m.name);
        }
        throw failure(name_or_file, "is neither a model's name (" + known + ") nor a file");
    }
    return read_model_bytes(name_or_file);
}

}  // namespace

std::shared_ptr<const codec> load_model(const std::string& name_or_file) {
    if (auto model = make_named(name_or_file)) {
        return model;
    }
    if (name_or_file == built_in_codebook) {
        throw failure(name_or_file, only_windows);
    }
    const std::vector<std::uint8_t> file = read_model_file(name_or_file);
    return make_from_file(name_or_file, std::as_bytes(std::span(file)));
}

std::shared_ptr<const window_code> load_window_code(const std::string& name_or_file) {
    if (name_or_file == built_in_codebook) {
        return make_codebook_code(name_or_file, load_codebook(name_or_file));
    }
    if (auto model = make_named(name_or_file)) {
        return model;
    }
    const std::vector<std::uint8_t> text = read_model_file(name_or_file);
    const auto file = std::as_bytes(std::span(text));
    if (model_file_of(file) == model_file::codebook) {
        return make_codebook_code(name_of_file(name_or_file, ".eqc"), read_codebook_bytes(name_or_file, file));
    }
    return make_from_file(name_or_file, file);
}

chosen_code choose_window_code(const std::string& given, std::optional<unsigned> window_bits, ending_rule rule) {
    constexpr unsigned built_in_bits = 16;
    const bool built_in_fits = window_bits.value_or(built_in_bits) == built_in_bits && rule == ending_rule::longest_match;
    auto code = load_window_code(!given.empty() ? given : built_in_fits ? std::string(built_in_codebook) : "english");
    const std::optional<unsigned> only = code->only_window_bits();
    if (only && window_bits.value_or(*only) != *only) {
        throw usage_failure("the codebook \"" + code->name() + "\" has windows of " + std::to_string(*only) + " bits, not " +
                            std::to_string(*window_bits) + ": leave -b out, or take a model");
    }
    if (only && rule != ending_rule::longest_match) {
        throw usage_failure("a codebook has its rule built in: leave --rule out, or take a model");
    }
    return {std::move(code), only.value_or(window_bits.value_or(equinfo::window_params{}.window_bits))};
}

namespace {

template <class Code, class Load>
std::shared_ptr<const Code> code_of_file(const std::string& file, const std::string& name, std::uint64_t fingerprint,
                                         const std::string& given, bool is_built_in, Load&& load) {
    const std::string digits = equinfo::hexadecimal(fingerprint);
    if (given.empty() && !is_built_in) {
        throw failure(file, "was written with the model file \"" + name + "\" (fingerprint " + digits +
                                "); name it with --model FILE");
    }
    auto code = load(given.empty() ? name : given);
    if (code->fingerprint() != fingerprint) {
        throw failure(file, "was written with the model \"" + name + "\" (fingerprint " + digits + "), and \"" +
                                (given.empty() ? name : given) + "\" has the fingerprint " +
                                equinfo::hexadecimal(code->fingerprint()));
    }
    return code;
}

}  // namespace

std::shared_ptr<const codec> model_of_file(const std::string& file, const std::string& name, std::uint64_t fingerprint,
                                           const std::string& given) {
    return code_of_file<codec>(file, name, fingerprint, given, is_model_name(name), load_model);
}

std::shared_ptr<const window_code> window_code_of_file(const std::string& file, const std::string& name, std::uint64_t fingerprint,
                                                       const std::string& given) {
    return code_of_file<window_code>(file, name, fingerprint, given, is_model_name(name) || name == built_in_codebook, load_window_code);
}

}  // namespace program
