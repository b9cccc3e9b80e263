// SPDX-License-Identifier: MIT
// Token files as NumPy arrays: `.npy`, format version 1.0, one dimension, little-endian unsigned integers.
#pragma once

// Home of the format: NumPy Enhancement Proposal 1 and numpy.lib.format. Magic \x93NUMPY, version 1.0, uint16 length of
// the header, a Python dictionary literal padded with blanks and closed by a line feed so that the data begins at a
// multiple of 64.

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/byte_fields.hpp>
#include <equinfo/tokens/header_slot.hpp>
#include <equinfo/tokens/npy_header.hpp>
#include <equinfo/tokens/payload.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace equinfo {

/// A token_writer. Needs a sink that can go back, or the token count in the options. The header always has 128 bytes,
/// which leaves room for every count below 2^63; the bytes are those that numpy.save writes.
template <byte_sink Sink>
class npy_token_writer {
public:
    npy_token_writer(Sink& sink, const token_file_options& options)
        : m_slot(sink, options.token_count, "a .npy file"),
          m_payload(sink, options.type, detail::largest_id(options.type), name_of(options.type)) {
        if (options.token_count.value_or(0) > detail::npy_token_limit) {
            detail::throw_error(errc::too_large, 0, "a .npy file holds at most 2^60 tokens");
        }
    }

    void begin() {
        m_slot.begin([this](std::uint64_t count) { return detail::npy_header(m_payload.type(), count); });
    }

    /// @throws error{token_overflow}; what the sink throws.
    void tokens(std::span<const token> ids) { m_payload.write(ids, position()); }

    void end_document() {}

    void finish() {
        m_slot.finish(m_payload.count(), position(),
                      [this](std::uint64_t count) { return detail::npy_header(m_payload.type(), count); });
    }

    [[nodiscard]] token_type type() const noexcept { return m_payload.type(); }
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_payload.count(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return detail::npy_header_bytes + m_payload.byte_count(); }
    [[nodiscard]] std::uint32_t payload_crc() const noexcept { return m_payload.crc(); }

private:
    detail::header_slot<Sink> m_slot;
    detail::payload_writer<Sink> m_payload;
};

/// A token_reader; the constructor reads and checks the header. Takes what NumPy writes for a one-dimensional array of
/// uint8, uint16 or uint32 in little-endian order, with the keys of the dictionary in any order; refuses all else by
/// name.
template <byte_source Source>
class npy_token_reader {
public:
    /// @throws error{truncated, bad_magic, bad_version, corrupt, too_large}
    explicit npy_token_reader(Source& source) : m_payload(open(source)) {}

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
        detail::field_reader<Source> fields(source, "the .npy file");
        std::array<std::byte, 10> prefix;
        fields.read_exactly(prefix, "its first 10 bytes");
        const std::string_view magic = string_of(text_of(std::span<const std::byte>(prefix).first(6)));
        if (magic != detail::npy_magic) {
            fields.refuse(errc::bad_magic, 0, "does not begin with \\x93NUMPY");
        }
        const auto major = std::to_integer<unsigned>(prefix[6]);
        const auto minor = std::to_integer<unsigned>(prefix[7]);
        if (major != 1 || minor != 0) {
            fields.refuse(
                errc::bad_version, 6,
                "has format version " + std::to_string(major) + "." + std::to_string(minor) + ", and only 1.0 is read");
        }
        // A length has 16 bits, so a header that lies about it costs 64 KiB at most.
        std::string header(load_little<std::uint16_t>(prefix.data() + 8), ' ');
        fields.read_exactly(std::as_writable_bytes(std::span(header)), "its header");
        const detail::npy_shape shape = detail::npy_header_parser(header, prefix.size()).parse();
        return {source, shape.type, shape.count, fields.position(), detail::largest_id(shape.type), "the .npy file"};
    }

    detail::payload_reader<Source> m_payload;
};

}  // namespace equinfo
