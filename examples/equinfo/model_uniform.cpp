// SPDX-License-Identifier: MIT
// All bytes alike.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/models/uniform_model.hpp>

namespace program {

std::shared_ptr<const codec> make_uniform() {
    return std::make_shared<codec_of<equinfo::uniform_model, true>>("uniform", equinfo::uniform_model{});
}

}  // namespace program
