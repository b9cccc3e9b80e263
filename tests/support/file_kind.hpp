// SPDX-License-Identifier: MIT
// Files of models and of codebooks that were changed: their checksum fits again.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/bits/file_kind.hpp>
#include <equinfo/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::test {

/// The last four bytes become the checksum of those before. There are four.
inline void mend_checksum(std::vector<std::byte>& file) {
    const std::size_t checked = file.size() - detail::file_kind::checksum_size;
    store_little(file.data() + checked, crc32(std::span(file).first(checked)));
}

/// For how many beginnings of a whole file `size_of` is wrong: of `least` bytes and more it gives the file's size, of fewer it says
/// truncated, and where.
template <class SizeOf>
std::size_t wrong_sizes(SizeOf size_of, std::span<const std::byte> file, std::size_t least) {
    std::size_t wrong = 0;
    for (std::size_t length = 0; length <= file.size(); ++length) {
        try {
            wrong += size_of(file.first(length)) != file.size() || length < least ? 1 : 0;
        } catch (const error& fault) {
            wrong += fault.code() != errc::truncated || fault.offset() != length || length >= least ? 1 : 0;
        }
    }
    return wrong;
}

}  // namespace equinfo::test
