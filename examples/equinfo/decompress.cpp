// SPDX-License-Identifier: MIT
// equinfo decompress

#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "whole_files.hpp"

#include <equinfo/archive/archive_reader.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace program {
namespace {

struct decompress_options : whole_file_options {
    bool test = false;
    bool recover = false;
};

std::string output_for(const decompress_options& options, const std::string& file) {
    if (options.to_stdout || (file == standard_stream && options.output.empty())) {
        return standard_stream;
    }
    if (!options.output.empty()) {
        return options.output;
    }
    if (!file.ends_with(archive_suffix) || file.size() == archive_suffix.size()) {
        throw failure(file, "has not the suffix " + archive_suffix + "; name the output with -o OUT or -c");
    }
    return file.substr(0, file.size() - archive_suffix.size());
}

/// What the end mark of a regular file says; nothing where there is no end mark. Only for the progress bar.
std::optional<std::uint64_t> text_size(const input_file& in, const equinfo::archive_header& header) {
    std::array<std::byte, equinfo::archive_frame::size> end;
    if (!in.read_end(end) || !equinfo::detail::is_frame(end, equinfo::detail::checksum_of(header))) {
        return std::nullopt;
    }
    return equinfo::detail::frame_of(end).total_size();
}

int decompress(decompress_options options) {
    check_whole_file_options(options, "decompress");
    if (options.test && (options.to_stdout || options.remove || !options.output.empty())) {
        throw usage_failure("--test writes and removes nothing: leave -o, -c and --rm away");
    }
    return for_each_file(options.files, [&](const std::string& file) {
        input_file in(file);
        if (in.is_terminal()) {
            throw failure(in.name(), "an archive is not read from a terminal");
        }
        const auto header = equinfo::read_archive_header(in);
        const auto model = model_of_file(in.name(), header.model_name, header.model_fingerprint, options.model);

        std::optional<output_file> out;
        null_sink nothing;
        if (!options.test) {
            const std::string output = output_for(options, file);
            expect_other_file(in, output);
            out.emplace(output, existing_of(options));
        }
        bool damaged = false;
        progress bar(in.name(), text_size(in, header), options.how.bar());
        const damage_handler on_damage = [&](const equinfo::archive_damage& damage) {
            if (!options.recover) {
                throw equinfo::error(damage.what);
            }
            bar.clear();
            complain(in.name() + ": " + damage.what.what() +
                     (damage.text_bytes == 0 ? std::string()
                                             : "; " + grouped(damage.text_bytes) + " bytes of text are lost"));
            damaged = true;
        };
        const auto summary = model->extract(
            in, header, out ? sink_reference(*out) : sink_reference(nothing), threads_of(options.threads),
            [&](std::uint64_t text_bytes) { bar.at(text_bytes); }, on_damage);
        bar.clear();
        if (out) {
            if (damaged) {
                out->commit();  // --rm is for archives that are not needed any more
            } else {
                finish_whole_file(options, in, *out, file);
            }
        }
        if (options.how.verbose && !options.how.quiet) {
            std::fprintf(stderr, "%s: %s%s bytes of text, %s blocks, model %s\n", in.name().c_str(),
                         options.test && !damaged ? "good: " : "", grouped(summary.text_bytes).c_str(),
                         grouped(summary.blocks).c_str(), model->name().c_str());
        }
        if (damaged) {
            throw failure(in.name(), "damaged; " + grouped(summary.text_bytes) + " bytes of text were saved");
        }
    });
}

}  // namespace

void add_decompress(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("decompress", "Archives into the files that they were made of");
    const auto options = std::make_shared<decompress_options>();
    add_whole_file_options(*command, *options);
    command->add_option("-m,--model", options->model, "The model file, for archives that were written with one")
        ->type_name("FILE");
    command->add_flag("-t,--test", options->test, "Only check: decode everything, write nothing");
    command->add_flag("--recover", options->recover,
                      "Of a damaged archive, write all blocks that are whole; says what is lost, and ends with 1");
    command->footer(
        "The archive says which model it needs.\n"
        "Examples:\n"
        "  equinfo decompress novel.txt.eqi                    makes novel.txt\n"
        "  equinfo decompress -c novel.txt.eqi | less\n"
        "  equinfo decompress --test backup/*.eqi\n"
        "  equinfo decompress --model mine.eqn notes.eqi       written with the model file mine.eqn");
    command->callback([options, &result] { result = decompress(*options); });
}

}  // namespace program
