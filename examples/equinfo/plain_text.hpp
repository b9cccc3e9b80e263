// SPDX-License-Identifier: MIT
// Numbers and bytes as people read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace program {

/// 1234567 as "1.2 MB".
[[nodiscard]] inline std::string in_units(double bytes) {
    const char* const units[] = {"B", "KB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    for (; bytes >= 999.95 && unit < 4; ++unit) {
        bytes /= 1000;
    }
    char text[64];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return text;
}

/// 1234567 as "1,234,567".
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t place = digits.size(); place > 3; place -= 3) {
        digits.insert(place - 3, 1, ',');
    }
    return digits;
}

[[nodiscard]] inline std::string decimal(double value, int places) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", places, value);
    return text;
}

/// A cell of CSV, in quotes where it must be.
[[nodiscard]] inline std::string csv_cell(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string result = "\"";
    for (const char letter : text) {
        result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    }
    return result + '"';
}

/// How many bytes of well-formed UTF-8 begin at `at`, or 0.
[[nodiscard]] inline std::size_t utf8_length(std::span<const std::uint8_t> text, std::size_t at) {
    const std::uint8_t first = text[at];
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || length > text.size() - at) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((text[at + i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if (length > 2) {  // overlong forms, surrogates, above U+10FFFF
        const std::uint8_t second = text[at + 1];
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
            (first == 0xF4 && second > 0x8F)) {
            return 0;
        }
    }
    return length;
}

/// Safe for a terminal and on one line: control characters and what is not UTF-8 as \n, \t, \x1b.
[[nodiscard]] inline std::string escaped(std::span<const std::uint8_t> text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::uint8_t byte = text[at];
        const std::size_t length = utf8_length(text, at);
        const bool c1_control = length == 2 && byte == 0xC2 && text[at + 1] < 0xA0;
        if (byte == '\n') {
            result += "\\n";
        } else if (byte == '\t') {
            result += "\\t";
        } else if (byte == '\r') {
            result += "\\r";
        } else if (byte == '\\') {
            result += "\\\\";
        } else if (length == 0 || byte < 0x20 || byte == 0x7F || c1_control) {
            char code[8];
            std::snprintf(code, sizeof code, "\\x%02x", byte);
            result += code;
        } else {
            result.append(reinterpret_cast<const char*>(text.data()) + at, length);
            at += length;
            continue;
        }
        ++at;
    }
    return result;
}

}  // namespace program
