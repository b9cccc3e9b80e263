// SPDX-License-Identifier: MIT
// What tokens were made with: the facts without which they cannot be turned back into text.
#pragma once

#include <equinfo/error.hpp>
#include <equinfo/tokens/document_index.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace equinfo {

/// The head of the side record (docs/tokens.md, ".eqt"). Token files say nothing of the model and the windows behind
/// them; this does, so that the wrong model is noticed before it gives wrong text.
struct token_file_info {
    token_format format = token_format::raw;
    token_type type = token_type::uint16;
    document_layout layout;           ///< token bits, window bits, special ids around documents
    std::uint32_t special_count = 0;  ///< special ids of the vocabulary
    std::uint16_t window_code = 1;    ///< number of the format of the windows' bits; 0 where there are none
    std::string ending;               ///< ending rule of the windows, by name; at most 255 bytes, as are the next two
    std::string reset;                ///< what is reset where, by name
    std::string model;                ///< the model's name, for people
    std::uint64_t model_fingerprint = 0;  ///< the model's identity, for programs

    // Known when the last token is: written behind the index, and valid when the index was read to its end.
    std::uint64_t document_count = 0;
    std::uint64_t token_count = 0;  ///< special ids included
    std::uint64_t byte_count = 0;   ///< of text
    std::uint32_t payload_crc = 0;  ///< CRC-32 of the ids as they lie in the token file, header excluded

    [[nodiscard]] vocabulary ids() const { return vocabulary(layout.token_bits, special_count); }

    friend bool operator==(const token_file_info&, const token_file_info&) = default;
};

namespace detail {

/// What is wrong with the facts, and at which byte of the record; nothing wrong has an empty text.
struct info_fault {
    std::uint64_t offset = 0;
    std::string what;
};

[[nodiscard]] inline bool is_plain_name(std::string_view name) noexcept {
    if (name.size() > 255) {
        return false;
    }
    for (const char letter : name) {
        // A name ends up on terminals: no control characters.
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F) {
            return false;
        }
    }
    return true;
}

[[nodiscard]] inline info_fault find_fault(const token_file_info& info) {
    const document_layout& layout = info.layout;
    if (static_cast<unsigned>(info.format) > static_cast<unsigned>(token_format::megatron)) {
        return {12, "names an unknown file format (" + std::to_string(static_cast<unsigned>(info.format)) + ")"};
    }
    if (info.type != token_type::uint8 && info.type != token_type::uint16 && info.type != token_type::uint32) {
        return {13, "names an unknown token type (" + std::to_string(static_cast<unsigned>(info.type)) + " bytes)"};
    }
    if (info.format == token_format::llmc && info.type == token_type::uint8) {
        return {13, "states uint8 tokens in an llm.c file, which has none"};
    }
    if (layout.token_bits < 1 || layout.token_bits > 32) {
        return {14, "states " + std::to_string(layout.token_bits) + " bits a token; 1 to 32 are possible"};
    }
    if (layout.window_bits > 0xFFFF || (layout.window_bits != 0 && layout.window_bits < layout.token_bits)) {
        return {16,
                "states windows of " + std::to_string(layout.window_bits) + " bits and tokens of " +
                    std::to_string(layout.token_bits) +
                    "; a window must be at least as long as a token, or the zero bits behind a document look like one"};
    }
    if ((layout.end_of_document_ids && info.special_count < 1) ||
        (layout.begin_of_document_ids && info.special_count < 2)) {
        return {15, "puts special ids around documents that the vocabulary has not"};
    }
    const std::uint64_t size = (std::uint64_t{1} << layout.token_bits) + info.special_count;
    const bool is_signed = info.format == token_format::megatron && info.type == token_type::uint32;
    if (size > capacity_of(info.type) >> (is_signed ? 1 : 0)) {
        return {20, "has a vocabulary of " + grouped(size) + " ids, which do not fit " +
                        (is_signed ? "int32" : std::string(name_of(info.type)))};
    }
    if (!is_plain_name(info.ending) || !is_plain_name(info.reset) || !is_plain_name(info.model)) {
        return {32, "has a name of more than 255 bytes or with control characters"};
    }
    return {};
}

[[nodiscard]] inline std::string fingerprint_digits(std::uint64_t number) {
    std::string text(16, '0');
    for (std::size_t place = 16; place != 0; number >>= 4) {
        text[--place] = "0123456789abcdef"[number & 15];
    }
    return text;
}

}  // namespace detail

/// Returns if the tokens were made with the model of this fingerprint.
/// @throws error{wrong_model}
inline void require_model(const token_file_info& info, std::uint64_t fingerprint, std::string_view name) {
    if (info.model_fingerprint != fingerprint) {
        detail::throw_error(errc::wrong_model, 24,
                            "the tokens were made with the model '" + info.model + "' (fingerprint " +
                                detail::fingerprint_digits(info.model_fingerprint) + "), not with '" + std::string(name) +
                                "' (" + detail::fingerprint_digits(fingerprint) + ")");
    }
}

}  // namespace equinfo
