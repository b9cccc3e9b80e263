// SPDX-License-Identifier: MIT
// What turns text into windows, and back, must be able to do.
#pragma once

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/models/concepts.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
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

/// Shows the model that it codes with.
template <class C>
concept shows_model = requires(const C& seen) { requires byte_model<std::remove_cvref_t<decltype(seen.model())>>; };

/// Says whether the model will be reset before the next window.
template <class C>
concept tells_next_reset = requires(const C& seen) {
    { seen.resets_next() } -> std::same_as<bool>;
};

template <class C>
concept window_encoding = states_window_bits<C> && restarts<C> && encodes_window<C>;

template <class C>
concept window_decoding = states_window_bits<C> && restarts<C> && decodes_window<C>;

/// Optional: reads the next `windows` codewords at once, the same as so many decode_window, faster. Checked against bit_reader.
template <class C>
concept decodes_windows = requires(C& coder, bit_reader& source, std::uint64_t windows, std::vector<std::uint8_t>& out) {
    { coder.decode_windows(source, windows, out) } -> std::same_as<std::size_t>;
};

/// A window_encoding whose windows can be measured (statistics.hpp).
template <class C>
concept measurable_encoding = window_encoding<C> && shows_model<C> && tells_next_reset<C>;

}  // namespace equinfo
