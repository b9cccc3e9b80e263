// SPDX-License-Identifier: MIT
// The larger embedded transformer of English.
#pragma once

#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/m1/base_english_data.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/m1/shape.hpp>
#include <equinfo/m1/weights.hpp>

#include <memory>

namespace equinfo {

/// The numbers of a transformer of English bytes (docs/m1_english.md has its model card), unpacked in about 0.15 s.
[[nodiscard]] inline m1_content base_english_content() {
    return read_m1(decode_embedded(detail::base_english_data()));
}

/// That transformer, ready to predict. The first call unpacks it; later calls, from any thread, cost a lane.
[[nodiscard]] inline m1_model base_english_model() {
    static const auto data = std::make_shared<const m1_data>(base_english_content());
    return m1_model(data);
}

}  // namespace equinfo
