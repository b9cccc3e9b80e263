// SPDX-License-Identifier: MIT
// How often each byte occurs in English: what the built-in model knows of a text of which it has seen nothing.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/english.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/static_model.hpp>

namespace program {

std::shared_ptr<const codec> make_static() {
    using model = equinfo::static_model<equinfo::ngram_precision>;
    equinfo::ngram_model english = equinfo::english_model();
    return std::make_shared<codec_of<model>>("static", model(english.predict()));
}

}  // namespace program
