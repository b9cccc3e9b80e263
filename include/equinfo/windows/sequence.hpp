// SPDX-License-Identifier: MIT
// Whole texts as sequences of windows.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/windows/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

/// Writes all of `text` and returns the number of windows; none for an empty text. The encoder goes on from where it is.
template <window_encoding Encoder, bit_sink Sink>
std::uint64_t encode_windows(Encoder& encoder, std::span<const std::uint8_t> text, Sink& sink) {
    std::uint64_t windows = 0;
    while (!text.empty()) {
        text = text.subspan(encoder.encode_window(text, sink));
        ++windows;
    }
    return windows;
}

/// Appends the symbols of the next `windows` windows to `out` and returns how many symbols. Windows behind the end of the
/// source are made of zero bits and decode too: check source.overrun().
template <window_decoding Decoder, bit_source Source>
std::size_t decode_windows(Decoder& decoder, Source& source, std::uint64_t windows, std::vector<std::uint8_t>& out) {
    if constexpr (decodes_windows<Decoder> && requires { decoder.decode_windows(source, windows, out); }) {
        return decoder.decode_windows(source, windows, out);
    } else {
        const std::size_t begin = out.size();
        for (std::uint64_t window = 0; window < windows; ++window) {
            decoder.decode_window(source, out);
        }
        return out.size() - begin;
    }
}

}  // namespace equinfo
