// SPDX-License-Identifier: MIT
// What files of models and of codebooks have in common: how they begin, a version, and a CRC of all of it at the end.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace equinfo::detail {

/// A kind of file. It begins with a magic number of 8 bytes that shows what spoils files on their way (bytes of 7 bits, other ends
/// of lines), and a byte with the version; it ends with the CRC-32 of all before. What is wrong is thrown as equinfo::error.
class file_kind {
public:
    static constexpr std::size_t version_place = 8, checksum_size = 4;

    /// `name` with its article: "a codebook file".
    constexpr file_kind(char letter, const char* name, std::uint8_t oldest, std::uint8_t newest) noexcept
        : m_magic{0x89, 'E', 'Q', static_cast<std::uint8_t>(letter), '\r', '\n', 0x1a, '\n'},
          m_name(name),
          m_oldest(oldest),
          m_newest(newest) {}

    /// Writes magic number and version where the file begins.
    void write_begin(std::span<std::byte> file, std::uint8_t version) const {
        EQUINFO_EXPECTS(file.size() > version_place);
        std::transform(m_magic.begin(), m_magic.end(), file.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
        file[version_place] = std::byte{version};
    }

    /// Appends the CRC.
    static void write_end(std::vector<std::byte>& file) {
        const std::uint32_t checksum = crc32(file);
        file.resize(file.size() + checksum_size);
        store_little(file.data() + file.size() - checksum_size, checksum);
    }

    /// The file begins as it should, and has a header of so many bytes; gives its version. Throws bad_magic, bad_version, truncated.
    std::uint8_t check_begin(std::span<const std::byte> file, std::size_t header_size) const {
        for (std::size_t i = 0; i < std::min(file.size(), m_magic.size()); ++i) {
            if (std::to_integer<std::uint8_t>(file[i]) != m_magic[i]) {
                throw_error(errc::bad_magic, i, std::string("not ") + m_name);
            }
        }
        const std::uint8_t version = file.size() > version_place ? std::to_integer<std::uint8_t>(file[version_place]) : m_newest;
        if (version < m_oldest || version > m_newest) {
            throw_error(errc::bad_version, version_place,
                        m_name + (" of version " + std::to_string(version)) + ", but this library knows " +
                            (m_oldest == m_newest ? "version " : "versions " + std::to_string(m_oldest) + " to ") +
                            std::to_string(m_newest));
        }
        need(file, header_size + checksum_size);
        return version;
    }

    /// Throws truncated where the file has fewer bytes than that.
    void need(std::span<const std::byte> file, std::uint64_t size) const {
        if (file.size() < size) {
            throw_error(errc::truncated, file.size(), m_name + (" cut: it should have " + std::to_string(size) + " bytes or more"));
        }
    }

    /// The file has `size` bytes, its CRC included. Throws truncated, corrupt, bad_checksum.
    void check_end(std::span<const std::byte> file, std::uint64_t size) const {
        if (file.size() < size) {
            throw_error(errc::truncated, file.size(), m_name + (" cut: it should have " + std::to_string(size) + " bytes"));
        }
        if (file.size() > size) {
            throw_error(errc::corrupt, size, std::string("bytes behind the end of ") + m_name);
        }
        const std::size_t place = file.size() - checksum_size;
        if (load_little<std::uint32_t>(file.data() + place) != crc32(file.first(place))) {
            throw_error(errc::bad_checksum, place, std::string("checksum of ") + m_name);
        }
    }

private:
    std::array<std::uint8_t, 8> m_magic;
    const char* m_name;
    std::uint8_t m_oldest, m_newest;
};

}  // namespace equinfo::detail
