// SPDX-License-Identifier: MIT
// The embedded codebook of English: windows of 16 bits at memory speed.
#pragma once

#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/codebook/english_codebook_data.hpp>

#include <memory>

namespace equinfo {

/// 65,536 strings of English (docs/codebook.md says how they were chosen). The first call unpacks them, in about 0.06 s;
/// later calls, from any thread, cost a copy of a pointer.
[[nodiscard]] inline std::shared_ptr<const codebook> english_codebook() {
    static const auto book = std::make_shared<const codebook>(read_codebook(decode_embedded(detail::english_codebook_data())));
    return book;
}

}  // namespace equinfo
