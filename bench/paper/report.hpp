// SPDX-License-Identifier: MIT
// A table of results: Markdown to read, CSV to go on with.
#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

/// A number with so many digits behind the point.
[[nodiscard]] inline std::string fixed(double value, int digits) {
    char room[64];
    std::snprintf(room, sizeof room, "%.*f", digits, value);
    return room;
}

/// A small number as a power of ten.
[[nodiscard]] inline std::string scientific(double value) {
    char room[64];
    std::snprintf(room, sizeof room, "%.2e", value);
    return room;
}

[[nodiscard]] inline std::string percent(double share, int digits = 2) { return fixed(100 * share, digits) + " %"; }

class report {
public:
    /// `note`: what the table was made of; a paragraph above it.
    report(std::string name, std::vector<std::string> head, std::string note = "")
        : m_name(std::move(name)), m_note(std::move(note)), m_head(std::move(head)) {}

    void row(std::vector<std::string> cells) {
        cells.resize(m_head.size());
        m_rows.push_back(std::move(cells));
    }

    [[nodiscard]] std::string markdown() const {
        std::string text = m_note.empty() ? "" : m_note + "\n\n";
        text += markdown_line(m_head) + "|";
        for (std::size_t i = 0; i < m_head.size(); ++i) {
            text += "---|";
        }
        text += "\n";
        for (const auto& cells : m_rows) {
            text += markdown_line(cells);
        }
        return text;
    }

    [[nodiscard]] std::string csv() const {
        std::string text = csv_line(m_head);
        for (const auto& cells : m_rows) {
            text += csv_line(cells);
        }
        return text;
    }

    enum class shown_too { yes, no };

    /// Markdown to standard output, and to NAME.md beside NAME.csv in the folder, if one is named; it is made if it is
    /// not there.
    void write(const std::string& folder, shown_too print = shown_too::yes) const {
        if (print == shown_too::yes) {
            std::printf("%s\n", markdown().c_str());
            std::fflush(stdout);
        }
        if (folder.empty()) {
            return;
        }
        write_file(folder, ".md", markdown());
        write_file(folder, ".csv", csv());
    }

    /// Markdown alone, to standard output and the folder: where NAME.csv is something else.
    void write_markdown(const std::string& folder) const {
        std::printf("%s\n", markdown().c_str());
        if (!folder.empty()) {
            write_file(folder, ".md", markdown());
        }
    }

private:
    void write_file(const std::string& folder, const char* ending, const std::string& text) const {
        std::filesystem::create_directories(folder);
        const std::filesystem::path path = std::filesystem::path(folder) / (m_name + ending);
        std::ofstream file(path, std::ios::binary);
        file << text;
        if (!file.flush()) {
            throw std::runtime_error("cannot write " + path.string());
        }
    }

    static std::string markdown_line(const std::vector<std::string>& cells) {
        std::string line = "|";
        for (const std::string& cell : cells) {
            line += ' ';
            for (const char letter : cell) {
                line += letter == '|' ? "\\|" : std::string(1, letter);
            }
            line += " |";
        }
        return line + "\n";
    }

    static std::string csv_line(const std::vector<std::string>& cells) {
        std::string line;
        for (const std::string& cell : cells) {
            line += line.empty() && &cell == &cells.front() ? "" : ",";
            if (cell.find_first_of(",\"\n") == std::string::npos) {
                line += cell;
                continue;
            }
            line += '"';
            for (const char letter : cell) {
                line += letter == '"' ? "\"\"" : std::string(1, letter);
            }
            line += '"';
        }
        return line + "\n";
    }

    std::string m_name;
    std::string m_note;
    std::vector<std::string> m_head;
    std::vector<std::vector<std::string>> m_rows;
};

/// Bytes of text as they can stand in a table: line ends and other control characters as escapes, blanks visible, in
/// quotes.
[[nodiscard]] inline std::string shown(std::string_view text) {
    std::string result = "\"";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '\n') {
            result += "\\n";
        } else if (byte < 32 || byte > 126) {
            char room[8];
            std::snprintf(room, sizeof room, "\\x%02x", byte);
            result += room;
        } else {
            result += letter == ' ' ? '_' : letter;
        }
    }
    return result + '"';
}

}  // namespace equinfo::bench::paper
