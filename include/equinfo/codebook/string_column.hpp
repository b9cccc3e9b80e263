// SPDX-License-Identifier: MIT
// A column of strings in memory, each of which can be read alone.
#pragma once

#include <equinfo/codebook/codebook.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Strings as codewords of 16 bits, with an offset each: 4 bytes a string, and 2 a window. Reading is safe from several threads.
class string_column {
public:
    /// The codebook has at most 16 bits.
    explicit string_column(std::shared_ptr<const codebook> book) : m_book(std::move(book)) {
        EQUINFO_EXPECTS(m_book != nullptr && m_book->window_bits() <= 16);
    }

    /// Less than 2^32 codewords in all.
    void push_back(std::span<const std::uint8_t> string) {
        m_book->encode(string, m_tokens);
        EQUINFO_EXPECTS(m_tokens.size() <= 0xffffffffu);
        m_ends.push_back(static_cast<std::uint32_t>(m_tokens.size()));
    }

    [[nodiscard]] std::size_t size() const noexcept { return m_ends.size() - 1; }

    /// The codewords of string `index`.
    [[nodiscard]] std::span<const std::uint16_t> tokens(std::size_t index) const noexcept {
        EQUINFO_EXPECTS(index < size());
        return std::span(m_tokens).subspan(m_ends[index], m_ends[index + 1] - m_ends[index]);
    }

    /// Bytes of string `index`.
    [[nodiscard]] std::size_t length(std::size_t index) const { return m_book->decoded_size(tokens(index)); }

    /// Writes string `index` to `room`, as much of it as has room, and returns how many bytes that is. Fastest where there are
    /// book().longest() + 15 bytes to spare; bytes behind what is returned may be overwritten.
    [[nodiscard]] std::size_t read(std::size_t index, std::span<std::uint8_t> room) const noexcept {
        return m_book->decode_some(tokens(index), room).bytes;
    }

    /// Bytes of the codewords and offsets.
    [[nodiscard]] std::size_t memory() const noexcept {
        return m_tokens.size() * sizeof(std::uint16_t) + m_ends.size() * sizeof(std::uint32_t);
    }
    [[nodiscard]] const codebook& book() const noexcept { return *m_book; }

private:
    std::shared_ptr<const codebook> m_book;
    std::vector<std::uint16_t> m_tokens;
    std::vector<std::uint32_t> m_ends{0};
};

}  // namespace equinfo
