// SPDX-License-Identifier: MIT
// The header of a `.npy` file: making it at a fixed length, and reading it from strangers.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace equinfo::detail {

inline constexpr std::string_view npy_magic = "\x93NUMPY";
inline constexpr std::size_t npy_header_bytes = 128;                      // a multiple of 64, magic and all
inline constexpr std::uint64_t npy_token_limit = std::uint64_t{1} << 60;  // byte counts stay far below 2^63

/// The header that numpy.save writes for `count` ids of `type`.
[[nodiscard]] inline std::array<std::byte, npy_header_bytes> npy_header(token_type type, std::uint64_t count) {
    std::string text(npy_magic);
    text += std::string_view("\x01\x00\x76\x00", 4);  // version 1.0; 118 bytes follow
    text += "{'descr': '";
    text += type == token_type::uint8 ? "|u1" : type == token_type::uint16 ? "<u2" : "<u4";
    text += "', 'fortran_order': False, 'shape': (" + std::to_string(count) + ",), }";
    text.resize(npy_header_bytes - 1, ' ');
    text += '\n';
    std::array<std::byte, npy_header_bytes> bytes;
    std::memcpy(bytes.data(), text.data(), bytes.size());
    return bytes;
}

/// What a header says that we read: ids in one dimension.
struct npy_shape {
    token_type type;
    std::uint64_t count;
};

/// Reads the dictionary literal: the keys descr, fortran_order and shape, each once, in any order. No recursion, no
/// allocation beyond messages; every refusal names the byte.
class npy_header_parser {
public:
    /// @param offset  of text in the file
    npy_header_parser(std::string_view text, std::uint64_t offset) : m_text(text), m_offset(offset) {}

    [[nodiscard]] npy_shape parse() {
        npy_shape shape{token_type::uint8, 0};
        bool have_type = false;
        bool have_order = false;
        bool have_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::size_t start = skip_blanks();
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && !have_type) {
                shape.type = type();
                have_type = true;
            } else if (key == "fortran_order" && !have_order) {
                order();
                have_order = true;
            } else if (key == "shape" && !have_shape) {
                shape.count = length();
                have_shape = true;
            } else {
                refuse(errc::corrupt, start, "has a key twice, or one that is neither descr, fortran_order nor shape");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        if (skip_blanks() != m_text.size()) {
            refuse(errc::corrupt, m_at, "has something behind the dictionary in its header");
        }
        if (!have_type || !have_order || !have_shape) {
            refuse(errc::corrupt, m_at, "lacks descr, fortran_order or shape in its header");
        }
        return shape;
    }

private:
    [[nodiscard]] token_type type() {
        const std::size_t start = skip_blanks();
        if (start < m_text.size() && m_text[start] == '[') {
            refuse(errc::corrupt, start, "holds records, not token ids");
        }
        const std::string_view descr = quoted();
        if (descr == "|u1" || descr == "<u1") {
            return token_type::uint8;
        }
        if (descr == "<u2") {
            return token_type::uint16;
        }
        if (descr == "<u4") {
            return token_type::uint32;
        }
        if (descr.starts_with('>')) {
            refuse(errc::corrupt, start, "is big-endian; read are |u1, <u2 and <u4");
        }
        refuse(errc::corrupt, start, "holds another type than uint8, uint16 or uint32 (|u1, <u2, <u4)");
    }

    void order() {
        const std::size_t start = skip_blanks();
        if (m_text.substr(start).starts_with("True")) {
            refuse(errc::corrupt, start, "is in Fortran order; write it in C order");
        }
        if (!m_text.substr(start).starts_with("False")) {
            refuse(errc::corrupt, start, "has neither True nor False as fortran_order");
        }
        m_at = start + 5;
    }

    [[nodiscard]] std::uint64_t length() {
        const std::size_t start = skip_blanks();
        constexpr std::string_view want = "has another shape than one dimension, like (1000,)";
        if (!accept('(')) {
            refuse(errc::corrupt, start, want);
        }
        std::uint64_t count = 0;
        const std::size_t first = skip_blanks();
        for (; m_at < m_text.size() && m_text[m_at] >= '0' && m_text[m_at] <= '9'; ++m_at) {
            count = count * 10 + static_cast<unsigned>(m_text[m_at] - '0');
            if (count > npy_token_limit) {
                refuse(errc::too_large, first, "states more than 2^60 tokens");
            }
        }
        if (m_at == first || !accept(',') || !accept(')')) {
            refuse(errc::corrupt, start, want);
        }
        return count;
    }

    /// A string in single or double quotes. Escapes are not needed and end up refused as unknown names.
    [[nodiscard]] std::string_view quoted() {
        const std::size_t start = skip_blanks();
        if (start >= m_text.size() || (m_text[start] != '\'' && m_text[start] != '"')) {
            refuse(errc::corrupt, start, "has no string in quotes where its header needs one");
        }
        const std::size_t end = m_text.find(m_text[start], start + 1);
        if (end == std::string_view::npos) {
            refuse(errc::corrupt, start, "has a string without an end in its header");
        }
        m_at = end + 1;
        return m_text.substr(start + 1, end - start - 1);
    }

    std::size_t skip_blanks() {
        while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t')) {
            ++m_at;
        }
        return m_at;
    }

    [[nodiscard]] bool accept(char wanted) {
        const std::size_t at = skip_blanks();
        if (at >= m_text.size() || m_text[at] != wanted) {
            return false;
        }
        ++m_at;
        return true;
    }

    void expect(char wanted) {
        if (!accept(wanted)) {
            refuse(errc::corrupt, m_at, std::string("lacks '") + wanted + "' in its header");
        }
    }

    [[noreturn]] void refuse(errc code, std::size_t at, std::string_view why) const {
        throw_error(code, m_offset + at, "the .npy file " + std::string(why));
    }

    std::string_view m_text;
    std::uint64_t m_offset;
    std::size_t m_at = 0;
};

}  // namespace equinfo::detail
