// SPDX-License-Identifier: MIT
// What the tests of token files share: sinks and sources of several kinds, whole files in memory, errors as values.
#pragma once

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/token_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo::test {

/// Like a file: what was written can be overwritten.
class patchable_sink {
public:
    void write(std::span<const std::byte> bytes) { m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end()); }
    bool can_patch() const { return m_can_patch; }
    void patch(std::uint64_t offset, std::span<const std::byte> bytes) {
        std::copy(bytes.begin(), bytes.end(), m_bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    void be_a_pipe() { m_can_patch = false; }
    const std::vector<std::byte>& bytes() const { return m_bytes; }

private:
    std::vector<std::byte> m_bytes;
    bool m_can_patch = true;
};

/// Gives a byte or a few at a time, as pipes do.
class dripping_source {
public:
    explicit dripping_source(std::span<const std::byte> bytes) : m_source(bytes) {}
    std::size_t read(std::span<std::byte> room) {
        m_step = m_step % 7 + 1;
        return m_source.read(room.first(std::min(room.size(), m_step)));
    }

private:
    memory_source m_source;
    std::size_t m_step = 0;
};

struct caught_error {
    errc code;
    std::uint64_t offset;
    std::string what;
};

/// The equinfo::error that `act` throws, or nothing. Other exceptions pass.
template <class Act>
std::optional<caught_error> error_of(Act act) {
    try {
        act();
    } catch (const error& caught) {
        return caught_error{caught.code(), caught.offset(), caught.what()};
    }
    return std::nullopt;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// "4d 4d" and the like as bytes; blanks and line ends do not count.
inline std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    int high = -1;
    for (const char letter : text) {
        const int digit = letter >= '0' && letter <= '9'   ? letter - '0'
                          : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
                                                           : -1;
        if (digit < 0) {
            continue;
        }
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::byte>(high * 16 + digit));
            high = -1;
        }
    }
    return bytes;
}

inline std::vector<std::byte> to_bytes(std::string_view text) {
    const auto view = bytes_of(text);
    return {view.begin(), view.end()};
}

/// A token file and, for Megatron, its index.
struct token_file_bytes {
    std::vector<std::byte> file;
    std::vector<std::byte> index;
};

using documents = std::vector<std::vector<token>>;

inline token_file_bytes write_tokens(token_format format, token_type type, const documents& all) {
    patchable_sink file;
    patchable_sink index;
    any_token_writer<patchable_sink> writer(format, {.type = type}, file, &index);
    writer.begin();
    for (const auto& document : all) {
        writer.tokens(document);
        writer.end_document();
    }
    writer.finish();
    return {file.bytes(), index.bytes()};
}

template <class Reader>
std::vector<token> read_all(Reader& reader, std::size_t at_once = 1000) {
    std::vector<token> all;
    std::vector<token> room(at_once);
    while (const std::size_t got = reader.read(room)) {
        all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got));
    }
    return all;
}

template <class Source = memory_source>
std::vector<token> read_tokens(token_format format, token_type type, const token_file_bytes& bytes,
                               std::size_t at_once = 1000) {
    megatron_index index;
    if (format == token_format::megatron) {
        Source index_source(bytes.index);
        index = read_megatron_index(index_source);
    }
    Source source(bytes.file);
    any_token_reader<Source> reader(format, source, type, &index);
    return read_all(reader, at_once);
}

inline constexpr token_format all_token_formats[] = {token_format::raw, token_format::npy, token_format::llmc,
                                                     token_format::megatron};
inline constexpr token_type all_token_types[] = {token_type::uint8, token_type::uint16, token_type::uint32};

}  // namespace equinfo::test
