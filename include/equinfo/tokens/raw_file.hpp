// SPDX-License-Identifier: MIT
// Token files without a header, as nanoGPT reads them: little-endian integers and nothing else.
#pragma once

// Home of the format: nanoGPT, data/openwebtext/prepare.py writes it and train.py reads it with
// np.memmap(file, dtype=np.uint16, mode='r').

#include <equinfo/bits/concepts.hpp>
#include <equinfo/tokens/header_slot.hpp>
#include <equinfo/tokens/payload.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace equinfo {

/// A token_writer for any sink, pipes included.
template <byte_sink Sink>
class raw_token_writer {
public:
    /// @param sink  must outlive the writer. A token count in the options is not needed and not looked at.
    raw_token_writer(Sink& sink, const token_file_options& options)
        : m_payload(sink, options.type, detail::largest_id(options.type), name_of(options.type)) {}

    void begin() {}

    /// @throws error{token_overflow} at an id that the type does not hold, and what the sink throws.
    void tokens(std::span<const token> ids) { m_payload.write(ids, position()); }

    void end_document() {}
    void finish() {}

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_payload.byte_count(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    detail::payload_writer<Sink> m_payload;
};

/// A token_reader. The file does not say its type: take it from the side record (token_file_info) or from the user.
template <byte_source Source>
class raw_token_reader {
public:
    raw_token_reader(Source& source, token_type type)
        : m_payload(source, type, std::nullopt, 0, detail::largest_id(type), "the token file") {}

    /// @throws error{truncated} if the file ends inside a token.
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
