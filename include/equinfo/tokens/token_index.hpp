// SPDX-License-Identifier: MIT
// The side record of a token file, `.eqt`: token_file_info and the document index, as a stream.
#pragma once

// Specified in docs/tokens.md, byte by byte. Written and read in one pass and in constant memory.

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/byte_fields.hpp>
#include <equinfo/tokens/document_index.hpp>
#include <equinfo/tokens/token_file_info.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo {
namespace detail {

// Not ASCII in its first byte and with both kinds of line ends, so that a transfer as text is noticed at once.
inline constexpr std::string_view token_index_magic =
    "\x89"
    "EQT\r\n\x1A\n";
inline constexpr std::uint16_t token_index_version = 1;
inline constexpr std::size_t token_index_fixed_bytes = 32;                  // in front of the names
inline constexpr std::uint64_t token_index_end = ~std::uint64_t{0};         // in the place of a first token
inline constexpr std::uint64_t token_index_limit = std::uint64_t{1} << 60;  // for sums of bits, bytes and tokens

/// Header length: the names, each behind its length, zeros up to the CRC-32 that ends it, all a multiple of 8.
[[nodiscard]] inline std::size_t token_index_header_bytes(const token_file_info& info) {
    const std::size_t names = 3 + info.ending.size() + info.reset.size() + info.model.size();
    return (token_index_fixed_bytes + names + 4 + 7) / 8 * 8;
}

}  // namespace detail

/// Writes `.eqt`: the constructor checks the facts, begin() writes the header, add() a document, finish() the sums.
template <byte_sink Sink>
class token_index_writer {
public:
    /// @throws error{bad_parameter} if the facts contradict each other.
    token_index_writer(Sink& sink, const token_file_info& info) : m_fields(sink), m_info(info), m_next(info.layout) {
        if (const detail::info_fault fault = detail::find_fault(info); !fault.what.empty()) {
            detail::throw_error(errc::bad_parameter, fault.offset, "the side record " + fault.what);
        }
        m_info.document_count = 0;
        m_info.token_count = 0;
        m_info.byte_count = 0;
        m_info.payload_crc = 0;
    }

    void begin() {
        const std::size_t header_bytes = detail::token_index_header_bytes(m_info);
        m_fields.put_bytes(detail::token_index_magic);
        m_fields.put(detail::token_index_version);
        m_fields.put(static_cast<std::uint16_t>(header_bytes));
        m_fields.put(static_cast<std::uint8_t>(m_info.format));
        m_fields.put(static_cast<std::uint8_t>(m_info.type));
        m_fields.put(static_cast<std::uint8_t>(m_info.layout.token_bits));
        m_fields.put(static_cast<std::uint8_t>((m_info.layout.begin_of_document_ids ? 1 : 0) |
                                               (m_info.layout.end_of_document_ids ? 2 : 0)));
        m_fields.put(static_cast<std::uint16_t>(m_info.layout.window_bits));
        m_fields.put(m_info.window_code);
        m_fields.put(m_info.special_count);
        m_fields.put(m_info.model_fingerprint);
        for (const std::string* name : {&m_info.ending, &m_info.reset, &m_info.model}) {
            m_fields.put(static_cast<std::uint8_t>(name->size()));
            m_fields.put_bytes(*name);
        }
        m_fields.put_zeros(header_bytes - 4 - static_cast<std::size_t>(m_fields.position()));
        m_fields.put(m_fields.crc());
    }

    /// The document that follows; says where it lies.
    /// @throws error{bad_parameter} if the bits are no whole number of windows, error{too_large} above 2^60 in all.
    document_entry add(std::uint64_t bit_count, std::uint64_t byte_count) {
        if (m_info.layout.window_bits != 0 && bit_count % m_info.layout.window_bits != 0) {
            detail::throw_error(errc::bad_parameter, m_fields.position(),
                                "document " + detail::grouped(m_info.document_count) + " has " +
                                    detail::grouped(bit_count) + " bits, no whole number of windows of " +
                                    std::to_string(m_info.layout.window_bits));
        }
        if (bit_count > detail::token_index_limit || byte_count > detail::token_index_limit - m_info.byte_count) {
            detail::throw_error(errc::too_large, m_fields.position(), "more than 2^60 bits or bytes of documents");
        }
        const document_entry entry{m_info.token_count + (m_next.begin_of_document_ids ? 1 : 0), bit_count, byte_count};
        if (m_next.end(entry) > detail::token_index_limit) {
            detail::throw_error(errc::too_large, m_fields.position(), "more than 2^60 tokens");
        }
        m_fields.put(entry.first_token);
        m_fields.put(entry.bit_count);
        m_fields.put(entry.byte_count);
        m_info.token_count = m_next.end(entry);
        m_info.byte_count += byte_count;
        m_info.document_count += 1;
        return entry;
    }

