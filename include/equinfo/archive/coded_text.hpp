// SPDX-License-Identifier: MIT
// A text through a model and the range coder, all at once: what blocks and messages hold.
#pragma once

#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/sequence.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::detail {

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

/// Room for text that is still to be decoded is taken as symbols come: at most 64 times the coded bytes at once, else twice
/// what is decoded already.
template <class Text>
void reserve_text(Text& text, std::size_t size, std::size_t coded_size) {
    text.reserve(text.size() + std::min(size, 64 * (coded_size + 64)));
}

/// The next symbols of a text of which `left` are still to come.
template <class Text>
[[nodiscard]] std::span<std::uint8_t> grow_text(Text& text, std::size_t left) {
    const std::size_t start = text.size();
    const std::size_t count = std::min(symbols_at_once, left);
    text.resize(start + count);
    return {reinterpret_cast<std::uint8_t*>(text.data()) + start, count};
}

/// Decodes `size` symbols from all of `coded` and appends them to `text`, which may be a std::string or a vector of
/// bytes. The model is reset first. Says whether `coded` is just what an encoder makes of the text.
/// Decoding stops when the coded bytes are used up.
template <byte_model Model, class Text>
[[nodiscard]] bool decode_text(Model& model, std::span<const std::byte> coded, std::size_t size, Text& text) {
    model.reset();
    range_decoder decoder(coded);
    reserve_text(text, size, coded.size());
    std::size_t left = size;
    while (left != 0 && decoder.bytes_used() <= coded.size()) {
        const std::span<std::uint8_t> room = grow_text(text, left);
        decode_sequence(model, room, decoder);
        left -= room.size();
    }
    return left == 0 && decoder.at_end();
}

}  // namespace equinfo::detail
