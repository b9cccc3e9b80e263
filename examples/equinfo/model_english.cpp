// SPDX-License-Identifier: MIT
// The n-gram model that is built in, and those in files: one type, compiled once.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/english.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace program {

std::shared_ptr<const codec> make_english() {
    return std::make_shared<codec_of<equinfo::ngram_model, true>>("english", equinfo::english_model());
}

std::shared_ptr<const codec> make_ngram(const std::string& name, std::span<const std::byte> file) {
    auto data = std::make_shared<const equinfo::ngram_data>(equinfo::read_ngram(file));
    return std::make_shared<codec_of<equinfo::ngram_model, true>>(name, equinfo::ngram_model(std::move(data)));
}

}  // namespace program
