// SPDX-License-Identifier: MIT
// Documents into a token file and its side record, and back: both kept in step, with the special ids in their places.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/document_index.hpp>
#include <equinfo/tokens/token_file_info.hpp>
#include <equinfo/tokens/token_index.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace equinfo {

/// begin(); for each document begin_document(), tokens() in pieces, end_document(); finish(). Constant memory,
/// documents of any length. The writer and the sink must outlive it.
template <token_writer Writer, byte_sink IndexSink>
class corpus_writer {
public:
    /// @throws error{bad_parameter} if the facts contradict each other.
    corpus_writer(Writer& writer, IndexSink& index, const token_file_info& info)
        : m_writer(&writer), m_index(index, info), m_ids(info.ids()) {
        if (writer.type() != info.type) {
            detail::throw_error(errc::bad_parameter, 13,
                                "the writer makes " + std::string(name_of(writer.type())) +
                                    ", its side record would speak of " + std::string(name_of(info.type)));
        }
    }

    void begin() {
        m_writer->begin();
        m_index.begin();
    }

    void begin_document() {
        EQUINFO_EXPECTS(!m_open);
        m_open = true;
        m_length = 0;
        if (info().layout.begin_of_document_ids) {
            put_special(special_token::begin_of_document);
        }
    }

    /// Window tokens of the open document.
    /// @throws error{token_overflow} at an id that is no window token; what the writer throws.
    void tokens(std::span<const token> ids) {
        EQUINFO_EXPECTS(m_open);
        const auto wrong =
            std::find_if(ids.begin(), ids.end(), [this](token id) { return !m_ids.is_window_token(id); });
        if (wrong != ids.end()) {
            detail::throw_error(errc::token_overflow, m_writer->position(),
                                "a document holds the id " + detail::grouped(*wrong) + ", and window tokens end at " +
                                    detail::grouped(m_ids.window_token_count() - 1));
        }
        m_writer->tokens(ids);
        m_length += ids.size();
    }

    /// @param bit_count   bits of the document's windows, before the last token was filled up
    /// @param byte_count  bytes of its text
    /// @throws error{bad_parameter} if the tokens since begin_document() are not ceil(bit_count / token_bits).
    void end_document(std::uint64_t bit_count, std::uint64_t byte_count) {
        EQUINFO_EXPECTS(m_open);
        const document_entry entry = m_index.add(bit_count, byte_count);
        if (info().layout.token_count(entry) != m_length) {
            detail::throw_error(errc::bad_parameter, m_writer->position(),
                                "a document of " + detail::grouped(bit_count) + " bits has " +
                                    detail::grouped(info().layout.token_count(entry)) + " tokens, not " +
                                    detail::grouped(m_length));
        }
        if (info().layout.end_of_document_ids) {
            put_special(special_token::end_of_document);
        }
        m_writer->end_document();
        m_open = false;
    }

    void finish() {
        EQUINFO_EXPECTS(!m_open);
        m_writer->finish();
        m_index.finish(m_writer->payload_crc());
    }

    /// The facts with the sums so far.
    [[nodiscard]] const token_file_info& info() const noexcept { return m_index.info(); }

private:
    void put_special(special_token which) {
        const token id = m_ids.special(which);
        m_writer->tokens({&id, 1});
    }

    Writer* m_writer;
    token_index_writer<IndexSink> m_index;
    vocabulary m_ids;
    std::uint64_t m_length = 0;  // window tokens of the open document
    bool m_open = false;
};

/// Goes through the documents of a token file along its side record. Constant memory. Everything that the two say of
/// each other is checked: the special ids, the places of documents, the number of tokens, and at the end the CRC-32 of
/// the tokens.
template <token_reader Reader, byte_source IndexSource>
class corpus_reader {
public:
    /// Both must outlive it. @throws error{corrupt} if file and record differ in type.
    corpus_reader(Reader& reader, token_index_reader<IndexSource>& index)
        : m_reader(&reader), m_index(&index), m_ids(index.info().ids()) {
        if (reader.type() != index.info().type) {
            detail::throw_error(errc::corrupt, 0,
                                "the token file holds " + std::string(name_of(reader.type())) +
                                    ", its side record speaks of " + std::string(name_of(index.info().type)));
        }
    }

    /// The next document; what is left of the one before is skipped. Nothing at the end, when all was checked.
    /// @throws error{corrupt, truncated, bad_checksum} and what reader and index throw.
    [[nodiscard]] std::optional<document_entry> next_document() {
        skip_document();
        const std::optional<document_entry> entry = m_index->next();
        if (!entry) {
            check_end();
            return std::nullopt;
        }
        if (layout().begin_of_document_ids) {
            take_special(special_token::begin_of_document);
        }
        m_left = layout().token_count(*entry);
        m_open = true;
        return entry;
    }

    /// Window tokens of the document, at most room.size(); 0 behind its last one.
    /// @throws as next_document()
    [[nodiscard]] std::size_t read(std::span<token> room) {
        const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), m_left));
        if (wanted == 0) {
            return 0;
        }
        const std::uint64_t at = m_reader->position();
        const std::size_t got = m_reader->read(room.first(wanted));
        if (got == 0) {
            refuse_short();
        }
        for (std::size_t i = 0; i < got; ++i) {
            if (!m_ids.is_window_token(room[i])) {
                detail::throw_error(errc::corrupt, at + i * bytes_per_token(m_reader->type()),
                                    "the token file has the id " + detail::grouped(room[i]) +
                                        " within a document, and window tokens end at " +
                                        detail::grouped(m_ids.window_token_count() - 1));
            }
        }
        m_left -= got;
        return got;
    }

    [[nodiscard]] const token_file_info& info() const noexcept { return m_index->info(); }

private:
    [[nodiscard]] const document_layout& layout() const noexcept { return info().layout; }

    void skip_document() {
        token room[1024];
        while (read(room) != 0) {
        }
        if (m_open && layout().end_of_document_ids) {
            take_special(special_token::end_of_document);
        }
        m_open = false;
    }

    void take_special(special_token which) {
        const std::uint64_t at = m_reader->position();
        token id = 0;
        if (m_reader->read({&id, 1}) == 0) {
            refuse_short();
        }
        if (id != m_ids.special(which)) {
            detail::throw_error(errc::corrupt, at,
                                "the token file has the id " + detail::grouped(id) + " where its side record puts " +
                                    std::string(name_of(which)) + " (" + detail::grouped(m_ids.special(which)) + ")");
        }
    }

    void check_end() {
        token extra = 0;
        const std::uint64_t at = m_reader->position();
        const std::uint64_t count = m_reader->token_count();
        if (m_reader->read({&extra, 1}) != 0) {
            detail::throw_error(
                errc::corrupt, at,
                "the token file goes on behind the " + detail::grouped(count) + " tokens of its side record");
        }
        if (m_reader->payload_crc() != info().payload_crc) {
            detail::throw_error(
                errc::bad_checksum, at,
                "the token file is not the one that its side record was written for: their CRC-32 differ");
        }
    }

    [[noreturn]] void refuse_short() const {
        throw error(errc::truncated, m_reader->position(),
                    "the token file ends after " + detail::grouped(m_reader->token_count()) +
                        " tokens, and its side record speaks of more");
    }

    Reader* m_reader;
    token_index_reader<IndexSource>* m_index;
    vocabulary m_ids;
    std::uint64_t m_left = 0;  // window tokens of the open document that were not read yet
    bool m_open = false;
};

}  // namespace equinfo