    /// @param payload_crc  of the token file, as its writer says
    void finish(std::uint32_t payload_crc) {
        m_info.payload_crc = payload_crc;
        m_fields.put(detail::token_index_end);
        m_fields.put(m_info.document_count);
        m_fields.put(m_info.token_count);
        m_fields.put(m_info.byte_count);
        m_fields.put(payload_crc);
        m_fields.put(m_fields.crc());
        m_fields.flush();
    }

    /// The facts with the sums so far.
    [[nodiscard]] const token_file_info& info() const noexcept { return m_info; }

private:
    detail::field_writer<Sink> m_fields;
    token_file_info m_info;
    document_layout m_next;
};

/// Reads `.eqt` from anybody: the constructor checks the header with its CRC-32, next() gives document after document,
/// and nothing when all sums, the CRC-32 of the whole and the end of the file have been checked. Memory: below 4 KiB.
template <byte_source Source>
class token_index_reader {
public:
    /// @throws error{truncated, bad_magic, bad_version, bad_checksum, corrupt}
    explicit token_index_reader(Source& source) : m_fields(source, "the side record (.eqt)") { read_header(); }

    /// The facts. The counts and the payload's CRC-32 are zero until next() gave nothing.
    [[nodiscard]] const token_file_info& info() const noexcept { return m_info; }

    /// @throws error{truncated, bad_checksum, corrupt, too_large}
    [[nodiscard]] std::optional<document_entry> next() {
        if (m_ended) {
            return std::nullopt;
        }
        const std::uint64_t at = m_fields.position();
        const auto first_token = m_fields.template get<std::uint64_t>("its documents");
        if (first_token == detail::token_index_end) {
            read_end();
            return std::nullopt;
        }
        document_entry entry{first_token, 0, 0};
        entry.bit_count = m_fields.template get<std::uint64_t>("a document");
        entry.byte_count = m_fields.template get<std::uint64_t>("a document");
        const document_layout& layout = m_info.layout;
        if (first_token != m_token_count + (layout.begin_of_document_ids ? 1 : 0)) {
            m_fields.refuse(errc::corrupt, at,
                            "lets document " + detail::grouped(m_document_count) + " begin at token " +
                                detail::grouped(first_token) + ", and the one before ends at " +
                                detail::grouped(m_token_count));
        }
        if (entry.bit_count > detail::token_index_limit || layout.end(entry) > detail::token_index_limit) {
            m_fields.refuse(errc::too_large, at + 8, "states more than 2^60 bits or tokens");
        }
        if (layout.window_bits != 0 && entry.bit_count % layout.window_bits != 0) {
            m_fields.refuse(errc::corrupt, at + 8,
                            "gives document " + detail::grouped(m_document_count) + " no whole number of windows");
        }
        if (entry.byte_count > detail::token_index_limit - m_byte_count) {
            m_fields.refuse(errc::too_large, at + 16, "states more than 2^60 bytes");
        }
        m_token_count = layout.end(entry);
        m_byte_count += entry.byte_count;
        m_document_count += 1;
        return entry;
    }

private:
    void read_header() {
        std::array<std::byte, detail::token_index_fixed_bytes> fixed;
        m_fields.read_exactly(std::span(fixed).first(8), "its magic number");
        if (string_of(text_of(std::span<const std::byte>(fixed).first(8))) != detail::token_index_magic) {
            m_fields.refuse(errc::bad_magic, 0, "does not begin with its magic number");
        }
        m_fields.read_exactly(std::span(fixed).subspan(8), "its header");
        const std::byte* const at = fixed.data();
        if (const auto version = load_little<std::uint16_t>(at + 8); version != detail::token_index_version) {
            m_fields.refuse(errc::bad_version, 8, "has version " + std::to_string(version) + ", and only 1 is read");
        }
        const std::size_t header_bytes = load_little<std::uint16_t>(at + 10);
        // Three names of 255 bytes make the longest header: 808 bytes.
        if (header_bytes < 40 || header_bytes > 808 || header_bytes % 8 != 0) {
            m_fields.refuse(errc::corrupt, 10, "has an impossible header length of " + std::to_string(header_bytes));
        }
        std::vector<std::byte> rest(header_bytes - detail::token_index_fixed_bytes - 4);
        m_fields.read_exactly(rest, "its header");
        const std::uint32_t crc = m_fields.crc();
        if (m_fields.template get<std::uint32_t>("its header") != crc) {
            m_fields.refuse(errc::bad_checksum, header_bytes - 4,
                            "has a damaged header: its CRC-32 is not the one written");
        }
        m_info.format = static_cast<token_format>(at[12]);
        m_info.type = static_cast<token_type>(at[13]);
        m_info.layout.token_bits = std::to_integer<unsigned>(at[14]);
        const auto flags = std::to_integer<unsigned>(at[15]);
        m_info.layout.begin_of_document_ids = (flags & 1) != 0;
        m_info.layout.end_of_document_ids = (flags & 2) != 0;
        m_info.layout.window_bits = load_little<std::uint16_t>(at + 16);
        m_info.window_code = load_little<std::uint16_t>(at + 18);
        m_info.special_count = load_little<std::uint32_t>(at + 20);
        m_info.model_fingerprint = load_little<std::uint64_t>(at + 24);
        if (flags > 3) {
            m_fields.refuse(errc::corrupt, 15, "has flags that version 1 does not know");
        }
        read_names(rest);
        if (const detail::info_fault fault = detail::find_fault(m_info); !fault.what.empty()) {
            m_fields.refuse(errc::corrupt, fault.offset, fault.what);
        }
        if (header_bytes != detail::token_index_header_bytes(m_info)) {
            m_fields.refuse(errc::corrupt, 10, "has a header longer than its names");
        }
    }

