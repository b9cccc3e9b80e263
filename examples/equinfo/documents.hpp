// SPDX-License-Identifier: MIT
// A stream of text cut into documents, and these into pieces of bounded size, gathered into batches of work.
#pragma once

#include "io.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// Where one document ends and the next begins.
enum class document_border {
    none,        ///< a file is a document
    nul,         ///< behind every NUL byte
    line,        ///< behind every line end
    blank_line,  ///< behind every run of two or more line ends
};

[[nodiscard]] std::optional<document_border> document_border_named(std::string_view name);

/// Longer documents are cut into pieces of this size. The pieces' windows follow each other in the output as if there
/// were no cut, except that a window ends at each. The size decides bits of the output, and is therefore fixed.
inline constexpr std::size_t piece_size = std::size_t{1} << 18;

/// A piece of a document.
struct document_piece {
    std::size_t length = 0;
    bool begins = false;  ///< the document begins here
    bool ends = false;    ///< it ends here
};

/// Pieces for one worker.
struct document_batch {
    std::vector<std::uint8_t> text;  ///< of all pieces, one after another
    std::vector<document_piece> pieces;
};

/// How documents are found.
struct document_options {
    document_border border = document_border::none;
    bool keep_separators = true;  ///< the bytes at which documents are cut stay at the end of each
    std::string json_field;       ///< not empty: every line is a JSON object, and this field holds the document
};

/// Reads documents from any number of sources, one after another. Memory: two batches and, with JSON, the longest line.
class document_reader {
public:
    explicit document_reader(document_options options) : m_options(std::move(options)) {}

    /// Reads from `from` until a batch is full or the source ends, where the open document ends too. False if there is
    /// nothing more in this source. `name` is for messages about JSON lines.
    [[nodiscard]] bool next(source& from, const std::string& name, document_batch& batch);

private:
    static constexpr std::size_t batch_size = piece_size;

    void take(std::span<const std::uint8_t> text);
    void take_until(std::span<const std::uint8_t> text, std::uint8_t separator);
    void take_paragraphs(std::span<const std::uint8_t> text);
    void take_lines_of_json(std::span<const std::uint8_t> text, const std::string& name);
    void take_json(const std::string& name);
    void append(std::span<const std::uint8_t> text);
    void end_document();
    void end_source(const std::string& name);
    void close_piece(bool ends);

    document_options m_options;
    document_batch m_batch;
    std::size_t m_piece = 0;        // bytes of the open piece
    bool m_open = false;            // a document is open
    bool m_begins = true;           // the open piece is its document's first
    std::uint64_t m_line_ends = 0;  // held back, until it is known whether they are a border
    std::string m_line;             // of JSON, not yet whole
    std::uint64_t m_line_number = 1;
    std::uint64_t m_documents = 0;  // of this source
    bool m_source_ended = false;
};

}  // namespace program
