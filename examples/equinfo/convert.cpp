// SPDX-License-Identifier: MIT
// equinfo convert

#include "io.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "safetensors.hpp"
#include "subcommands.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/embedded_data.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/m1/model_file.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {
namespace {

struct convert_options {
    std::string input = standard_stream;
    std::string output;
    std::string header;
    bool force = false;
    talk how;
};

int convert(const convert_options& options) {
    return for_each_file({options.input}, [&](const std::string& file) {
        input_file in(file);
        expect_other_file(in, options.output);
        const auto existing = options.force ? output_file::existing::replaced : output_file::existing::refused;
        output_file out(options.output, existing);
        std::optional<output_file> header;
        if (!options.header.empty()) {
            if (is_same_output(options.header, options.output)) {
                throw usage_failure("-o and --header name the same file");
            }
            expect_other_file(in, options.header);
            header.emplace(options.header, existing);
        }
        if (out.is_terminal() && !options.force) {
            throw failure(out.name(), "a model is not written to a terminal");
        }
        std::vector<std::byte> first(8);
        first.resize(equinfo::read_fully(in, first));
        const model_file kind = model_file_of(first);
        prefixed_source whole(std::move(first), in);
        quantised_weights weights;
        if (kind == model_file::ngram) {
            throw failure(in.name(), "is a model of n-grams; only transformers are converted");
        }
        if (kind == model_file::transformer) {
            const std::vector<std::uint8_t> bytes = read_model_bytes(whole);
            weights.content = equinfo::read_m1(equinfo::bytes_of(bytes));
            write_safetensors(weights.content, sink_reference(out));
        } else {
            weights = read_safetensors(whole);
            out.write(equinfo::write_m1(weights.content));
        }
        if (header) {
            header->write(equinfo::bytes_of(std::string_view(equinfo::embedded_header(
                "trained_model", "A transformer, made by equinfo convert.", equinfo::write_m1(weights.content), "embedded"))));
            header->commit();
        }
        out.commit();
        if (options.how.verbose && !options.how.quiet) {
            std::fprintf(stderr, "%s: %s bytes, fingerprint %s, %s numbers clamped to their ranges\n", out.name().c_str(),
                         grouped(out.position()).c_str(), equinfo::hexadecimal(weights.content.fingerprint()).c_str(),
                         grouped(weights.clamped).c_str());
        }
    });
}

}  // namespace

void add_convert(CLI::App& app, int& result) {
    auto* const command =
        app.add_subcommand("convert", "A transformer's float weights (.safetensors) into a model file (.eqm), and back");
    const auto options = std::make_shared<convert_options>();
    command->add_option("FILE", options->input, "The file, of either kind; none or \"-\" is standard input");
    command->add_option("-o,--output", options->output, "The file of the other kind")
        ->check(not_empty())
        ->type_name("OUT")
        ->required();
    command
        ->add_option("--header", options->header,
                     "Also a C++ header with the model in it: read_m1(decode_embedded(embedded::trained_model()))")
        ->check(not_empty())
        ->type_name("FILE");
    command->add_flag("-f,--force", options->force, "Overwrite OUT");
    add_talk_options(*command, options->how);
    command->footer(
        "A model file loses nothing on its way to .safetensors and back. docs/program.md has the tensors' names and shapes,\n"
        "and the metadata.\n"
        "Examples:\n"
        "  equinfo convert -v model.safetensors -o mine.eqm\n"
        "  equinfo convert mine.eqm -o mine.safetensors\n"
        "  equinfo compress --model mine.eqm novel.txt");
    command->callback([options, &result] { result = convert(*options); });
}

}  // namespace program
