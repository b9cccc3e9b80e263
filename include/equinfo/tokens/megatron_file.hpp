// SPDX-License-Identifier: MIT
// Token files of Megatron: a `.bin` of bare tokens and a `.idx` that says where its sequences lie.
#pragma once

// Home of the format: Megatron-LM, megatron/core/datasets/indexed_dataset.py (_IndexWriter, _IndexReader, DType). The
// index, little-endian and without padding: "MMIDIDX\0\0", u64 version 1, u8 type code, u64 number of sequences S, u64
// number of document borders D, S int32 lengths in tokens, S int64 byte offsets into the .bin, D int64 borders. Borders
// are indices of sequences and begin with 0, so D is the number of documents and one. One sequence is one document
// here.

#include <equinfo/bits/concepts.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/byte_fields.hpp>
#include <equinfo/tokens/header_slot.hpp>
#include <equinfo/tokens/payload.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace equinfo {
namespace detail {

inline constexpr std::string_view megatron_magic{"MMIDIDX\0\0", 9};
inline constexpr std::uint32_t megatron_longest = 0x7FFFFFFF;  // lengths and ids are int32

/// Megatron's numbers for its types. It has no uint32: four bytes are int32 and ids end at 2^31 - 1.
[[nodiscard]] constexpr std::uint8_t megatron_code(token_type type) noexcept {
    return type == token_type::uint8 ? 1 : type == token_type::uint16 ? 8 : 4;
}

[[nodiscard]] constexpr token megatron_largest_id(token_type type) noexcept {
    return type == token_type::uint32 ? megatron_longest : largest_id(type);
}

[[nodiscard]] constexpr std::string_view megatron_type_name(std::uint8_t code) noexcept {
    constexpr std::string_view names[] = {"unknown", "uint8",   "int8",    "int16", "int32",
                                          "int64",   "float64", "float32", "uint16"};
    return code < std::size(names) ? names[code] : names[0];
}

}  // namespace detail

/// A token_writer onto two sinks. The `.bin` goes out as it comes, pipes included; the `.idx` is written by finish().
/// Keeps four bytes of memory a document until then.
template <byte_sink Sink, byte_sink IndexSink = Sink>
class megatron_token_writer {
public:
    /// @param sink   takes the .bin  @param index  takes the .idx; both must outlive the writer
    megatron_token_writer(Sink& sink, IndexSink& index, const token_file_options& options)
        : m_index(&index),
          m_payload(sink, options.type, detail::megatron_largest_id(options.type),
                    options.type == token_type::uint32 ? "int32 (Megatron has no uint32)" : name_of(options.type)) {}

    void begin() {}

    /// @throws error{token_overflow}; error{too_large} where a document comes to 2^31 tokens; what the sink throws.
    void tokens(std::span<const token> ids) {
        if (ids.size() > detail::megatron_longest - m_length) {
            detail::throw_error(errc::too_large, m_payload.byte_count(),
                                "document " + detail::grouped(m_lengths.size()) +
                                    " is too long for Megatron, where a sequence has at most 2,147,483,647 tokens");
        }
        m_payload.write(ids, position());
        m_length += static_cast<std::uint32_t>(ids.size());
    }

    /// An empty document is a sequence of length 0.
    void end_document() { m_lengths.push_back(std::exchange(m_length, 0)); }

