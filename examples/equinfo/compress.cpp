// SPDX-License-Identifier: MIT
// equinfo compress

#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "whole_files.hpp"

#include <equinfo/archive/frame.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace program {
namespace {

struct compress_options : whole_file_options {
    std::string block_size;  // empty: the model's
    bool level = false;
    compress_options() { model = "mixed"; }
};

int compress(compress_options options) {
    if (options.level) {
        throw usage_failure("there are no levels like -9; --model says how, see equinfo --help");
    }
    check_whole_file_options(options, "compress");
    if (options.to_stdout && options.files.size() > 1) {
        throw usage_failure("archives cannot be strung together: compress one file at a time with -c");
    }
    const std::uint64_t asked = options.block_size.empty() ? 1 : parse_size(options.block_size);
    if (asked < 1 || asked > equinfo::max_block_size) {
        throw usage_failure("--block-size must be 1 to 64M");
    }
    const auto model = load_model(options.model);
    const std::uint32_t block_size = options.block_size.empty() ? model->block_size() : static_cast<std::uint32_t>(asked);
    return for_each_file(options.files, [&](const std::string& file) {
        if (file != standard_stream && file.ends_with(archive_suffix) && options.output.empty() && !options.to_stdout &&
            !options.force) {
            throw failure(file, "has the suffix " + archive_suffix + " already; -f compresses it nevertheless");
        }
        input_file in(file);
        const std::string output = options.to_stdout || (file == standard_stream && options.output.empty())
                                       ? standard_stream
                                   : options.output.empty() ? file + archive_suffix
                                                            : options.output;
        expect_other_file(in, output);
        output_file out(output, existing_of(options));
        if (out.is_terminal() && !options.force) {
            throw failure(out.name(), "compressed data is not written to a terminal; use -o FILE, or -f to force it");
        }
        progress bar(in.name(), in.size(), options.how.bar());
        const auto summary =
            model->compress(in, sink_reference(out), block_size, threads_of(options.threads),
                            [&](std::uint64_t text_bytes) { bar.at(text_bytes); });
        finish_whole_file(options, in, out, file);
        bar.clear();
        if (options.how.verbose && !options.how.quiet) {
            const auto text = static_cast<double>(summary.text_bytes);
            const auto archive = static_cast<double>(summary.archive_bytes);
            std::fprintf(stderr, "%s: %s -> %s bytes, %s bits/byte, %s block%s, model %s\n", in.name().c_str(),
                         grouped(summary.text_bytes).c_str(), grouped(summary.archive_bytes).c_str(),
                         decimal(summary.text_bytes == 0 ? 0 : 8 * archive / text, 3).c_str(),
                         grouped(summary.blocks).c_str(), summary.blocks == 1 ? "" : "s", model->name().c_str());
        }
    });
}

}  // namespace

void add_compress(CLI::App& app, int& result) {
    auto* const command =
        app.add_subcommand("compress", "Files into archives (" + archive_suffix + "); the input is kept");
    const auto options = std::make_shared<compress_options>();
    add_whole_file_options(*command, *options);
    command->add_option("-m,--model", options->model, "Model: a name (see equinfo --help) or a model file")
        ->type_name("NAME|FILE")
        ->capture_default_str();
    command
        ->add_option(
            "--block-size", options->block_size,
            "Bytes of text a block, up to 64M; by default 16M, for transformers 64K. Blocks are compressed by themselves: "
            "smaller ones take more room, but more threads work side by side and damage costs less")
        ->check(not_empty())
        ->type_name("SIZE");
    // Not listed: habits from gzip and zstd get an answer, and are not taken for files.
    command->add_flag("-0,-1,-2,-3,-4,-5,-6,-7,-8,-9", options->level)->group("");
    command->footer(
        "Examples:\n"
        "  equinfo compress novel.txt                          makes novel.txt.eqi, keeps novel.txt\n"
        "  equinfo compress -j0 --block-size 1M *.log          each by all processors\n"
        "  tar c folder | equinfo compress > folder.tar.eqi\n"
        "  equinfo compress --model english note.txt           small files in English");
    command->callback([options, &result] { result = compress(*options); });
}

}  // namespace program
