// SPDX-License-Identifier: MIT
// What a packer, a writer and a reader of tokens, and an output that can be mended behind its end must be able to do.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace equinfo {
namespace detail {

/// The least that is a bit_sink or a bit_source: concepts with member templates are checked against these.
struct bit_sink_archetype {
    void write(std::uint64_t value, unsigned count);
    [[nodiscard]] std::uint64_t bit_count() const;
};
struct bit_source_archetype {
    [[nodiscard]] std::uint64_t read(unsigned count);
    [[nodiscard]] std::uint64_t bit_count() const;
    [[nodiscard]] std::uint64_t overrun() const;
};

}  // namespace detail

// ---- packers
// ------------------------------------------------------------------------------------------------------------

template <class P>
concept names_token_type = std::unsigned_integral<typename P::token_type>;

template <class P>
concept states_token_bits = requires(const P& seen) {
    { seen.token_bits() } -> std::same_as<unsigned>;
};

template <class P>
concept states_vocabulary_size = requires(const P& seen) {
    { seen.vocabulary_size() } -> std::same_as<std::uint64_t>;
};

/// Appends the tokens of the next `bit_count` bits; the last one is filled up with zero bits.
template <class P>
concept packs_bits = requires(const P& packer, detail::bit_source_archetype& source, std::uint64_t bit_count,
                              std::vector<typename P::token_type>& tokens) {
    { packer.pack(source, bit_count, tokens) } -> std::same_as<void>;
};

/// Writes the bits of whole tokens.
template <class P>
concept unpacks_tokens = requires(const P& packer, std::span<const typename P::token_type> tokens,
                                  detail::bit_sink_archetype& sink) {
    { packer.unpack(tokens, sink) } -> std::same_as<void>;
};

/// Cuts a bit stream into tokens and back; vocabulary_size() is 2^token_bits(). `token_packer` is the one that we ship.
template <class P>
concept packer =
    names_token_type<P> && states_token_bits<P> && states_vocabulary_size<P> && packs_bits<P> && unpacks_tokens<P>;

// ---- token files
// --------------------------------------------------------------------------------------------------------

template <class W>
concept begins_file = requires(W& writer) {
    { writer.begin() } -> std::same_as<void>;
};

template <class W>
concept takes_tokens = requires(W& writer, std::span<const token> ids) {
    { writer.tokens(ids) } -> std::same_as<void>;
};

template <class W>
concept ends_document = requires(W& writer) {
    { writer.end_document() } -> std::same_as<void>;
};

template <class W>
concept finishes_file = requires(W& writer) {
    { writer.finish() } -> std::same_as<void>;
};

/// Tokens written or read so far.
template <class T>
concept counts_tokens = requires(const T& seen) {
    { seen.token_count() } -> std::same_as<std::uint64_t>;
};

/// CRC-32 of the ids written or read so far, as they lie in the file (little-endian, without the file's header).
template <class T>
concept sums_payload = requires(const T& seen) {
    { seen.payload_crc() } -> std::same_as<std::uint32_t>;
};

/// The byte of the token file that is written or read next.
template <class T>
concept states_position = requires(const T& seen) {
    { seen.position() } -> std::same_as<std::uint64_t>;
};

template <class T>
concept states_token_type = requires(const T& seen) {
    { seen.type() } -> std::same_as<token_type>;
};

/// begin() once; then tokens() as often as you like and end_document() behind each document; finish() once. Special ids
/// are tokens like others and belong before end_document(). A writer that is dropped before finish() leaves a file that
/// readers refuse or that is short: give it its final name afterwards.
template <class W>
concept token_writer = begins_file<W> && takes_tokens<W> && ends_document<W> && finishes_file<W> &&
    states_token_type<W> && counts_tokens<W> && states_position<W> && sums_payload<W>;

template <class R>
concept gives_tokens = requires(R& reader, std::span<token> room) {
    { reader.read(room) } -> std::same_as<std::size_t>;
};

/// What the file's header says; nothing where it says nothing.
template <class R>
concept states_token_total = requires(const R& seen) {
    { seen.token_total() } -> std::same_as<std::optional<std::uint64_t>>;
};

/// read() fills up to room.size() tokens and says how many; 0 only behind the last one, when everything was checked.
template <class R>
concept token_reader = gives_tokens<R> && states_token_type<R> && states_token_total<R> && counts_tokens<R> &&
    states_position<R> && sums_payload<R>;

// ---- outputs that can go back
// -------------------------------------------------------------------------------------------

/// can_patch() says whether this very output can (a file) or not (a pipe).
template <class S>
concept says_if_it_patches = requires(const S& seen) {
    { seen.can_patch() } -> std::same_as<bool>;
};

/// Overwrites bytes that were written before; `offset` counts from the first byte that went into this sink.
template <class S>
concept overwrites_bytes = requires(S& sink, std::uint64_t offset, std::span<const std::byte> bytes) {
    { sink.patch(offset, bytes) } -> std::same_as<void>;
};

/// An output whose header can be written last. Formats that state their length in the header need it, or the length
/// beforehand.
template <class S>
concept patchable_byte_sink = byte_sink<S> && says_if_it_patches<S> && overwrites_bytes<S>;

}  // namespace equinfo
