// SPDX-License-Identifier: MIT
// The embedded transformer of English.
#pragma once

#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/m1/fast_english_data.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/m1/weights.hpp>

#include <memory>

namespace equinfo {

/// A small transformer of English bytes (docs/m1_english.md has its model card). The first call unpacks it, in about 0.1 s; later
/// calls, from any thread, cost a lane.
[[nodiscard]] inline m1_model fast_english_model() {
    static const auto data = std::make_shared<const m1_data>(read_m1(decode_embedded(detail::fast_english_data())));
    return m1_model(data);
}

}  // namespace equinfo
