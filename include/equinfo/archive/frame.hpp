// SPDX-License-Identifier: MIT
// The fixed parts of an archive: its header, and the frame before each block and at the end (docs/format.md).
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo {

/// The first bytes of every archive. The first has its high bit set, and a line end of two characters follows the
/// letters, so that a transfer as 7-bit or as text damages the magic number and is noticed.
inline constexpr std::array<std::byte, 6> archive_magic = {std::byte{0xF1}, std::byte{'E'},  std::byte{'Q'},
                                                           std::byte{'I'},  std::byte{'\r'}, std::byte{'\n'}};

/// The number of the format in docs/format.md.
inline constexpr unsigned archive_version = 1;

/// Bytes of text a block may hold: 1 to this.
inline constexpr std::uint32_t max_block_size = std::uint32_t{1} << 26;

/// Every block starts with a model that has learned nothing, so adaptive models want large blocks, and damage and threads
/// want small ones. context_model on the 10.2 MB of Silesia's dickens: 2.12 bits per byte in blocks of 256 KiB, 1.92 of
/// 1 MiB, 1.81 of 4 MiB, 1.76 as one block. Models that do not adapt do not care.
inline constexpr std::uint32_t default_block_size = std::uint32_t{1} << 22;

/// Characters that the name of a model may have in an archive: 1 to this, each printable ASCII.
inline constexpr std::size_t max_model_name = 64;

/// What an archive says of itself before its first block.
struct archive_header {
    std::string model_name;               ///< for a program that looks the model up; 1 to max_model_name characters
    std::uint64_t model_fingerprint = 0;  ///< what the model must answer
    std::uint32_t block_size = default_block_size;  ///< bytes of text in each block but the last

    /// Its length in the archive, in bytes.
    [[nodiscard]] std::size_t size() const noexcept { return 24 + model_name.size(); }

    friend bool operator==(const archive_header&, const archive_header&) = default;
};

/// What a frame announces.
enum class block_kind : std::uint8_t {
    stored = 'S',  ///< the text itself
    coded = 'C',   ///< the text through the model and the range coder
    end = 'E',     ///< no block: the end of the archive
};

/// The 24 bytes before each block's payload, and at the end of the archive.
struct archive_frame {
    static constexpr std::size_t size = 24;

    block_kind kind = block_kind::end;
    std::uint32_t number = 0;        ///< of the block, from 0, modulo 2^32; at the end: how many blocks there were
    std::uint32_t text_size = 0;     ///< bytes of text; at the end: the low half of total_size
    std::uint32_t payload_size = 0;  ///< bytes that follow the frame; at the end: the high half of total_size
    std::uint32_t text_crc = 0;      ///< CRC-32 of the text; at the end: of all the blocks' text_crc

    /// Of an end frame: bytes of text in the whole archive.
    [[nodiscard]] std::uint64_t total_size() const noexcept {
        return std::uint64_t{payload_size} << 32 | text_size;
    }

    friend bool operator==(const archive_frame&, const archive_frame&) = default;
};

/// Sums of what is in an archive.
struct archive_summary {
    std::uint64_t text_bytes = 0;
    std::uint64_t archive_bytes = 0;  ///< everything: header, frames, payloads
    std::uint64_t blocks = 0;
    std::uint64_t stored_blocks = 0;

    friend bool operator==(const archive_summary&, const archive_summary&) = default;
};

namespace detail {

inline constexpr std::array<std::byte, 3> frame_marker = {std::byte{0xF2}, std::byte{'E'}, std::byte{'B'}};

/// What is wrong with a header's values, or nothing.
[[nodiscard]] inline std::string_view fault_of(const archive_header& header) noexcept {
    if (header.model_name.empty() || header.model_name.size() > max_model_name) {
        return "the model's name must have 1 to 64 characters";
    }
    if (!std::all_of(header.model_name.begin(), header.model_name.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
        return "the model's name must be printable ASCII";
    }
    if (header.block_size < 1 || header.block_size > max_block_size) {
        return "the block size must be 1 to 67108864 bytes";
    }
    return {};
}

/// The bytes of a header. Throws errc::bad_parameter for values out of range.
[[nodiscard]] inline std::vector<std::byte> bytes_of_header(const archive_header& header) {
    if (const std::string_view fault = fault_of(header); !fault.empty()) {
        throw_error(errc::bad_parameter, 0, std::string(fault));
    }
    std::vector<std::byte> bytes(header.size());
    std::byte* const out = bytes.data();
    std::copy(archive_magic.begin(), archive_magic.end(), out);
    out[6] = std::byte{archive_version};
    out[7] = static_cast<std::byte>(header.model_name.size());
    store_little(out + 8, header.block_size);
    store_little(out + 12, header.model_fingerprint);
    const auto name = equinfo::bytes_of(std::string_view(header.model_name));
    std::copy(name.begin(), name.end(), out + 20);
    store_little(out + 20 + name.size(), crc32(std::span(bytes).first(bytes.size() - 4)));
    return bytes;
}

/// The CRC-32 at the end of the header, from which those of the frames go on: a block of an archive with another
/// model or block size is never taken for one of this.
[[nodiscard]] inline std::uint32_t checksum_of(const archive_header& header) {
    const std::vector<std::byte> bytes = bytes_of_header(header);
    return load_little<std::uint32_t>(bytes.data() + bytes.size() - 4);
}

[[nodiscard]] inline std::array<std::byte, archive_frame::size> bytes_of_frame(const archive_frame& frame,
                                                                               std::uint32_t header_crc) noexcept {
    std::array<std::byte, archive_frame::size> bytes;
    std::copy(frame_marker.begin(), frame_marker.end(), bytes.begin());
    bytes[3] = static_cast<std::byte>(frame.kind);
    store_little(bytes.data() + 4, frame.number);
    store_little(bytes.data() + 8, frame.text_size);
    store_little(bytes.data() + 12, frame.payload_size);
    store_little(bytes.data() + 16, frame.text_crc);
    store_little(bytes.data() + 20, crc32(std::span(bytes).first<20>(), header_crc));
    return bytes;
}

/// Whether these bytes are a frame of the archive whose header has this checksum.
[[nodiscard]] inline bool is_frame(std::span<const std::byte, archive_frame::size> bytes,
                                   std::uint32_t header_crc) noexcept {
    return std::equal(frame_marker.begin(), frame_marker.end(), bytes.begin()) &&
           load_little<std::uint32_t>(bytes.data() + 20) == crc32(bytes.first<20>(), header_crc);
}

[[nodiscard]] inline archive_frame frame_of(std::span<const std::byte, archive_frame::size> bytes) noexcept {
    return {static_cast<block_kind>(bytes[3]), load_little<std::uint32_t>(bytes.data() + 4),
            load_little<std::uint32_t>(bytes.data() + 8), load_little<std::uint32_t>(bytes.data() + 12),
            load_little<std::uint32_t>(bytes.data() + 16)};
}

/// What contradicts the format in a frame whose checksum is right, or nothing.
[[nodiscard]] inline std::string_view fault_of(const archive_frame& frame, std::uint32_t block_size) noexcept {
    switch (frame.kind) {
    case block_kind::end:
        return {};
    case block_kind::stored:
        if (frame.payload_size != frame.text_size) {
            return "a stored block's two sizes differ";
        }
        break;
    case block_kind::coded:
        if (frame.payload_size >= frame.text_size) {
            return "a coded block is not smaller than its text";
        }
        break;
    default:
        return "unknown kind of block";
    }
    return frame.text_size < 1 || frame.text_size > block_size ? "the block's size is not in 1 to the archive's block size"
                                                               : std::string_view{};
}

}  // namespace detail

/// Reads the header, and not a byte more, so that a program can look at the model's name before it goes on.
/// Throws errc::bad_magic, bad_version, truncated, bad_checksum or corrupt.
template <byte_source Source>
[[nodiscard]] archive_header read_archive_header(Source& source) {
    std::array<std::byte, 24 + max_model_name> bytes;
    const auto read = [&](std::size_t first, std::size_t count) {
        const std::size_t got = first + read_fully(source, std::span(bytes).subspan(first, count));
        const std::size_t magic = std::min(got, archive_magic.size());
        if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(magic), archive_magic.begin())) {
            detail::throw_error(errc::bad_magic, 0, "not an equinfo archive");
        }
        if (got < first + count) {
            detail::throw_error(errc::truncated, got, "the archive ends within its header");
        }
    };
    read(0, 20);
    if (const auto version = std::to_integer<unsigned>(bytes[6]); version != archive_version) {
        detail::throw_error(errc::bad_version, 6,
                            "archive format " + std::to_string(version) + " is not known here, only format " +
                                std::to_string(archive_version));
    }
    const auto name_size = std::to_integer<std::size_t>(bytes[7]);
    if (name_size > max_model_name) {
        detail::throw_error(errc::corrupt, 7, "the model's name is longer than 64 characters");
    }
    read(20, name_size + 4);
    if (load_little<std::uint32_t>(bytes.data() + 20 + name_size) != crc32(std::span(bytes).first(20 + name_size))) {
        detail::throw_error(errc::bad_checksum, 20 + name_size, "the archive's header is damaged");
    }
    archive_header header;
    header.block_size = load_little<std::uint32_t>(bytes.data() + 8);
    header.model_fingerprint = load_little<std::uint64_t>(bytes.data() + 12);
    header.model_name = string_of(text_of(std::span(bytes).subspan(20, name_size)));
    if (const std::string_view fault = detail::fault_of(header); !fault.empty()) {
        detail::throw_error(errc::corrupt, 7, std::string(fault));
    }
    return header;
}

}  // namespace equinfo
