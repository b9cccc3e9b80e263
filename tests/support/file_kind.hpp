// SPDX-License-Identifier: MIT
// Files of models and of codebooks that were changed: their checksum fits again.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/bits/file_kind.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace equinfo::test {

/// The last four bytes become the checksum of those before. There are four.
inline void mend_checksum(std::vector<std::byte>& file) {
    const std::size_t checked = file.size() - detail::file_kind::checksum_size;
    store_little(file.data() + checked, crc32(std::span(file).first(checked)));
}

}  // namespace equinfo::test
