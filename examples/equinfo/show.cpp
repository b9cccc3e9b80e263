// SPDX-License-Identifier: MIT
// equinfo show

#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"
#include "token_options.hpp"

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace program {
namespace {

struct show_options {
    std::string file = standard_stream;
    std::string model;
    std::optional<unsigned> window_bits;
    std::string rule = "longest-match";
    std::string bytes = "1000";
    std::string color = "auto";
    std::string separator = "|";
    bool codes = false;
    bool gunzip = false;
    talk how;
};

bool wants_color(const std::string& choice) {
    if (choice == "always" || choice == "never") {
        return choice == "always";
    }
    if (choice != "auto") {
        throw usage_failure("--color is auto, always or never, not \"" + choice + "\"");
    }
    const char* const none = std::getenv("NO_COLOR");  // no-color.org
    const char* const terminal = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && (none == nullptr || *none == '\0') &&
           (terminal == nullptr || std::string(terminal) != "dumb");
}

/// The next window's bits: as a number where that is usual, else as hexadecimal digits.
std::string next_code(equinfo::bit_reader& bits, unsigned window_bits) {
    if (window_bits <= 32) {
        return std::to_string(bits.read(window_bits));
    }
    std::string digits;
    for (unsigned left = window_bits; left != 0;) {
        const unsigned now = left % 4 != 0 ? left % 4 : 4;
        digits += "0123456789abcdef"[bits.read(now)];
        left -= now;
    }
    return digits;
}

void show_listing(const std::vector<std::uint8_t>& text, const std::vector<std::uint32_t>& lengths,
                  equinfo::bit_reader bits, unsigned window_bits) {
    std::size_t at = 0;
    for (const std::uint32_t length : lengths) {
        const std::string code = next_code(bits, window_bits);
        const int width = window_bits <= 32 ? 10 : static_cast<int>((window_bits + 3) / 4);
        std::printf("%*s  %s\n", width, code.c_str(), escaped(std::span(text).subspan(at, length)).c_str());
        at += length;
    }
}

/// Windows side by side. A line end is shown, and followed, so that the text keeps its shape.
void show_running(const std::vector<std::uint8_t>& text, const std::vector<std::uint32_t>& lengths, bool color,
                  const std::string& separator) {
    constexpr std::array<const char*, 4> colors = {"\033[30;46m", "\033[30;43m", "\033[30;42m", "\033[30;45m"};
    std::size_t at = 0;
    std::size_t number = 0;
    std::string line;
    bool at_line_begin = true;
    for (const std::uint32_t length : lengths) {
        const auto piece = std::span(text).subspan(at, length);
        if (!color && !at_line_begin) {
            line += separator;
        }
        std::string shown;
        at_line_begin = false;
        std::size_t begin = 0;
        const char* const paint = color ? colors[number++ % colors.size()] : "";
        line += paint;
        for (std::size_t i = 0; i < piece.size(); ++i) {
            if (piece[i] == '\n') {
                line += escaped(piece.subspan(begin, i + 1 - begin)) + (color ? "\033[0m\n" : "\n");
                std::fputs(line.c_str(), stdout);
                line = i + 1 < piece.size() ? paint : "";
                begin = i + 1;
                at_line_begin = begin == piece.size();
            }
        }
        line += escaped(piece.subspan(begin)) + (color ? "\033[0m" : "");
        at += length;
    }
    std::fputs((line + (at_line_begin ? "" : "\n")).c_str(), stdout);
}

int show(const show_options& options) {
    const ending_rule rule = parse_rule(options.rule);
    if (options.window_bits) {
        check_bits(*options.window_bits, 1);
    }
    const bool color = wants_color(options.color);
    const std::uint64_t limit = parse_size(options.bytes);
    const auto [code, window_bits] = choose_window_code(options.model, options.window_bits, rule);
    return for_each_file({options.file}, [&, &code = code, window_bits = window_bits](const std::string& file) {
        text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
        const std::vector<std::uint8_t> text = read_all(in.text(), limit);
        const auto coder = code->windows(rule, window_bits);
        equinfo::bit_writer writer;
        std::vector<std::uint32_t> lengths;
        coder->encode(text, writer, &lengths);
        const std::vector<std::byte> bits = writer.take();
        if (options.codes) {
            show_listing(text, lengths, equinfo::bit_reader(bits), window_bits);
        } else {
            show_running(text, lengths, color, options.separator);
        }
        finish_standard_output();
        if (!options.how.quiet && !lengths.empty()) {
            const double windows = static_cast<double>(lengths.size());
            std::fprintf(stderr, "%s bytes in %s windows of %u bits: %s bytes/window, %s bits/byte\n",
                         grouped(text.size()).c_str(), grouped(lengths.size()).c_str(), window_bits,
                         decimal(static_cast<double>(text.size()) / windows, 2).c_str(),
                         decimal(windows * window_bits / static_cast<double>(text.size()), 2).c_str());
        }
    });
}

}  // namespace

void add_show(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("show", "Text with the borders of its windows, for people");
    const auto options = std::make_shared<show_options>();
    command->add_option("FILE", options->file, "Text; none or \"-\" is standard input");
    command->add_option("-n,--bytes", options->bytes, "Show the first SIZE bytes")
        ->type_name("SIZE")
        ->capture_default_str();
    command->add_option("-m,--model", options->model, "A model or codebook, by name or file; else as for tokenize")
        ->type_name("NAME|FILE");
    command->add_option("-b,--window-bits", options->window_bits, "Bits a window: 9 to 128; else the codebook's, or 16")
        ->type_name("BITS");
    command->add_option("--rule", options->rule, "longest-match or self-ending")
        ->type_name("RULE")
        ->capture_default_str();
    command->add_flag("--codes", options->codes,
                      "One window a line, with its codeword: the token's id where both have the same bits");
    command->add_option("--color", options->color, "auto (on a terminal, unless NO_COLOR is set), always or never")
        ->type_name("WHEN")
        ->capture_default_str();
    command->add_option("--separator", options->separator, "Between windows where there are no colours")
        ->type_name("TEXT")
        ->capture_default_str();
    command->add_flag("--gunzip", options->gunzip, "Unpack a file that is gzip");
    add_talk_options(*command, options->how);
    command->footer(
        "Control characters, backslashes and what is not UTF-8 are shown as \\n, \\\\, \\x1b and the like.\n"
        "Examples:\n"
        "  equinfo show novel.txt\n"
        "  equinfo show -n 200 --codes novel.txt\n"
        "  echo 'To be, or not to be' | equinfo show --model context -b 24");
    command->callback([options, &result] { result = show(*options); });
}

}  // namespace program
