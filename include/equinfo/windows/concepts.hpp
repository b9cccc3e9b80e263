// SPDX-License-Identifier: MIT
// What turns text into windows, and back, must be able to do.
#pragma once

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

/// Says how many bits every codeword has.
template <class C>
concept states_window_bits = requires(const C& seen) {
    { seen.window_bits() } -> std::same_as<unsigned>;
};

/// Forgets what it saw: the next window is the first of a new document.
template <class C>
concept restarts = requires(C& coder) {
    { coder.restart() } -> std::same_as<void>;
};

/// Writes one codeword for the beginning of a text, and says how many symbols that was: at least 1 if there is text.
/// Checked against bit_writer; takes any bit_sink.
template <class C>
concept encodes_window = requires(C& coder, std::span<const std::uint8_t> text, bit_writer& sink) {
    { coder.encode_window(text, sink) } -> std::same_as<std::size_t>;
};

/// Reads one codeword, appends its symbols and says how many. Checked against bit_reader; takes any bit_source.
template <class C>
concept decodes_window = requires(C& coder, bit_reader& source, std::vector<std::uint8_t>& out) {
    { coder.decode_window(source, out) } -> std::same_as<std::size_t>;
};

template <class C>
concept window_encoding = states_window_bits<C> && restarts<C> && encodes_window<C>;

template <class C>
concept window_decoding = states_window_bits<C> && restarts<C> && decodes_window<C>;

}  // namespace equinfo
