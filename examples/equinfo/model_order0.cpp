// SPDX-License-Identifier: MIT
// The adaptive order-0 model.

#include "codec_of.hpp"
#include "models.hpp"

#include <equinfo/models/adaptive_model.hpp>

namespace program {

std::shared_ptr<const codec> make_order0() {
    return std::make_shared<codec_of<equinfo::adaptive_model>>("order0", equinfo::adaptive_model{});
}

}  // namespace program
