// SPDX-License-Identifier: MIT
// What a sink and a source of bits, and of bytes, must be able to do.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// Takes the low `count` (0..64) bits of `value`, most significant first.
template <class S>
concept writes_bits = requires(S& sink, std::uint64_t value, unsigned count) {
    { sink.write(value, count) } -> std::same_as<void>;
};

/// Gives the next `count` (0..64) bits, the first one most significant.
template <class S>
concept reads_bits = requires(S& source, unsigned count) {
    { source.read(count) } -> std::same_as<std::uint64_t>;
};

/// Says how many bits went through so far.
template <class S>
concept counts_bits = requires(const S& seen) {
    { seen.bit_count() } -> std::same_as<std::uint64_t>;
};

/// Says how many of the bits it gave lie behind the end of its data; those are zero.
template <class S>
concept counts_overrun = requires(const S& seen) {
    { seen.overrun() } -> std::same_as<std::uint64_t>;
};

/// Where bits go. Cannot fail.
template <class S>
concept bit_sink = writes_bits<S> && counts_bits<S>;

/// Where bits come from. Cannot fail: behind the end it gives zeros and counts them.
template <class S>
concept bit_source = reads_bits<S> && counts_bits<S> && counts_overrun<S>;

/// Where bytes go: a file, a pipe, a vector. Throws `error{errc::io}` where the system refuses.
template <class S>
concept byte_sink = requires(S& sink, std::span<const std::byte> bytes) {
    { sink.write(bytes) } -> std::same_as<void>;
};

/// Where bytes come from. Fills as much of `room` as there is and says how much; 0 only at the end.
template <class S>
concept byte_source = requires(S& source, std::span<std::byte> room) {
    { source.read(room) } -> std::same_as<std::size_t>;
};

}  // namespace equinfo
