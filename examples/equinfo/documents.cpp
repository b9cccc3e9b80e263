// SPDX-License-Identifier: MIT
// Documents: cutting at separators, JSON lines, pieces.

#include "documents.hpp"

#include <equinfo/bits/byte_stream.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace program {
namespace {

constexpr std::uint8_t line_end[1] = {'\n'};

/// Of "[...] parse error at line 1, column 9: syntax error while parsing value - invalid string: ...; last read: ..."
/// only what is wrong: the place is told apart, and what was read may not be fit for a terminal.
std::string reason_of(const nlohmann::json::parse_error& fault) {
    std::string what = fault.what();
    if (const auto end = what.find("; last read"); end != std::string::npos) {
        what.resize(end);
    }
    const auto begin = what.find(" - ");
    return begin == std::string::npos ? what : what.substr(begin + 3);
}

}  // namespace

std::optional<document_border> document_border_named(std::string_view name) {
    if (name == "none")
        return document_border::none;
    if (name == "nul")
        return document_border::nul;
    if (name == "line")
        return document_border::line;
    if (name == "blank-line")
        return document_border::blank_line;
    return std::nullopt;
}

bool document_reader::next(source& from, const std::string& name, document_batch& batch) {
    std::vector<std::byte> room(std::size_t{1} << 16);
    // Many small documents count as well, so that a batch of empty lines does not grow for ever.
    while (!m_source_ended && m_batch.text.size() + 32 * m_batch.pieces.size() < batch_size) {
        const std::size_t count = from.read(room);
        const auto text = equinfo::text_of(std::span<const std::byte>(room).first(count));
        if (count == 0) {
            end_source(name);
            m_source_ended = true;
        } else if (!m_options.json_field.empty()) {
            take_lines_of_json(text, name);
        } else {
            take(text);
        }
    }
    // The open piece stays: only whole pieces are handed out.
    const std::size_t whole = m_batch.text.size() - m_piece;
    batch.pieces = std::exchange(m_batch.pieces, {});
    if (batch.pieces.empty()) {
        if (m_source_ended) {
            m_source_ended = false;
            return false;
        }
        batch.text.clear();
        return true;
    }
    batch.text = std::exchange(m_batch.text, {});
    m_batch.text.assign(batch.text.begin() + static_cast<std::ptrdiff_t>(whole), batch.text.end());
    batch.text.resize(whole);
    return true;
}

void document_reader::take(std::span<const std::uint8_t> text) {
    switch (m_options.border) {
        case document_border::none:
            return append(text);
        case document_border::nul:
            return take_until(text, 0);
        case document_border::line:
            return take_until(text, '\n');
        case document_border::blank_line:
            return take_paragraphs(text);
    }
}

void document_reader::take_until(std::span<const std::uint8_t> text, std::uint8_t separator) {
    while (!text.empty()) {
        const void* const found = std::memchr(text.data(), separator, text.size());
        if (found == nullptr) {
            return append(text);
        }
        const std::size_t length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - text.data());
        append(text.first(length + (m_options.keep_separators ? 1 : 0)));
        end_document();
        text = text.subspan(length + 1);
    }
}

void document_reader::take_paragraphs(std::span<const std::uint8_t> text) {
    while (!text.empty()) {
        if (text.front() == '\n') {
            if (m_options.keep_separators) {
                append(line_end);
            }
            ++m_line_ends;
            text = text.subspan(1);
            continue;
        }
        if (m_line_ends >= 2) {
            if (m_open) {
                end_document();
            }
        } else if (m_line_ends == 1 && !m_options.keep_separators) {
            append(line_end);
        }
        m_line_ends = 0;
        const auto stop = std::find(text.begin(), text.end(), '\n');
        const auto length = static_cast<std::size_t>(stop - text.begin());
        append(text.first(length));
        text = text.subspan(length);
    }
}

void document_reader::take_lines_of_json(std::span<const std::uint8_t> text, const std::string& name) {
    while (!text.empty()) {
        const auto stop = std::find(text.begin(), text.end(), '\n');
        const auto length = static_cast<std::size_t>(stop - text.begin());
        m_line.append(equinfo::string_of(text.first(length)));
        if (stop == text.end()) {
            return;
        }
        take_json(name);
        text = text.subspan(length + 1);
    }
}

void document_reader::take_json(const std::string& name) {
    const auto refuse = [&](const std::string& what) {
        throw failure(name, "line " + std::to_string(m_line_number) + " " + what);
    };
    if (m_line.find_first_not_of(" \t\r") != std::string::npos) {
        nlohmann::json value;
        try {
            value = nlohmann::json::parse(m_line);
        } catch (const nlohmann::json::parse_error& fault) {
            refuse("is no JSON object: " + reason_of(fault) + " (at byte " + std::to_string(fault.byte - 1) +
                   " of the line)");
        } catch (const nlohmann::json::out_of_range&) {
            refuse("has a number beyond what a double holds");
        }
        if (!value.is_object()) {
            refuse("is no JSON object");
        }
        const auto field = value.find(m_options.json_field);
        if (field == value.end() || !field->is_string()) {
            refuse("has no text field \"" + m_options.json_field + "\"");
        }
        append(equinfo::text_of(field->get_ref<const std::string&>()));
        end_document();
    }
    m_line.clear();
    ++m_line_number;
}

void document_reader::append(std::span<const std::uint8_t> text) {
    m_open = true;
    while (!text.empty()) {
        const std::size_t count = std::min(text.size(), piece_size - m_piece);
        m_batch.text.insert(m_batch.text.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count));
        m_piece += count;
        text = text.subspan(count);
        if (m_piece == piece_size) {
            close_piece(false);
        }
    }
}

void document_reader::end_document() {
    close_piece(true);
    m_begins = true;
    m_open = false;
    ++m_documents;
}

void document_reader::end_source(const std::string& name) {
    if (!m_line.empty()) {
        take_json(name);
    }
    if (m_line_ends == 1 && !m_options.keep_separators) {
        append(line_end);
    }
    // An empty file is an empty document; an empty list of lines is no document.
    if (m_open || (m_documents == 0 && m_options.border == document_border::none && m_options.json_field.empty())) {
        end_document();
    }
    m_line_ends = 0;
    m_line_number = 1;
    m_documents = 0;
}

void document_reader::close_piece(bool ends) {
    m_batch.pieces.push_back({m_piece, m_begins, ends});
    m_piece = 0;
    m_begins = false;
}

}  // namespace program
