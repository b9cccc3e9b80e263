// SPDX-License-Identifier: MIT
// The adaptive model of high orders.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/models/context_model.hpp>

namespace program {

std::shared_ptr<const codec> make_context() {
    return std::make_shared<codec_of<equinfo::context_model>>("context", equinfo::context_model{});
}

}  // namespace program
