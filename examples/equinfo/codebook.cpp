// SPDX-License-Identifier: MIT
// equinfo codebook

#include "codebook_export.hpp"
#include "codebooks.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "progress.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"
#include "token_options.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/codebook/refine.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {
namespace {

// ---- build -------------------------------------------------------------------------------------------------------------

struct build_options {
    std::string model = "english";
    unsigned window_bits = 16;
    std::string rule = "longest-match";
    std::vector<std::string> texts;
    std::string split = "none";
    std::string output;
    std::string header;
    bool any_bytes = false;
    bool gunzip = false;
    bool force = false;
    unsigned threads = 1;
    talk how;
};

/// All texts in one, a NUL byte between documents: what refine takes for a border.
std::vector<std::uint8_t> read_texts(const build_options& options) {
    std::vector<std::uint8_t> all;
    for (const std::string& file : options.texts) {
        text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
        for (const std::string& output : {options.output, options.header}) {
            expect_other_file(in.file(), output);
        }
        progress bar(in.file().name(), in.file().size(), options.how.bar());
        std::vector<std::uint8_t> text = read_all(in.text());
        if (options.split == "line") {
            std::replace(text.begin(), text.end(), std::uint8_t{'\n'}, std::uint8_t{0});
        }
        all.insert(all.end(), text.begin(), text.end());
        all.push_back(0);
        if (all.size() >= 0xffffffffu) {
            throw failure(file, "makes 4 GiB or more of all texts");
        }
    }
    return all;
}

equinfo::codebook build_book(const build_options& options) {
    if (options.window_bits < equinfo::min_window_bits || options.window_bits > equinfo::max_codebook_bits) {
        throw usage_failure("codebooks have windows of 9 to 20 bits, not " + std::to_string(options.window_bits));
    }
    if (!options.texts.empty() && std::size_t{1} << options.window_bits > equinfo::max_refined_strings) {
        throw usage_failure("--refine takes windows of at most 18 bits");
    }
    if (options.split != "none" && options.split != "line") {
        throw usage_failure("--split is none (files and NUL bytes part documents) or line, not \"" + options.split + "\"");
    }
    const ending_rule rule = parse_rule(options.rule);
    const auto model = load_model(options.model);
    const std::vector<std::uint8_t> text = read_texts(options);  // first, since to compile may take a while
    const auto compiled = model->compile(rule, options.window_bits, threads_of(options.threads));
    if (compiled == nullptr) {
        throw failure(options.model, "learns while it reads; a codebook needs a model that is frozen: english, fast, base or a file");
    }
    if (options.texts.empty()) {
        return *compiled;
    }
    equinfo::string_list strings;
    for (std::size_t i = 0; i < compiled->size(); ++i) {
        strings.push_back((*compiled)[i]);
    }
    equinfo::refine_options refining = equinfo::refine_options_for(text.size());
    refining.whole_characters = !options.any_bytes;
    progress bar("refining", refining.rounds.size(), options.how.bar(), progress::unit::steps);
    std::uint64_t done = 0;
    const equinfo::string_list refined = equinfo::refine_strings(text, strings, refining, [&](double bytes_a_token) {
        bar.at(++done);
        if (options.how.verbose && !options.how.quiet) {
            bar.clear();
            std::fprintf(stderr, "round %2u: %s bytes a token\n", static_cast<unsigned>(done), decimal(bytes_a_token, 4).c_str());
        }
    });
    if (refined.size() != strings.size()) {
        throw failure(options.texts.front(), "is too little text to refine " + grouped(strings.size()) + " strings by");
    }
    return equinfo::codebook(options.window_bits, refined);
}

int build(const build_options& options) {
    return for_each_file({options.output}, [&](const std::string& output) {
        const auto existing = options.force ? output_file::existing::replaced : output_file::existing::refused;
        output_file out(output, existing);
        if (out.is_terminal() && !options.force) {
            throw failure(out.name(), "a codebook is not written to a terminal");
        }
        std::optional<output_file> header;
        if (!options.header.empty()) {
            if (is_same_output(options.header, output)) {
                throw usage_failure("-o and --header name the same file");
            }
            header.emplace(options.header, existing);
        }
        const equinfo::codebook book = build_book(options);
        const std::vector<std::byte> file = equinfo::write_codebook(book);
        out.write(file);
        if (header) {
            header->write(equinfo::bytes_of(std::string_view(
                equinfo::embedded_header("codebook", "A codebook, made by equinfo codebook build.", file, "embedded"))));
            header->commit();
        }
        out.commit();
        if (!options.how.quiet) {
            std::fprintf(stderr, "%s: %s strings, %s bytes, fingerprint %s\n", out.name().c_str(), grouped(book.size()).c_str(),
                         grouped(file.size()).c_str(), equinfo::hexadecimal(book.fingerprint()).c_str());
        }
    });
}

// ---- info --------------------------------------------------------------------------------------------------------------

int tell(const std::vector<std::string>& names) {
    return for_each_file(names, [](const std::string& name) {
        const auto book = load_codebook(name);
        std::printf("%s:\n", name.c_str());
        tell_codebook(*book);
        finish_standard_output();
    });
}

// ---- export ------------------------------------------------------------------------------------------------------------

struct export_options {
    std::string book = std::string(built_in_codebook);
    std::string format = "vocabulary";
    std::string output = standard_stream;
    std::string name = "codebook";
    std::vector<std::string> specials;
    bool force = false;
};

int export_book(const export_options& options) {
    return for_each_file({options.book}, [&](const std::string& name) {
        const auto book = load_codebook(name);
        std::string text;
        if (options.format == "vocabulary") {
            text = vocabulary_of(*book);
        } else if (options.format == "tokenizer") {
            text = hugging_face_tokenizer_of(*book, options.specials);
        } else if (options.format == "c-header") {
            text = c_header_of(*book, options.name);
        } else {
            throw usage_failure("--format is vocabulary, tokenizer or c-header, not \"" + options.format + "\"");
        }
        if (name != built_in_codebook) {
            expect_other_file(input_file(name), options.output);
        }
        output_file out(options.output, options.force ? output_file::existing::replaced : output_file::existing::refused);
        out.write(equinfo::bytes_of(std::string_view(text)));
        out.commit();
    });
}

}  // namespace

