// SPDX-License-Identifier: MIT
// The embedded model of English: a working default without a file.
#pragma once

#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/models/english_data.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>

#include <memory>

namespace equinfo {

/// A frozen order-9 model of English bytes (docs/ngram.md has its model card). The first call unpacks it; later calls,
/// from any thread, cost a copy of a pointer and a table.
[[nodiscard]] inline ngram_model english_model() {
    static const auto data =
        std::make_shared<const ngram_data>(read_ngram(decode_embedded(detail::english_data())));
    return ngram_model(data);
}

}  // namespace equinfo
