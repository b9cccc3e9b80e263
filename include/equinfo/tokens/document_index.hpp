// SPDX-License-Identifier: MIT
// Where the documents lie in a stream of tokens, and how much text and how many bits are in each.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace equinfo {

/// One document. Its special ids lie around its tokens and are not among them.
struct document_entry {
    std::uint64_t first_token = 0;  ///< position of its first window token, counted from the first token of the file
    std::uint64_t bit_count = 0;    ///< bits of its windows, before the last token is filled up
    std::uint64_t byte_count = 0;   ///< bytes of its text

    friend bool operator==(const document_entry&, const document_entry&) = default;
};

/// How the tokens of a document follow from its bits, and what stands around them. The same for all documents of a
/// file.
struct document_layout {
    unsigned token_bits = 16;
    unsigned window_bits = 16;           ///< 0 where the bits are not windows; check is_valid() of windows/params.hpp before use
    bool begin_of_document_ids = false;  ///< special id in front of every document
    bool end_of_document_ids = false;    ///< special id behind every document

    /// Window tokens of a document: ceil(bit_count / token_bits).
    [[nodiscard]] std::uint64_t token_count(const document_entry& entry) const {
        return token_packer(token_bits).token_count(entry.bit_count);
    }

    /// Windows of a document; 0 where there are none.
    [[nodiscard]] std::uint64_t window_count(const document_entry& entry) const noexcept {
        return window_bits == 0 ? 0 : entry.bit_count / window_bits;
    }

    /// Position of the token behind the document and its special ids.
    [[nodiscard]] std::uint64_t end(const document_entry& entry) const {
        return entry.first_token + token_count(entry) + (end_of_document_ids ? 1 : 0);
    }

    friend bool operator==(const document_layout&, const document_layout&) = default;
};

/// The index in memory: 24 bytes a document. Files hold it as token_index_writer and token_index_reader say.
class document_index {
public:
    explicit document_index(const document_layout& layout) : m_layout(layout) {}

    [[nodiscard]] const document_layout& layout() const noexcept { return m_layout; }

    /// Appends the document that follows; its place is where the one before ends.
    const document_entry& add(std::uint64_t bit_count, std::uint64_t byte_count) {
        const std::uint64_t first = m_token_count + (m_layout.begin_of_document_ids ? 1 : 0);
        m_entries.push_back({first, bit_count, byte_count});
        m_token_count = m_layout.end(m_entries.back());
        m_byte_count += byte_count;
        return m_entries.back();
    }

    [[nodiscard]] std::span<const document_entry> entries() const noexcept { return m_entries; }
    [[nodiscard]] std::size_t size() const noexcept { return m_entries.size(); }
    [[nodiscard]] const document_entry& operator[](std::size_t i) const {
        EQUINFO_EXPECTS(i < m_entries.size());
        return m_entries[i];
    }

    /// All tokens of the file, special ids included.
    [[nodiscard]] std::uint64_t token_count() const noexcept { return m_token_count; }
    /// All bytes of text.
    [[nodiscard]] std::uint64_t byte_count() const noexcept { return m_byte_count; }

    /// The document that the token at `position` belongs to, as a number from 0; special ids belong to the document
    /// that they begin or end. Nothing behind the last token.
    [[nodiscard]] std::optional<std::size_t> document_at(std::uint64_t position) const {
        if (position >= m_token_count) {
            return std::nullopt;
        }
        const std::uint64_t before = m_layout.begin_of_document_ids ? 1 : 0;
        const auto behind = std::partition_point(m_entries.begin(), m_entries.end(), [&](const document_entry& entry) {
            return entry.first_token - before <= position;
        });
        return static_cast<std::size_t>(behind - m_entries.begin()) - 1;
    }

    friend bool operator==(const document_index&, const document_index&) = default;

private:
    document_layout m_layout;
    std::vector<document_entry> m_entries;
    std::uint64_t m_token_count = 0;
    std::uint64_t m_byte_count = 0;
};

}  // namespace equinfo
