// SPDX-License-Identifier: MIT
// What compress and decompress share with gzip and zstd: files in, files out, what is kept and what is overwritten.
#pragma once

#include "io.hpp"
#include "subcommands.hpp"

#include <string>
#include <vector>

namespace program {

inline const std::string archive_suffix = ".eqi";

struct whole_file_options {
    std::vector<std::string> files;
    std::string output;
    bool to_stdout = false;
    bool force = false;
    bool keep = false;  // the default; there so that habits do no harm
    bool remove = false;
    unsigned threads = 1;
    std::string model;
    talk how;
};

/// -o -c -k --rm -f -j -q -v --model and the files.
inline void add_whole_file_options(CLI::App& command, whole_file_options& options) {
    command.add_option("FILE", options.files, "Files, one after another; none or \"-\" is standard input");
    auto* const output =
        command.add_option("-o,--output", options.output, "Write to this file; \"-\" is standard output")
            ->check(not_empty())
            ->type_name("OUT");
    command.add_flag("-c,--stdout", options.to_stdout, "Write to standard output")->excludes(output);
    command.add_flag("-f,--force", options.force, "Overwrite files, and write compressed data to a terminal");
    auto* const keep = command.add_flag("-k,--keep", options.keep, "Keep the input files (the default)");
    command.add_flag("--rm", options.remove, "Remove each input file when its output is whole")->excludes(keep);
    add_thread_option(command, options.threads);
    add_talk_options(command, options.how);
}

/// What contradicts itself is told before anything is read.
inline void check_whole_file_options(whole_file_options& options, const char* verb) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    if (!options.output.empty() && options.files.size() > 1) {
        throw usage_failure("-o names one output, and there are " + std::to_string(options.files.size()) +
                            " files to " + verb);
    }
    if (options.remove && (options.to_stdout || options.output == standard_stream)) {
        throw usage_failure("--rm has no place with standard output: nobody can tell whether it has arrived");
    }
}

[[nodiscard]] inline output_file::existing existing_of(const whole_file_options& options) {
    return options.force ? output_file::existing::replaced : output_file::existing::refused;
}

/// Behind a whole output: the input's mode and times, and --rm.
inline void finish_whole_file(const whole_file_options& options, const input_file& in, output_file& out,
                              const std::string& file) {
    const bool like_input = in.is_regular() && !in.is_standard() && options.output.empty();
    out.commit(like_input ? &in.status() : nullptr);
    if (options.remove && file != standard_stream && in.is_regular()) {
        std::error_code fault;
        if (!std::filesystem::remove(file, fault) && fault) {
            throw failure(file, "cannot be removed: " + fault.message());
        }
    }
}

}  // namespace program
