// SPDX-License-Identifier: MIT
// Bytes in C++ source: text that every compiler takes quickly and that means the same in every byte order.
#pragma once

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

namespace detail {

/// No quote, backslash or question mark, so that nothing needs an escape and no trigraph comes about.
inline constexpr std::string_view base85_digits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*_&<>()[]{}@%$#";

inline constexpr auto base85_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(255);
    for (std::size_t i = 0; i < base85_digits.size(); ++i) {
        values[static_cast<std::uint8_t>(base85_digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

}  // namespace detail

/// Four bytes, first highest, become five digits, first highest; a last group of n < 4 bytes becomes its first n + 1 digits.
[[nodiscard]] inline std::string encode_base85(std::span<const std::byte> bytes) {
    std::string text;
    text.reserve(bytes.size() / 4 * 5 + 5);
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
        const std::size_t size = std::min<std::size_t>(bytes.size() - at, 4);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            group = group << 8 | (i < size ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0u);
        }
        std::array<char, 5> digits;
        for (std::size_t i = 5; i-- > 0; group /= 85) {
            digits[i] = detail::base85_digits[group % 85];
        }
        text.append(digits.data(), size + 1);
    }
    return text;
}

/// Appends the bytes of a text that encode_base85 made to `out`. Throws errc::corrupt, with the offset in `text`, for
/// a character that is no digit, a group above 2^32 - 1, or a single digit at the end.
inline void decode_base85(std::string_view text, std::vector<std::byte>& out) {
    out.reserve(out.size() + text.size() / 5 * 4 + 4);
    for (std::size_t at = 0; at < text.size(); at += 5) {
        const std::size_t size = std::min<std::size_t>(text.size() - at, 5);
        std::uint64_t group = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            const std::uint8_t value = i < size ? detail::base85_values[static_cast<std::uint8_t>(text[at + i])] : 84;
            if (value >= 85 || size == 1) {
                detail::throw_error(errc::corrupt, at + i, "embedded data with a character that is no digit");
            }
            group = group * 85 + value;
        }
        if (group >> 32 != 0) {
            detail::throw_error(errc::corrupt, at, "embedded data with a group above 2^32");
        }
        for (std::size_t i = 0; i + 1 < size; ++i) {
            out.push_back(static_cast<std::byte>(group >> (24 - 8 * i) & 0xff));
        }
    }
}

/// The bytes that embedded_header wrote as `chunks`.
[[nodiscard]] inline std::vector<std::byte> decode_embedded(std::span<const std::string_view> chunks) {
    std::vector<std::byte> bytes;
    for (const std::string_view chunk : chunks) {
        decode_base85(chunk, bytes);
    }
    return bytes;
}

/// A header that defines `equinfo::detail::NAME()`, a function that gives `bytes` as text chunks for decode_embedded.
/// The text is in inline variables, so a program holds it once however many files include it, and in literals below
/// 60,000 characters, which every compiler takes. `description` is its second line, without line breaks.
[[nodiscard]] inline std::string embedded_header(std::string_view name, std::string_view description,
                                                 std::span<const std::byte> bytes,
                                                 std::string_view name_space = "equinfo::detail") {
    constexpr std::size_t line = 100;            // bytes: 125 characters
    constexpr std::size_t chunk = 400 * line;    // bytes: 50,000 characters
    std::string header = "// SPDX-License-Identifier: MIT\n// ";
    header.append(description).append("\n#pragma once\n\n#include <array>\n#include <string_view>\n\nnamespace ");
    header.append(name_space).append(" {\n\n");
    std::string list;
    std::size_t chunks = 0;
    for (std::size_t at = 0; at < bytes.size(); at += chunk, ++chunks) {
        const std::span part = bytes.subspan(at, std::min(chunk, bytes.size() - at));
        const std::string variable = std::string(name) + "_" + std::to_string(chunks);
        header.append("inline constexpr char ").append(variable).append("[] =");
        for (std::size_t start = 0; start < part.size(); start += line) {
            header.append("\n\"").append(encode_base85(part.subspan(start, std::min(line, part.size() - start)))).append("\"");
        }
        header.append(";\n\n");
        list.append("        std::string_view{").append(variable).append(", sizeof ").append(variable).append(" - 1},\n");
    }
    header.append("[[nodiscard]] inline std::array<std::string_view, ").append(std::to_string(chunks)).append("> ");
    header.append(name).append("() {\n    return {{\n").append(list).append("    }};\n}\n\n}  // namespace ");
    header.append(name_space).append("\n");
    return header;
}

}  // namespace equinfo
