// SPDX-License-Identifier: MIT
// How often each byte occurs in English: what the built-in model knows of a text of which it has seen nothing.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/english.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/static_model.hpp>

#include <array>

namespace program {

std::shared_ptr<const codec> make_static() {
    using model = equinfo::static_model<equinfo::ngram_precision>;
    equinfo::ngram_model english = equinfo::english_model();
    std::array<equinfo::frequency, 256> frequencies{};
    equinfo::list_frequencies(english.predict(), frequencies);
    const auto table = equinfo::frequency_table<equinfo::ngram_precision>::from_frequencies(frequencies);
    return std::make_shared<codec_of<model, true>>("static", model(table));
}

}  // namespace program