void tell_codebook(const equinfo::codebook& book) {
    const auto field = [](const char* what, const std::string& value) { std::printf("  %-14s %s\n", what, value.c_str()); };
    std::size_t bytes = 0;
    std::vector<std::size_t> lengths(book.longest() + 1);
    for (std::size_t i = 0; i < book.size(); ++i) {
        bytes += book[i].size();
        ++lengths[book[i].size()];
    }
    std::puts("  codebook");
    field("format", std::to_string(equinfo::codebook_file_version));
    field("fingerprint", equinfo::hexadecimal(book.fingerprint()));
    field("windows", std::to_string(book.window_bits()) + " bits, " + grouped(book.size()) + " strings");
    field("made from", book.origin().model == 0 ? "a corpus"
                                                : "the windows of the model " + equinfo::hexadecimal(book.origin().model) + ", " +
                                                      (book.origin().self_ending ? "self_ending" : "longest_match"));
    field("strings", decimal(static_cast<double>(bytes) / static_cast<double>(book.size()), 2) + " bytes on average, the longest " +
                         std::to_string(book.longest()));
    field("memory", grouped(book.memory()) + " bytes");
}

void add_codebook(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("codebook", "Windows as a table: build, look into, export");
    command->require_subcommand(1);

    auto* const make = command->add_subcommand("build", "All windows of a model as a codebook, refined by texts if there are any");
    const auto building = std::make_shared<build_options>();
    make->add_option("-m,--model", building->model, "The model: english, fast, base or a model file")->type_name("NAME|FILE")->capture_default_str();
    make->add_option("-b,--window-bits", building->window_bits, "Bits a window: 9 to 20")->type_name("BITS")->capture_default_str();
    make->add_option("--rule", building->rule, "longest-match or self-ending")->type_name("RULE")->capture_default_str();
    make->add_option("--refine", building->texts, "Replace strings that these texts hardly use by those that they do")->type_name("TEXT");
    make->add_option("--split", building->split, "Documents of the texts end at: none (files and NUL bytes), or also line")
        ->type_name("WHERE")
        ->capture_default_str();
    make->add_flag("--any-bytes", building->any_bytes, "Refined strings may cut UTF-8 characters, for texts in other encodings");
    make->add_flag("--gunzip", building->gunzip, "Unpack texts that are gzip");
    make->add_option("-o,--output", building->output, "The codebook file, by custom NAME.eqc")->check(not_empty())->type_name("OUT")->required();
    make->add_option("--header", building->header, "Also a C++ header with the codebook in it: read_codebook(decode_embedded(embedded::codebook()))")
        ->check(not_empty())
        ->type_name("FILE");
    make->add_flag("-f,--force", building->force, "Overwrite files");
    add_thread_option(*make, building->threads);
    add_talk_options(*make, building->how);
    make->footer(
        "Examples:\n"
        "  equinfo codebook build -m base -b 16 -o windows.eqc              the windows of the model, bit for bit\n"
        "  equinfo codebook build --refine mylogs/*.log --split line -o logs.eqc\n"
        "  equinfo tokenize -m logs.eqc my.log");
    make->callback([building, &result] { result = build(*building); });

    auto* const look = command->add_subcommand("info", "What a codebook is");
    const auto names = std::make_shared<std::vector<std::string>>();
    look->add_option("CODEBOOK", *names, "\"english16\" or codebook files")->required();
    look->callback([names, &result] { result = tell(*names); });

    auto* const give = command->add_subcommand("export", "A codebook for other programs");
    const auto exporting = std::make_shared<export_options>();
    give->add_option("CODEBOOK", exporting->book, "\"english16\" or a codebook file")->capture_default_str();
    give->add_option("--format", exporting->format,
                     "vocabulary (a line a string: id, bytes in hexadecimal, text), tokenizer (tokenizer.json for Hugging Face's tokenizers) or "
                     "c-header (for C, with functions to encode and decode)")
        ->type_name("FORMAT")
        ->capture_default_str();
    give->add_option("-o,--output", exporting->output, "Write to this file; else to standard output")->check(not_empty())->type_name("OUT");
    give->add_option("--name", exporting->name, "c-header: what its names begin with")->type_name("NAME")->capture_default_str();
    give->add_option("--special", exporting->specials, "tokenizer: a special token behind the strings, any number of times")->allow_extra_args(false)->type_name("TEXT");
    give->add_flag("-f,--force", exporting->force, "Overwrite OUT");
    give->footer(
        "Examples:\n"
        "  equinfo codebook export --format tokenizer --special '<|endoftext|>' -o tokenizer.json\n"
        "  equinfo codebook export --format c-header --name logs logs.eqc -o logs.h");
    give->callback([exporting, &result] { result = export_book(*exporting); });
}

}  // namespace program
