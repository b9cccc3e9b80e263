// SPDX-License-Identifier: MIT
// Sinks and sources of bytes in memory, and views of text as bytes.
#pragma once

#include <equinfo/bits/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace equinfo {

/// The bytes of a string, seen as the symbols that models predict.
[[nodiscard]] inline std::span<const std::uint8_t> text_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes seen as text symbols.
[[nodiscard]] inline std::span<const std::uint8_t> text_of(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Text symbols seen as plain bytes.
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::span<const std::uint8_t> text) noexcept {
    return std::as_bytes(text);
}

/// The characters of a string seen as plain bytes.
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Text symbols seen as a string.
[[nodiscard]] inline std::string_view string_of(std::span<const std::uint8_t> text) noexcept {
    return {reinterpret_cast<const char*>(text.data()), text.size()};
}

namespace detail {

/// Bytes after those that are there. Not vector::insert, which costs every includer ten times as long to compile.
inline void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
    if (!more.empty()) {
        const std::size_t size = bytes.size();
        bytes.resize(size + more.size());
        std::memcpy(bytes.data() + size, more.data(), more.size());
    }
}

}  // namespace detail

/// A byte_sink that keeps everything.
class memory_sink {
public:
    void write(std::span<const std::byte> bytes) { detail::append(m_bytes, bytes); }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return m_bytes; }
    [[nodiscard]] std::vector<std::byte> take() { return std::exchange(m_bytes, {}); }

private:
    std::vector<std::byte> m_bytes;
};

/// A byte_source over bytes that outlive it.
class memory_source {
public:
    explicit memory_source(std::span<const std::byte> bytes) noexcept : m_rest(bytes) {}

    [[nodiscard]] std::size_t read(std::span<std::byte> room) noexcept {
        const std::size_t count = std::min(room.size(), m_rest.size());
        if (count != 0) {
            std::memcpy(room.data(), m_rest.data(), count);
            m_rest = m_rest.subspan(count);
        }
        return count;
    }

private:
    std::span<const std::byte> m_rest;
};

/// Reads until `room` is full or the source ends; says how many bytes there were.
template <byte_source Source>
[[nodiscard]] std::size_t read_fully(Source& source, std::span<std::byte> room) {
    std::size_t filled = 0;
    while (filled < room.size()) {
        const std::size_t count = source.read(room.subspan(filled));
        if (count == 0) {
            break;
        }
        filled += count;
    }
    return filled;
}

}  // namespace equinfo
