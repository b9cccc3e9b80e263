// SPDX-License-Identifier: MIT
// A message or a buffer in memory: compress(text, model) and decompress(bytes, model).
#pragma once

#include <equinfo/archive/coded_text.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/sequence.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace equinfo {

/// Texts up to this many bytes are short messages: 1 byte more than their code (seldom 2), and no checksum. Longer ones
/// carry the model's whole fingerprint, their length and a CRC-32.
inline constexpr std::size_t longest_short_message = 65535;

/// What decompress() makes at most unless one says otherwise, in bytes of text.
inline constexpr std::size_t default_max_text = std::size_t{1} << 30;

namespace detail {

// The first byte of a message (docs/format.md, "Message"). Its low five bits are the model's fingerprint modulo 31 in
// a short coded message, whose high three bits are the run; or 31, and the high bits say what it is instead.
inline constexpr unsigned message_tags = 31;
inline constexpr unsigned longest_run_inline = 6;
inline constexpr std::byte short_stored{0x1F};
inline constexpr std::byte long_stored{0x3F};
inline constexpr std::byte long_coded{0x5F};
inline constexpr std::size_t long_stored_header = 5;  // bytes: the first one and the CRC-32

[[nodiscard]] inline unsigned message_tag(std::uint64_t fingerprint) noexcept {
    return static_cast<unsigned>(fingerprint % message_tags);
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
inline void append_varint(std::vector<std::byte>& out, std::uint64_t value) {
    for (; value >= 128; value >>= 7) {
        out.push_back(static_cast<std::byte>(value | 128));
    }
    out.push_back(static_cast<std::byte>(value));
}

/// The fields of a message in order, each checked to be there.
class message_cursor {
public:
    explicit message_cursor(std::span<const std::byte> bytes) noexcept : m_bytes(bytes) {}

    [[nodiscard]] std::span<const std::byte> take(std::size_t count) {
        if (m_bytes.size() - m_at < count) {
            throw_error(errc::truncated, m_bytes.size(), "the message ends within its header");
        }
        m_at += count;
        return m_bytes.subspan(m_at - count, count);
    }

    [[nodiscard]] std::uint64_t varint() {
        const std::size_t start = m_at;
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = std::to_integer<std::uint64_t>(take(1)[0]);
            if (shift > 56 || (byte == 0 && shift != 0)) {
                throw_error(errc::corrupt, start, "a number in the message's header is not as short as it can be");
            }
            value |= (byte & 127) << shift;
            if (byte < 128) {
                return value;
            }
        }
    }

    [[nodiscard]] std::span<const std::byte> rest() const noexcept { return m_bytes.subspan(m_at); }
    [[nodiscard]] std::size_t offset() const noexcept { return m_at; }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
};

[[nodiscard]] inline std::vector<std::byte> store_message(std::span<const std::uint8_t> text) {
    const std::span<const std::byte> bytes = bytes_of(text);
    const bool is_long = text.size() > longest_short_message;
    std::vector<std::byte> message;
    message.reserve(bytes.size() + long_stored_header);
    message.push_back(is_long ? long_stored : short_stored);
    if (is_long) {
        std::array<std::byte, 4> crc{};
        store_little(crc.data(), crc32(bytes));
        append(message, crc);
    }
    append(message, bytes);
    return message;
}

/// A short message has no length. The decoder knows how many bytes the code has, and so that the text ends at one of
/// the few symbols after which an encoder would have had just that many; the run says at which of them.
template <byte_model Model>
[[nodiscard]] std::vector<std::byte> encode_short_message(std::span<const std::uint8_t> text, Model& model,
                                                          std::uint64_t fingerprint) {
    model.reset();
    range_encoder encoder;
    std::uint64_t size = encoder.finished_size();
    std::uint64_t run = 0;
    for (const std::uint8_t symbol : text) {
        encode_symbol(model, symbol, encoder);
        const std::uint64_t size_now = encoder.finished_size();
        run = size_now == size ? run + 1 : 0;
        size = size_now;
    }
    encoder.finish();
    const unsigned tag = message_tag(fingerprint);
    std::vector<std::byte> message;
    message.reserve(encoder.bytes().size() + 4);
    if (run <= longest_run_inline) {
        message.push_back(static_cast<std::byte>(run << 5 | tag));
    } else {
        message.push_back(static_cast<std::byte>(7u << 5 | tag));
        append_varint(message, run - longest_run_inline - 1);
    }
    append(message, encoder.bytes());
    return message.size() > text.size() ? store_message(text) : message;
}

template <byte_model Model>
[[nodiscard]] std::vector<std::byte> encode_long_message(std::span<const std::uint8_t> text, Model& model,
                                                         std::uint64_t fingerprint) {
    std::vector<std::byte> message(9);
    message[0] = long_coded;
    store_little(message.data() + 1, fingerprint);
    append_varint(message, text.size());
    std::array<std::byte, 4> crc{};
    store_little(crc.data(), crc32(bytes_of(text)));
    append(message, crc);
    const coded_text coded = encode_text(model, text, text.size() + long_stored_header - message.size());
    if (!coded.was_coded) {
        return store_message(text);
    }
    append(message, coded.bytes);
    return message;
}

inline void expect_text_size(std::uint64_t size, std::uint64_t max_size, std::uint64_t offset) {
    if (size > max_size) {
        throw_error(errc::too_large, offset,
                    "the message holds more than " + std::to_string(max_size) + " bytes of text");
    }
}

template <byte_model Model>
[[nodiscard]] std::string decode_short_message(message_cursor& cursor, std::uint64_t run, Model& model,
                                               std::size_t max_size) {
    const std::span<const std::byte> coded = cursor.rest();
    const std::size_t limit = std::min(max_size, longest_short_message);
    std::string text;
    model.reset();
    range_decoder decoder(coded);
    const auto decode_one = [&] {
        if (text.size() == limit) {
            expect_text_size(text.size() + 1, limit, cursor.offset());
        }
        text.push_back(static_cast<char>(decode_symbol(model, decoder)));
    };
    while (decoder.bytes_used() < coded.size()) {
        decode_one();
    }
    for (; run != 0 && decoder.bytes_used() == coded.size(); --run) {
        decode_one();
    }
    if (!decoder.at_end()) {
        throw_error(errc::corrupt, cursor.offset(), "the message does not end where its text does");
    }
    return text;
}

template <identified_model Model>
[[nodiscard]] std::string decode_long_message(message_cursor& cursor, Model& model, std::size_t max_size) {
    const auto named = load_little<std::uint64_t>(cursor.take(8).data());
    if (const std::uint64_t given = model.fingerprint(); given != named) {
        throw_error(errc::wrong_model, 1,
                    "the message was written with a model of fingerprint " + hexadecimal(named) +
                        ", the model given has " + hexadecimal(given));
    }
    const std::uint64_t size = cursor.varint();
    expect_text_size(size, max_size, 9);
    const auto crc = load_little<std::uint32_t>(cursor.take(4).data());
    std::string text;
    if (!decode_text(model, cursor.rest(), static_cast<std::size_t>(size), text)) {
        throw_error(errc::corrupt, cursor.offset(), "the message does not end where its text does");
    }
    if (crc32(bytes_of(std::string_view(text))) != crc) {
        throw_error(errc::bad_checksum, cursor.offset(), "the message is damaged");
    }
    return text;
}

[[nodiscard]] inline std::string load_stored_message(message_cursor& cursor, bool is_long, std::size_t max_size) {
    std::uint32_t crc = 0;
    if (is_long) {
        crc = load_little<std::uint32_t>(cursor.take(4).data());
    }
    const std::span<const std::byte> bytes = cursor.rest();
    expect_text_size(bytes.size(), is_long ? max_size : std::min(max_size, longest_short_message), cursor.offset());
    if (is_long && crc32(bytes) != crc) {
        throw_error(errc::bad_checksum, cursor.offset(), "the message is damaged");
    }
    return std::string(string_of(text_of(bytes)));
}

/// Calls `use` with a model that may be changed: the one given, or a copy where it is const.
template <class Model, class Use>
[[nodiscard]] auto with_model(Model& model, Use use) {
    if constexpr (std::is_const_v<Model>) {
        auto copy = model;
        return use(copy);
    } else {
        return use(model);
    }
}

}  // namespace detail