    void read_names(const std::vector<std::byte>& rest) {
        std::size_t at = 0;
        for (std::string* name : {&m_info.ending, &m_info.reset, &m_info.model}) {
            const std::size_t length = at < rest.size() ? std::to_integer<std::size_t>(rest[at]) : rest.size();
            if (length > rest.size() - std::min(at + 1, rest.size())) {
                m_fields.refuse(errc::corrupt, detail::token_index_fixed_bytes + at,
                                "has a name that goes on behind its header");
            }
            *name = string_of(text_of(std::span(rest).subspan(at + 1, length)));
            at += 1 + length;
        }
        for (; at < rest.size(); ++at) {
            if (rest[at] != std::byte{0}) {
                m_fields.refuse(errc::corrupt, detail::token_index_fixed_bytes + at,
                                "has something other than zeros behind its names");
            }
        }
    }

    void read_end() {
        const std::uint64_t at = m_fields.position();
        const auto documents = m_fields.template get<std::uint64_t>("its sums");
        const auto tokens = m_fields.template get<std::uint64_t>("its sums");
        const auto bytes = m_fields.template get<std::uint64_t>("its sums");
        const auto payload_crc = m_fields.template get<std::uint32_t>("its sums");
        const std::uint32_t crc = m_fields.crc();
        const std::uint64_t crc_at = m_fields.position();
        if (m_fields.template get<std::uint32_t>("its checksum") != crc) {
            m_fields.refuse(errc::bad_checksum, crc_at, "is damaged: its CRC-32 is not the one written");
        }
        if (documents != m_document_count || tokens != m_token_count || bytes != m_byte_count) {
            m_fields.refuse(errc::corrupt, at, "has sums that are not those of its documents");
        }
        m_fields.expect_end();
        m_info.document_count = documents;
        m_info.token_count = tokens;
        m_info.byte_count = bytes;
        m_info.payload_crc = payload_crc;
        m_ended = true;
    }

    detail::field_reader<Source> m_fields;
    token_file_info m_info;
    std::uint64_t m_document_count = 0;
    std::uint64_t m_token_count = 0;
    std::uint64_t m_byte_count = 0;
    bool m_ended = false;
};

/// A whole side record in memory.
struct token_index {
    token_file_info info;
    document_index documents;
};

/// Reads all of it. Memory: at most twice the bytes of the file and 4 KiB.
/// @throws error as token_index_reader does
template <byte_source Source>
[[nodiscard]] token_index read_token_index(Source& source) {
    token_index_reader<Source> reader(source);
    document_index documents(reader.info().layout);
    while (const std::optional<document_entry> entry = reader.next()) {
        documents.add(entry->bit_count, entry->byte_count);
    }
    return {reader.info(), std::move(documents)};
}

}  // namespace equinfo
