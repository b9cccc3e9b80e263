// SPDX-License-Identifier: MIT
// Model files: the content of an n-gram model in few bytes, and its way back. docs/ngram.md defines every bit.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/file_kind.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/ngram_bit_coder.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace equinfo {

inline constexpr std::uint8_t ngram_file_version = 1;

namespace detail {

inline constexpr file_kind ngram_kind('N', "an n-gram model file", ngram_file_version, ngram_file_version);

/// Where the fields stand; all numbers are little-endian.
struct ngram_header {
    static constexpr std::size_t order = 9, zero = 10, contexts = 12, entries = 16, payload = 20, fingerprint = 24, size = 32;
};

/// What a payload of so many bytes may hold: so no file asks for much memory or time. Real models stay below a
/// quarter of the entries and a tenth of the candidates.
[[nodiscard]] constexpr ngram_walk_limits ngram_file_limits(std::uint64_t payload) {
    const std::uint64_t entries = 4 * payload + 1024;
    return {entries + 1, entries, 64 * payload + 65536};
}

}  // namespace detail

/// The model file of `content`, which must be as ngram_trainer and read_ngram make it. Throws errc::too_large for a
/// content that is too dense to be read back (more than 4 entries or 64 candidates a byte: no text gives such).
[[nodiscard]] inline std::vector<std::byte> write_ngram(const ngram_content& content) {
    using header = detail::ngram_header;
    detail::bit_encoder coder;
    ngram_content& unchanged = const_cast<ngram_content&>(content);  // an encoder's walk only reads
    const auto walk = std::make_unique<detail::ngram_walk<detail::bit_encoder>>(
        unchanged, coder, detail::ngram_walk_limits{content.contexts.size(), content.entries.size(), ~std::uint64_t{0}});
    const bool whole = walk->run();
    EQUINFO_EXPECTS(whole && walk->contexts() == content.contexts.size() && walk->entries() == content.entries.size());
    const std::vector<std::byte> payload = coder.finish();
    const detail::ngram_walk_limits limits = detail::ngram_file_limits(payload.size());
    if (!whole || payload.size() > 0xffffffffu || content.entries.size() > limits.entries ||
        walk->candidates() > limits.candidates) {
        detail::throw_error(errc::too_large, 0, "this n-gram model does not fit the model file format");
    }
    std::vector<std::byte> file(header::size + payload.size());
    detail::ngram_kind.write_begin(file, ngram_file_version);
    file[header::order] = static_cast<std::byte>(content.order);
    store_little(file.data() + header::contexts, static_cast<std::uint32_t>(content.contexts.size()));
    store_little(file.data() + header::entries, static_cast<std::uint32_t>(content.entries.size()));
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(payload.size()));
    store_little(file.data() + header::fingerprint, content.fingerprint());
    std::copy(payload.begin(), payload.end(), file.begin() + header::size);
    detail::ngram_kind.write_end(file);
    return file;
}

/// Writes the model file of `content` to a sink; see write_ngram(content).
template <byte_sink Sink>
void write_ngram(const ngram_content& content, Sink& sink) {
    sink.write(write_ngram(content));
}

/// How many bytes a model file has by its header: all that a reader of pipes and of files of any length needs to take in. `first`
/// are its first 64 bytes, or all of fewer. Throws equinfo::error, as read_ngram does, where they are no such file's.
[[nodiscard]] inline std::uint64_t ngram_file_size(std::span<const std::byte> first) {
    using header = detail::ngram_header;
    detail::ngram_kind.check_begin(first, header::size);
    return header::size + std::uint64_t{load_little<std::uint32_t>(first.data() + header::payload)} + detail::file_kind::checksum_size;
}

/// Reads a whole model file. Throws equinfo::error with the byte offset of what is wrong; takes at most 100 times the
/// file's size and 2 MB of memory, whatever the bytes say.
[[nodiscard]] inline ngram_content read_ngram(std::span<const std::byte> file) {
    using header = detail::ngram_header;
    using detail::throw_error;
    detail::ngram_kind.check_end(file, ngram_file_size(file));
    const std::uint64_t payload_size = load_little<std::uint32_t>(file.data() + header::payload);

    ngram_content content;
    content.order = std::to_integer<unsigned>(file[header::order]);
    if (content.order > ngram_max_order) {
        throw_error(errc::bad_parameter, header::order, "n-gram model of order " + std::to_string(content.order));
    }
    if (load_little<std::uint16_t>(file.data() + header::zero) != 0) {
        throw_error(errc::bad_parameter, header::zero, "n-gram model file with unknown flags");
    }
    detail::ngram_walk_limits limits = detail::ngram_file_limits(payload_size);
    const std::uint64_t contexts = load_little<std::uint32_t>(file.data() + header::contexts);
    const std::uint64_t entries = load_little<std::uint32_t>(file.data() + header::entries);
    if (entries > limits.entries) {
        throw_error(errc::too_large, header::entries, "n-gram model file with more entries than its size allows");
    }
    if (contexts == 0 || contexts > entries + 1) {
        throw_error(errc::bad_parameter, header::contexts, "number of contexts in an n-gram model file");
    }
    limits.contexts = contexts;
    limits.entries = entries;
    content.contexts.reserve(contexts);
    content.entries.reserve(entries);
    detail::bit_decoder coder(file.subspan(header::size, payload_size));
    const auto walk = std::make_unique<detail::ngram_walk<detail::bit_decoder>>(content, coder, limits);
    if (!walk->run() || walk->contexts() != contexts || walk->entries() != entries || coder.bytes_used() != payload_size) {
        throw_error(errc::corrupt, header::size + std::min<std::uint64_t>(coder.bytes_used(), payload_size),
                    "content of an n-gram model file");
    }
    if (load_little<std::uint64_t>(file.data() + header::fingerprint) != content.fingerprint()) {
        throw_error(errc::corrupt, header::fingerprint, "fingerprint of an n-gram model file");
    }
    return content;
}

}  // namespace equinfo
