// SPDX-License-Identifier: MIT
// The embedded transformer of English.
#pragma once

#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/m1/fast_english_data.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/m1/weights.hpp>

#include <memory>

namespace equinfo {

/// The numbers of a small transformer of English bytes (docs/m1_english.md has its model card), unpacked in about 0.1 s.
[[nodiscard]] inline m1_content fast_english_content() {
    return read_m1(decode_embedded(detail::fast_english_data()));
}

/// That transformer, ready to predict. The first call unpacks it; later calls, from any thread, cost a lane.
[[nodiscard]] inline m1_model fast_english_model() {
    static const auto data = std::make_shared<const m1_data>(fast_english_content());
    return m1_model(data);
}

}  // namespace equinfo
