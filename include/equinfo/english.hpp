// SPDX-License-Identifier: MIT
// The embedded model of English: a working default without a file.
#pragma once

#include <equinfo/archive/message.hpp>
#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/models/english_data.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo {

/// A frozen order-9 model of English bytes (docs/ngram.md has its model card). The first call unpacks it; later calls,
/// from any thread, cost a copy of a pointer and a table.
[[nodiscard]] inline ngram_model english_model() {
    static const auto data =
        std::make_shared<const ngram_data>(read_ngram(decode_embedded(detail::english_data())));
    return ngram_model(data);
}

/// Compresses a message or a buffer with the model of English; see compress(text, model).
[[nodiscard]] inline std::vector<std::byte> compress(std::string_view text) { return compress(text, english_model()); }

/// The text that compress(text) got; see decompress(bytes, model) for its errors.
[[nodiscard]] inline std::string decompress(std::span<const std::byte> message, std::size_t max_size = default_max_text) {
    return decompress(message, english_model(), max_size);
}

}  // namespace equinfo
