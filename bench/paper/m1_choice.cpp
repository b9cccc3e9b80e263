// SPDX-License-Identifier: MIT
// The embedded models and model files.
#include "paper/m1_choice.hpp"

#include "support/text.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/english.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/models/ngram_file.hpp>

#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace equinfo::bench::paper {

m1_choice::any_model m1_choice::load(const std::string& name_or_file) {
    if (name_or_file == "english") {
        return english_model();
    }
    if (name_or_file == "fast") {
        return fast_english_model();
    }
    if (name_or_file == "base") {
        return base_english_model();
    }
    const std::vector<std::uint8_t> file = read_file(name_or_file);
    const std::string_view begin = string_of(file).substr(0, 4);
    if (begin == "\211EQN") {
        return ngram_model(std::make_shared<const ngram_data>(read_ngram(bytes_of(file))));
    }
    if (begin == "\211EQM") {
        return m1_model(std::make_shared<const m1_data>(read_m1(bytes_of(file))));
    }
    throw std::runtime_error(name_or_file + " is neither english, fast or base nor a model file");
}

}  // namespace equinfo::bench::paper
