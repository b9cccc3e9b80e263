// SPDX-License-Identifier: MIT
// equinfo train-ngram

#include "io.hpp"
#include "plain_text.hpp"
#include "progress.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/models/ngram_trainer.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {
namespace {

struct train_options {
    std::vector<std::string> files;
    std::string output;
    std::string size = "1000000";
    std::string header;
    equinfo::ngram_options ngram;
    bool force = false;
    bool gunzip = false;
    talk how;
};

int train(train_options options) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    options.ngram.max_bytes = parse_size(options.size);
    if (options.ngram.order > equinfo::ngram_max_order || options.ngram.fresh > 256) {
        throw usage_failure("--order is 0 to " + std::to_string(equinfo::ngram_max_order) + ", --fresh 0 to 256");
    }
    return for_each_file({options.output}, [&](const std::string& output) {
        // Opened first: hours of work for a name that cannot be written would be a pity.
        const auto existing = options.force ? output_file::existing::replaced : output_file::existing::refused;
        output_file out(output, existing);
        if (out.is_terminal() && !options.force) {
            throw failure(out.name(), "a model is not written to a terminal");
        }
        std::optional<output_file> header;
        if (!options.header.empty()) {
            if (is_same_output(options.header, output)) {
                throw usage_failure("-o and --header name the same file");
            }
            header.emplace(options.header, existing);
        }
        equinfo::ngram_trainer trainer(options.ngram);
        std::vector<std::byte> room(std::size_t{1} << 16);
        for (const std::string& file : options.files) {
            text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
            expect_other_file(in.file(), output);
            expect_other_file(in.file(), options.header);
            progress bar("reading " + in.file().name(), in.file().size(), options.how.bar());
            while (const std::size_t count = in.text().read(room)) {
                trainer.feed(equinfo::text_of(std::span<const std::byte>(room).first(count)));
                bar.at(in.file().position());
            }
            trainer.end_document();
        }
        std::optional<progress> bar;
        std::optional<equinfo::ngram_stage> shown;
        const equinfo::ngram_content content =
            trainer.build([&](equinfo::ngram_stage stage, std::uint64_t done, std::uint64_t total) {
                if (shown != stage) {
                    shown = stage;
                    bar.reset();
                    bar.emplace(stage == equinfo::ngram_stage::counting ? "counting" : "choosing n-grams", total,
                                options.how.bar(), progress::unit::steps);
                }
                bar->at(done);
            });
        bar.reset();
        const std::vector<std::byte> file = equinfo::write_ngram(content);
        if (header) {
            header->write(equinfo::bytes_of(std::string_view(equinfo::embedded_header(
                "trained_model", "An n-gram model, made by equinfo train-ngram.", file, "embedded"))));
            header->commit();
        }
        out.write(file);
        out.commit();
        if (options.how.verbose && !options.how.quiet) {
            std::fprintf(stderr, "%s: order %u, %s contexts, %s n-grams, %s bytes, fingerprint %s\n",
                         out.name().c_str(), content.order, grouped(content.contexts.size()).c_str(),
                         grouped(content.entries.size()).c_str(), grouped(file.size()).c_str(),
                         equinfo::hexadecimal(content.fingerprint()).c_str());
        }
    });
}

}  // namespace

void add_train_ngram(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("train-ngram", "A frozen n-gram model out of text, for --model");
    const auto options = std::make_shared<train_options>();
    command->add_option("FILE", options->files,
                        "Text; none or \"-\" is standard input. Files and NUL bytes part documents");
    command->add_option("-o,--output", options->output, "The model file, by custom NAME.eqn")
        ->check(not_empty())
        ->type_name("MODEL")
        ->required();
    command->add_option("--order", options->ngram.order, "Longest context in bytes, 0 to 9")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--size", options->size, "Largest model file; 0 keeps everything")
        ->type_name("SIZE")
        ->capture_default_str();
    command
        ->add_option("--min-count", options->ngram.min_count,
                     "N-grams that are rarer in the text are left out; 0 chooses by the text's size")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option(
            "--fresh", options->ngram.fresh,
            "0 to 256: how much the model is to be used at the start of texts (windows), rather than deep in them")
        ->type_name("N")
        ->capture_default_str();
    command
        ->add_option("--header", options->header,
                     "Also a C++ header with the model in it: read_ngram(decode_embedded(embedded::trained_model()))")
        ->type_name("FILE");
    command->add_flag("--gunzip", options->gunzip, "Unpack files that are gzip");
    command->add_flag("-f,--force", options->force, "Overwrite the model file");
    add_talk_options(*command, options->how);
    command->footer(
        "The same text in the same order gives the same model on every machine. Memory: the text, 256 MiB, and about "
        "26\n"
        "bytes for each n-gram.\n"
        "Examples:\n"
        "  equinfo train-ngram -v corpus/*.txt -o mine.eqn\n"
        "  equinfo tokenize --model mine.eqn novel.txt -o novel.bin");
    command->callback([options, &result] { result = train(*options); });
}

}  // namespace program