/// Compresses a message or a buffer. The model is reset first, and only its state changes (a const one is copied).
///
/// A short message (up to longest_short_message bytes of text) takes one byte more than the code of its text, and on
/// average 0.3 for the end of the code; where the last symbols cost next to nothing a second byte. It cannot take more
/// than one byte more than the text itself, a long one not more than five.
template <class Model>
    requires identified_model<std::remove_cvref_t<Model>>
[[nodiscard]] std::vector<std::byte> compress(std::span<const std::uint8_t> text, Model&& model) {
    return detail::with_model(model, [text](auto& m) {
        const std::uint64_t fingerprint = m.fingerprint();
        return text.size() <= longest_short_message ? detail::encode_short_message(text, m, fingerprint)
                                                    : detail::encode_long_message(text, m, fingerprint);
    });
}

template <class Model>
    requires identified_model<std::remove_cvref_t<Model>>
[[nodiscard]] std::vector<std::byte> compress(std::string_view text, Model&& model) {
    return compress(text_of(text), model);
}

/// The text that compress() got. A std::string, whatever its bytes are; text_of() shows them as numbers.
///
/// Throws errc::truncated, bad_version, wrong_model (of a short message a wrong model is named in 30 of 31 cases),
/// corrupt, bad_checksum (long messages), too_large for more than `max_size` bytes of text. A short message has no
/// checksum: whether its bytes are the ones that were written is for the caller to know.
/// Makes no text longer than 65,535 bytes of a short message, nor takes more than 64 times the message's bytes or three
/// times the text decoded so far of a long one.
template <class Model>
    requires identified_model<std::remove_cvref_t<Model>>
[[nodiscard]] std::string decompress(std::span<const std::byte> bytes, Model&& model,
                                     std::size_t max_size = default_max_text) {
    return detail::with_model(model, [bytes, max_size](auto& m) {
        detail::message_cursor cursor(bytes);
        const std::byte kind = cursor.take(1)[0];
        const auto value = std::to_integer<unsigned>(kind);
        if (value % 32 < detail::message_tags) {
            if (value % 32 != detail::message_tag(m.fingerprint())) {
                detail::throw_error(errc::wrong_model, 0, "the message was written with another model");
            }
            std::uint64_t run = value >> 5;
            if (run > detail::longest_run_inline) {
                run = detail::longest_run_inline + 1 + cursor.varint();
            }
            return detail::decode_short_message(cursor, run, m, max_size);
        }
        if (kind == detail::long_coded) {
            return detail::decode_long_message(cursor, m, max_size);
        }
        if (kind != detail::short_stored && kind != detail::long_stored) {
            detail::throw_error(errc::bad_version, 0, "a kind of message that is not known here");
        }
        return detail::load_stored_message(cursor, kind == detail::long_stored, max_size);
    });
}

}  // namespace equinfo
