// SPDX-License-Identifier: MIT
// One block of an archive, coded or decoded by itself: pure functions, for any number of threads.
#pragma once

#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/sequence.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo {
namespace detail {

/// Symbols between two looks at the sizes: coding runs without checks in between.
inline constexpr std::size_t symbols_at_once = 4096;

/// `bytes` is empty where the text was not coded, and may be so where it was.
struct coded_text {
    bool was_coded;
    std::vector<std::byte> bytes;
};

/// The text through a model that is reset first, unless that gives `limit` bytes or more.
template <byte_model Model>
[[nodiscard]] coded_text encode_text(Model& model, std::span<const std::uint8_t> text, std::size_t limit) {
    model.reset();
    range_encoder encoder;
    for (std::size_t at = 0; at < text.size(); at += symbols_at_once) {
        encode_sequence(model, text.subspan(at, std::min(symbols_at_once, text.size() - at)), encoder);
        if (encoder.bytes().size() > limit) {
            return {false, {}};
        }
    }
    encoder.finish();
    if (encoder.bytes().size() >= limit) {
        return {false, {}};
    }
    return {true, encoder.take()};
}

/// Decodes `size` symbols from all of `coded` and appends them to `text`, which may be a std::string or a vector of
/// bytes. The model is reset first. Says whether `coded` is just what an encoder makes of the text.
/// Room is taken as symbols come: at most 64 times the coded bytes at once, else twice what is decoded already, and
/// decoding stops when the coded bytes are used up.
template <byte_model Model, class Text>
[[nodiscard]] bool decode_text(Model& model, std::span<const std::byte> coded, std::size_t size, Text& text) {
    model.reset();
    range_decoder decoder(coded);
    const std::size_t start = text.size();
    text.reserve(start + std::min(size, 64 * (coded.size() + 64)));
    std::size_t done = 0;
    while (done < size && decoder.bytes_used() <= coded.size()) {
        const std::size_t count = std::min(symbols_at_once, size - done);
        text.resize(start + done + count);
        auto* const room = reinterpret_cast<std::uint8_t*>(text.data()) + start + done;
        decode_sequence(model, std::span<std::uint8_t>(room, count), decoder);
        done += count;
    }
    return done == size && decoder.at_end();
}

[[nodiscard]] inline std::string name_of_block(const archive_frame& frame) {
    return "block " + std::to_string(frame.number);
}

}  // namespace detail

/// A block as it stands in an archive, less its frame's number and checksum.
struct archive_block {
    archive_frame frame;
    std::vector<std::byte> payload;
};

/// Codes 1 to max_block_size bytes of text as block `number`. The model is reset first. Text that the model would not
/// make smaller is stored, so that the payload is never longer than the text.
template <byte_model Model>
[[nodiscard]] archive_block encode_block(Model& model, std::span<const std::uint8_t> text, std::uint32_t number = 0) {
    EQUINFO_EXPECTS(!text.empty() && text.size() <= max_block_size);
    detail::coded_text coded = detail::encode_text(model, text, text.size());
    archive_block block;
    if (!coded.was_coded) {
        coded.bytes.assign(bytes_of(text).begin(), bytes_of(text).end());
    }
    block.payload = std::move(coded.bytes);
    block.frame = {coded.was_coded ? block_kind::coded : block_kind::stored, number,
                   static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(block.payload.size()),
                   crc32(bytes_of(text))};
    return block;
}

/// The text of one block; any model state will do, the model is reset first. `offset` is where the payload lies in the
/// archive, for the errors: errc::corrupt where the payload does not end where the text does, errc::bad_checksum where
/// the text is not the one that was coded.
/// Takes no more memory than 64 times the payload or three times the text decoded so far, whichever is more.
template <byte_model Model>
[[nodiscard]] std::vector<std::uint8_t> decode_block(Model& model, const archive_frame& frame,
                                                     std::span<const std::byte> payload, std::uint64_t offset = 0) {
    std::vector<std::uint8_t> text;
    if (frame.kind == block_kind::stored) {
        text.assign(text_of(payload).begin(), text_of(payload).end());
    } else if (!detail::decode_text(model, payload, frame.text_size, text)) {
        detail::throw_error(errc::corrupt, offset, detail::name_of_block(frame) + " does not end where its text does");
    }
    if (crc32(bytes_of(text)) != frame.text_crc) {
        detail::throw_error(errc::bad_checksum, offset, detail::name_of_block(frame) + " is damaged");
    }
    return text;
}

}  // namespace equinfo
