// SPDX-License-Identifier: MIT
// The integer transformer that is built in, and those in files: one type, compiled once.

#include "codec_of.hpp"
#include "io.hpp"
#include "models.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/m1/weights.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace program {

// Else archives would be right, and slow.
static_assert(equinfo::foresees_text<watched_model<equinfo::m1_model>> && equinfo::makes_lanes<watched_model<equinfo::m1_model>>);

std::shared_ptr<const codec> make_fast() {
    return std::make_shared<codec_of<equinfo::m1_model, true>>("fast", equinfo::fast_english_model());
}

std::shared_ptr<const codec> make_base() {
    return std::make_shared<codec_of<equinfo::m1_model, true>>("base", equinfo::base_english_model());
}

std::shared_ptr<const codec> make_transformer(const std::string& name, std::span<const std::byte> file) {
    auto data = std::make_shared<const equinfo::m1_data>(equinfo::read_m1(file));
    return std::make_shared<codec_of<equinfo::m1_model, true>>(name, equinfo::m1_model(std::move(data)));
}

equinfo::m1_content read_transformer(const std::string& name_or_file) {
    if (name_or_file == "fast") {
        return equinfo::fast_english_content();
    }
    if (name_or_file == "base") {
        return equinfo::base_english_content();
    }
    const std::vector<std::uint8_t> bytes = read_model_bytes(name_or_file, model_file::transformer);
    try {
        return equinfo::read_m1(equinfo::bytes_of(std::span(bytes)));
    } catch (const equinfo::error& fault) {
        throw failure(name_or_file, fault.what());
    }
}

}  // namespace program
