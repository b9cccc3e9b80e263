// SPDX-License-Identifier: MIT
// The adaptive model that starts from the built-in model of English.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/english.hpp>
#include <equinfo/models/context_model.hpp>

namespace program {

std::shared_ptr<const codec> make_mixed() {
    using model = equinfo::primed_context_model<equinfo::ngram_model>;
    return std::make_shared<codec_of<model>>("mixed", model(equinfo::english_model()));
}

}  // namespace program