    /// Tokens behind the last end_document() are a document too.
    void finish() {
        if (m_length != 0) {
            end_document();
        }
        detail::field_writer<IndexSink> fields(*m_index);
        fields.put_bytes(detail::megatron_magic);
        fields.put(std::uint64_t{1});
        fields.put(detail::megatron_code(m_payload.type()));
        fields.put(std::uint64_t{m_lengths.size()});
        fields.put(std::uint64_t{m_lengths.size()} + 1);
        for (const std::uint32_t length : m_lengths) {
            fields.put(length);
        }
        std::uint64_t offset = 0;
        for (const std::uint32_t length : m_lengths) {
            fields.put(offset);
            offset += std::uint64_t{length} * bytes_per_token(m_payload.type());
        }
        for (std::uint64_t border = 0; border <= m_lengths.size(); ++border) {
            fields.put(border);
        }
        fields.flush();
    }

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_payload.byte_count(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    IndexSink* m_index;
    detail::payload_writer<Sink> m_payload;
    std::vector<std::uint32_t> m_lengths;
    std::uint32_t m_length = 0;  // of the document that is open
};

/// What a `.idx` says.
struct megatron_index {
    token_type type = token_type::uint16;
    std::vector<std::uint32_t> lengths;  ///< tokens of each sequence; sequence after sequence without gaps
    std::vector<std::uint64_t>
        documents;  ///< the first sequence of each document, and the number of sequences at the end
    std::uint64_t token_total = 0;
};

/// Reads a whole `.idx`. Memory: at most 64 KiB and twice the bytes that were there, whatever its counts say.
/// Takes what Megatron's own builder writes from tokens of type uint8, uint16 and int32: sequences in the order of the
/// .bin, without gaps; no modes (multimodal data).
/// @throws error{truncated, bad_magic, bad_version, corrupt, too_large}
template <byte_source Source>
[[nodiscard]] megatron_index read_megatron_index(Source& source) {
    detail::field_reader<Source> fields(source, "the Megatron index");
    std::array<std::byte, detail::megatron_magic.size()> magic;
    fields.read_exactly(magic, "its magic number");
    if (string_of(text_of(magic)) != detail::megatron_magic) {
        fields.refuse(errc::bad_magic, 0, "does not begin with MMIDIDX");
    }
    if (const auto version = fields.template get<std::uint64_t>("its version"); version != 1) {
        fields.refuse(errc::bad_version, 9, "has version " + detail::grouped(version) + ", and only 1 is read");
    }
    megatron_index index;
    const auto code = fields.template get<std::uint8_t>("its type code");
    switch (code) {
        case 1:
            index.type = token_type::uint8;
            break;
        case 8:
            index.type = token_type::uint16;
            break;
        case 4:
            index.type = token_type::uint32;
            break;
        default:
            fields.refuse(errc::corrupt, 17,
                          "has the type code " + std::to_string(code) + " (" +
                              std::string(detail::megatron_type_name(code)) + "); read are uint8, uint16 and int32");
    }
    const auto sequences = fields.template get<std::uint64_t>("its number of sequences");
    const auto borders = fields.template get<std::uint64_t>("its number of documents");
    if (borders == 0) {
        fields.refuse(errc::corrupt, 26, "has no document border, and even an empty one has the border 0");
    }
    fields.template get_each<std::uint32_t>(
        sequences, "the lengths of its sequences", [&](std::uint64_t i, std::uint32_t length, std::uint64_t at) {
            if (length > detail::megatron_longest) {
                fields.refuse(errc::corrupt, at, "gives sequence " + detail::grouped(i) + " a negative length");
            }
            index.lengths.push_back(length);
            index.token_total += length;
        });
    std::uint64_t expected = 0;
    fields.template get_each<std::uint64_t>(
        sequences, "the offsets of its sequences", [&](std::uint64_t i, std::uint64_t offset, std::uint64_t at) {
            if (offset != expected) {
                fields.refuse(errc::corrupt, at,
                              "puts sequence " + detail::grouped(i) + " at byte " + detail::grouped(offset) +
                                  " of the .bin, and the one before ends at " + detail::grouped(expected));
            }
            expected += std::uint64_t{index.lengths[static_cast<std::size_t>(i)]} * bytes_per_token(index.type);
        });
    fields.template get_each<std::uint64_t>(
        borders, "its documents", [&](std::uint64_t i, std::uint64_t border, std::uint64_t at) {
            const bool rises = i == 0 ? border == 0 : border >= index.documents.back();
            if (!rises || border > sequences || (i + 1 == borders && border != sequences)) {
                fields.refuse(
                    errc::corrupt, at,
                    "has document borders that do not rise from 0 to its " + detail::grouped(sequences) + " sequences");
            }
            index.documents.push_back(border);
        });
    fields.expect_end();
    return index;
}

/// A token_reader of a `.bin`, checked against what its index says.
template <byte_source Source>
class megatron_token_reader {
public:
    megatron_token_reader(Source& source, const megatron_index& index)
        : m_payload(source, index.type, index.token_total, 0, detail::megatron_largest_id(index.type),
                    "the .bin of the Megatron files") {}

    /// @throws error{truncated} if there are fewer tokens than the index says, error{corrupt} if there is more behind
    /// them or
    ///         an id is negative.
    [[nodiscard]] std::size_t read(std::span<token> room) { return m_payload.read(room); }

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::optional<std::uint64_t> token_total() const noexcept { return m_payload.total(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_payload.position(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    detail::payload_reader<Source> m_payload;
};

}  // namespace equinfo
