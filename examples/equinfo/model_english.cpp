// SPDX-License-Identifier: MIT
// The n-gram model that is built in, and those in files: one type, compiled once.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/english.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace program {
namespace {

/// As it stands in archives: the file's own name, without what headers do not take.
std::string name_of_file(const std::string& path) {
    std::string name = std::filesystem::path(path).filename().string();
    for (char& letter : name) {
        letter = letter >= ' ' && letter <= '~' ? letter : '_';
    }
    if (name.size() > equinfo::max_model_name) {
        name.erase(0, name.size() - equinfo::max_model_name);
    }
    // A file that is called "english" must not be taken for the model of that name.
    return is_model_name(name) ? name + ".eqn" : name;
}

}  // namespace

std::shared_ptr<const codec> make_english() {
    return std::make_shared<codec_of<equinfo::ngram_model>>("english", equinfo::english_model());
}

std::shared_ptr<const codec> make_from_file(const std::string& path) {
    input_file in(path);
    const std::vector<std::uint8_t> bytes = read_all(in);
    try {
        auto data = std::make_shared<const equinfo::ngram_data>(equinfo::read_ngram(std::as_bytes(std::span(bytes))));
        return std::make_shared<codec_of<equinfo::ngram_model>>(name_of_file(path),
                                                                equinfo::ngram_model(std::move(data)));
    } catch (const equinfo::error& fault) {
        throw failure(path, fault.what());
    }
}

}  // namespace program
