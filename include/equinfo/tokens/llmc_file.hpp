// SPDX-License-Identifier: MIT
// Token files of llm.c: 256 integers of header, then uint16 or uint32 tokens.
#pragma once

// Home of the format: llm.c, dev/data/data_common.py (write_datafile) and llmc/dataloader.h. The header is 256
// little-endian int32: magic 20240520 and version 1 for uint16, magic 20240801 and version 7 for uint32; then the
// number of tokens; zeros.

#include <equinfo/bits/byte_order.hpp>
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

namespace equinfo {
namespace detail {

inline constexpr std::size_t llmc_header_bytes = 1024;
inline constexpr std::uint32_t llmc_magic_uint16 = 20240520;
inline constexpr std::uint32_t llmc_version_uint16 = 1;
inline constexpr std::uint32_t llmc_magic_uint32 = 20240801;
inline constexpr std::uint32_t llmc_version_uint32 = 7;
inline constexpr std::uint32_t llmc_magic_evaluation = 20240522;  // multiple-choice files: told apart in messages only
inline constexpr std::uint64_t llmc_token_limit = std::uint64_t{1} << 31;

[[nodiscard]] inline std::array<std::byte, llmc_header_bytes> llmc_header(token_type type, std::uint64_t count) {
    std::array<std::byte, llmc_header_bytes> header{};
    const bool wide = type == token_type::uint32;
    store_little(header.data(), wide ? llmc_magic_uint32 : llmc_magic_uint16);
    store_little(header.data() + 4, wide ? llmc_version_uint32 : llmc_version_uint16);
    store_little(header.data() + 8, static_cast<std::uint32_t>(count));
    return header;
}

}  // namespace detail

/// A token_writer. Needs a sink that can go back, or the token count in the options. A file holds fewer than 2^31
/// tokens.
template <byte_sink Sink>
class llmc_token_writer {
public:
    /// @throws error{bad_parameter} for uint8, which llm.c does not read; error{too_large} for a count of 2^31 or more.
    llmc_token_writer(Sink& sink, const token_file_options& options)
        : m_slot(sink, options.token_count, "an llm.c file"),
          m_payload(sink, options.type, detail::largest_id(options.type), name_of(options.type)) {
        if (options.type == token_type::uint8) {
            detail::throw_error(errc::bad_parameter, 0, "llm.c reads uint16 and uint32 tokens, not uint8");
        }
        require_room(options.token_count.value_or(0), 0);
    }

    void begin() {
        m_slot.begin([this](std::uint64_t count) { return detail::llmc_header(m_payload.type(), count); });
    }

    /// @throws error{too_large} where the file would come to 2^31 tokens; error{token_overflow}; what the sink throws.
    void tokens(std::span<const token> ids) {
        require_room(m_payload.count() + ids.size(), position());
        m_payload.write(ids, position());
    }

    void end_document() {}

    void finish() {
        m_slot.finish(m_payload.count(), position(),
                      [this](std::uint64_t count) { return detail::llmc_header(m_payload.type(), count); });
    }

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return detail::llmc_header_bytes + m_payload.byte_count(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    static void require_room(std::uint64_t count, std::uint64_t offset) {
        if (count >= detail::llmc_token_limit) {
            detail::throw_error(errc::too_large, offset,
                                "an llm.c file holds fewer than 2,147,483,648 tokens: write several files");
        }
    }

    detail::header_slot<Sink> m_slot;
    detail::payload_writer<Sink> m_payload;
};

/// A token_reader; the constructor reads and checks the header.
template <byte_source Source>
class llmc_token_reader {
public:
    /// @throws error{truncated, bad_magic, bad_version, corrupt}
    explicit llmc_token_reader(Source& source) : m_payload(open(source)) {}

    /// @throws error{truncated} if there are fewer tokens than the header says, error{corrupt} if there is more behind
    /// them.
    [[nodiscard]] std::size_t read(std::span<token> room) { return m_payload.read(room); }

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::optional<std::uint64_t> token_total() const noexcept { return m_payload.total(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_payload.position(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    static detail::payload_reader<Source> open(Source& source) {
        detail::field_reader<Source> fields(source, "the llm.c file");
        std::array<std::byte, detail::llmc_header_bytes> header;
        fields.read_exactly(header, "its header of 1,024 bytes");
        const auto magic = load_little<std::uint32_t>(header.data());
        const auto version = load_little<std::uint32_t>(header.data() + 4);
        const auto count = load_little<std::uint32_t>(header.data() + 8);
        if (magic == detail::llmc_magic_evaluation) {
            fields.refuse(errc::bad_magic, 0, "is one of multiple-choice questions, not of tokens");
        }
        if (magic != detail::llmc_magic_uint16 && magic != detail::llmc_magic_uint32) {
            fields.refuse(errc::bad_magic, 0, "begins with neither 20240520 (uint16) nor 20240801 (uint32)");
        }
        const bool wide = magic == detail::llmc_magic_uint32;
        if (version != (wide ? detail::llmc_version_uint32 : detail::llmc_version_uint16)) {
            fields.refuse(
                errc::bad_version, 4,
                "has version " + std::to_string(version) + " where " + (wide ? "7" : "1") + " belongs to its magic");
        }
        if (count >= detail::llmc_token_limit) {
            fields.refuse(errc::corrupt, 8, "states a negative number of tokens");
        }
        const token_type type = wide ? token_type::uint32 : token_type::uint16;
        return {source, type, count, detail::llmc_header_bytes, detail::largest_id(type), "the llm.c file"};
    }

    detail::payload_reader<Source> m_payload;
};

}  // namespace equinfo
