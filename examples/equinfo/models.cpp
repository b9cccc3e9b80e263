// SPDX-License-Identifier: MIT
// Models by name.

#include "models.hpp"

#include "plain_text.hpp"

#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/fingerprint.hpp>

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
    return is_model_name(name) ? name + std::string(suffix) : name;
}

std::shared_ptr<const codec> make_from_file(const std::string& path) {
    input_file in(path);
    const std::vector<std::uint8_t> text = read_all(in);
    const auto file = std::as_bytes(std::span(text));
    try {
        switch (model_file_of(file)) {
        case model_file::ngram:
            return make_ngram(name_of_file(path, ".eqn"), file);
        case model_file::transformer:
            return make_transformer(name_of_file(path, ".eqm"), file);
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
    return begins("\x89" "EQN") ? model_file::ngram : begins("\x89" "EQM") ? model_file::transformer : model_file::other;
}

std::shared_ptr<const codec> load_model(const std::string& name_or_file) {
    for (const entry& e : entries) {
        if (e.model.name == name_or_file) {
            return e.make();
        }
    }
    if (!std::filesystem::exists(name_or_file)) {
        std::string known;
        for (const named_model& m : names) {
            known += (known.empty() ? "" : ", ") + std::string(m.name);
        }
        throw failure(name_or_file, "is neither a model's name (" + known + ") nor a file");
    }
    return make_from_file(name_or_file);
}

std::shared_ptr<const codec> model_of_file(const std::string& file, const std::string& name, std::uint64_t fingerprint,
                                           const std::string& given) {
    const std::string digits = equinfo::hexadecimal(fingerprint);
    if (given.empty() && !is_model_name(name)) {
        throw failure(file, "was written with the model file \"" + name + "\" (fingerprint " + digits +
                                "); name it with --model FILE");
    }
    auto model = load_model(given.empty() ? name : given);
    if (model->fingerprint() != fingerprint) {
        throw failure(file, "was written with the model \"" + name + "\" (fingerprint " + digits + "), and \"" +
                                (given.empty() ? name : given) + "\" has the fingerprint " +
                                equinfo::hexadecimal(model->fingerprint()));
    }
    return model;
}

}  // namespace program
