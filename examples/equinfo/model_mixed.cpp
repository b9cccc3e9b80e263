// SPDX-License-Identifier: MIT
// The built-in model of English and the adaptive one, mixed.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/english.hpp>
#include <equinfo/models/context_model.hpp>
#include <equinfo/models/mixed_model.hpp>

namespace program {

std::shared_ptr<const codec> make_mixed() {
    using model = equinfo::mixed_model<equinfo::ngram_model, equinfo::context_model>;
    return std::make_shared<codec_of<model>>("mixed", model(equinfo::english_model(), equinfo::context_model{}));
}

}  // namespace program
