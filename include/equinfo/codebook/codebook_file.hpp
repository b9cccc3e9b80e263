// SPDX-License-Identifier: MIT
// Codebook files, .eqc: the strings, each as what it has more than the one before. docs/codebook.md defines every byte.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/file_kind.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/error.hpp>
#include <equinfo/windows/params.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace equinfo {

inline constexpr std::uint8_t codebook_file_version = 1;

namespace detail {

inline constexpr file_kind codebook_kind('C', "a codebook file", codebook_file_version, codebook_file_version);

/// Where the fields stand; all numbers are little-endian.
struct codebook_header {
    static constexpr std::size_t window_bits = 9, flags = 10, zero = 11, payload = 12, model = 16, fingerprint = 24, size = 32;
    static constexpr unsigned self_ending = 1;
};

/// Two lengths in a byte, 0..14 each; 15 says that a byte with the rest follows, and 255 that one more does.
inline void append_lengths(std::vector<std::byte>& out, std::size_t shared, std::size_t more) {
    out.push_back(static_cast<std::byte>(std::min<std::size_t>(shared, 15) << 4 | std::min<std::size_t>(more, 15)));
    for (const std::size_t length : {shared, more}) {
        if (length >= 15) {
            for (std::size_t rest = length - 15;; rest -= 255) {
                out.push_back(static_cast<std::byte>(std::min<std::size_t>(rest, 255)));
                if (rest < 255) {
                    break;
                }
            }
        }
    }
}

/// Reads what follows one another in a payload; beyond its end there are zeros, and is_cut().
class payload_cursor {
public:
    explicit payload_cursor(std::span<const std::byte> bytes) noexcept : m_bytes(bytes) {}

    [[nodiscard]] std::uint8_t next() noexcept {
        return m_at < m_bytes.size() ? std::to_integer<std::uint8_t>(m_bytes[m_at++]) : (m_is_cut = true, std::uint8_t{0});
    }

    /// The length that a half byte begins, at most `most` + 255.
    [[nodiscard]] std::size_t length(std::size_t half, std::size_t most) noexcept {
        std::size_t length = half;
        for (std::uint8_t rest = 255; half == 15 && rest == 255 && length <= most; length += rest) {
            rest = next();
        }
        return length;
    }

    [[nodiscard]] std::size_t position() const noexcept { return m_at; }
    [[nodiscard]] bool is_cut() const noexcept { return m_is_cut; }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
    bool m_is_cut = false;
};

}  // namespace detail

/// The file of a codebook: about 3 bytes a string.
[[nodiscard]] inline std::vector<std::byte> write_codebook(const codebook& book) {
    using header = detail::codebook_header;
    std::vector<std::byte> file(header::size);
    std::span<const std::uint8_t> before;
    for (std::size_t i = 0; i < book.size(); ++i) {
        const std::span string = book[i];
        const auto differs = std::mismatch(string.begin(), string.end(), before.begin(), before.end()).first;
        const auto shared = static_cast<std::size_t>(differs - string.begin());
        detail::append_lengths(file, shared, string.size() - shared);
        detail::append(file, bytes_of(string.subspan(shared)));
        before = string;
    }
    detail::codebook_kind.write_begin(file, codebook_file_version);
    file[header::window_bits] = static_cast<std::byte>(book.window_bits());
    file[header::flags] = static_cast<std::byte>(book.origin().self_ending ? header::self_ending : 0);
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(file.size() - header::size));
    store_little(file.data() + header::model, book.origin().model);
    store_little(file.data() + header::fingerprint, book.fingerprint());
    detail::codebook_kind.write_end(file);
    return file;
}

/// How many bytes a codebook file has by its header: all that a reader of pipes and of files of any length needs to take in. `first`
/// are its first 64 bytes, or all of fewer. Throws equinfo::error, as read_codebook does, where they are no such file's.
[[nodiscard]] inline std::uint64_t codebook_file_size(std::span<const std::byte> first) {
    using header = detail::codebook_header;
    detail::codebook_kind.check_begin(first, header::size);
    return header::size + std::uint64_t{load_little<std::uint32_t>(first.data() + header::payload)} + detail::file_kind::checksum_size;
}

/// Reads a whole codebook file. Throws equinfo::error with the byte offset of what is wrong (0 for too many prefixes). A file
/// has a byte and more for each string; a true one takes some 50 bytes of memory for each, and what a hostile one can ask for
/// is 4 KB for each, and half a gigabyte.
[[nodiscard]] inline codebook read_codebook(std::span<const std::byte> file) {
    using header = detail::codebook_header;
    using detail::throw_error;
    detail::codebook_kind.check_end(file, codebook_file_size(file));
    const std::uint64_t payload_size = load_little<std::uint32_t>(file.data() + header::payload);
    const auto window_bits = std::to_integer<unsigned>(file[header::window_bits]);
    if (window_bits < min_window_bits || window_bits > max_codebook_bits) {
        throw_error(errc::bad_parameter, header::window_bits, "codebook file of windows of " + std::to_string(window_bits) + " bits");
    }
    const auto flags = std::to_integer<unsigned>(file[header::flags]);
    if (flags > header::self_ending || file[header::zero] != std::byte{0}) {
        throw_error(errc::bad_parameter, header::flags, "codebook file with unknown flags");
    }
    const std::size_t count = std::size_t{1} << window_bits;
    if (payload_size < count) {
        throw_error(errc::corrupt, header::payload, "codebook file with less than a byte a string");
    }

    string_list strings;
    std::string string;
    std::string before;
    std::size_t singles = 0;
    const std::size_t most = max_window_symbols(window_bits);
    detail::payload_cursor cursor(file.subspan(header::size, payload_size));
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = header::size + cursor.position();
        const std::uint8_t lengths = cursor.next();
        const std::size_t shared = cursor.length(lengths >> 4, most);
        const std::size_t more = cursor.length(lengths & 15, most);
        if (shared > string.size() || shared + more == 0 || shared + more > most) {
            throw_error(errc::corrupt, begin, "string " + std::to_string(i) + " of a codebook file");
        }
        before = string;
        string.resize(shared);
        for (std::size_t k = 0; k < more; ++k) {
            string.push_back(static_cast<char>(cursor.next()));
        }
        if (string < before) {
            throw_error(errc::corrupt, begin, "string " + std::to_string(i) + " of a codebook file is not in the order of the bytes");
        }
        singles += string.size() == 1 && string != before ? 1u : 0u;
        strings.push_back(text_of(string));
        if (strings.total_bytes() > codebook::max_bytes_a_string * count) {
            throw_error(errc::too_large, begin, "codebook file with too many bytes of strings");
        }
    }
    if (cursor.is_cut() || cursor.position() != payload_size) {
        throw_error(errc::corrupt, header::size + cursor.position(), "strings of a codebook file do not end where they should");
    }
    if (singles != 256) {
        throw_error(errc::corrupt, header::size, "codebook file without " + std::to_string(256 - singles) + " of the 256 bytes");
    }
    codebook book(window_bits, strings, {load_little<std::uint64_t>(file.data() + header::model), flags == header::self_ending});
    if (load_little<std::uint64_t>(file.data() + header::fingerprint) != book.fingerprint()) {
        throw_error(errc::corrupt, header::fingerprint, "fingerprint of a codebook file");
    }
    return book;
}

}  // namespace equinfo
