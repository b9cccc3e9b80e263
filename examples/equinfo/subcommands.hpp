// SPDX-License-Identifier: MIT
// The subcommands: each adds itself to the parser, with what it does when it is chosen.
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "io.hpp"
#include "progress.hpp"

namespace program {

inline constexpr int exit_good = 0;
inline constexpr int exit_bad = 1;    ///< something could not be done; other files were
inline constexpr int exit_usage = 2;  ///< the command line makes no sense; nothing was done

/// How much the program talks.
struct talk {
    bool quiet = false;
    bool verbose = false;

    [[nodiscard]] progress::shown bar() const { return quiet ? progress::shown::never : progress::shown::on_terminal; }
};

void add_talk_options(CLI::App& command, talk& how);

/// -j THREADS: 0 means as many as the machine has.
void add_thread_option(CLI::App& command, unsigned& threads);
[[nodiscard]] unsigned threads_of(unsigned asked);

/// Refuses an empty name, such as that of a script's unset variable.
[[nodiscard]] CLI::Validator not_empty();

/// "16", "64K", "1M", "2G" (powers of 1024) to bytes. @throws usage_failure
[[nodiscard]] std::uint64_t parse_size(const std::string& text);

/// "equinfo: FILE: what" on standard error.
void complain(const std::string& what);
void complain_about(const std::string& file, const std::exception& fault);

/// What was printed has arrived, or it is a fault. @throws failure
void finish_standard_output();

/// Does `work(file)` for each, goes on behind faults, and says exit_good or exit_bad.
template <class Work>
[[nodiscard]] int for_each_file(const std::vector<std::string>& files, Work work) {
    int result = exit_good;
    for (const std::string& file : files) {
        try {
            work(file);
        } catch (const usage_failure&) {
            throw;
        } catch (const std::exception& fault) {
            complain_about(file, fault);
            result = exit_bad;
        }
    }
    return result;
}

// Each gives back the chosen subcommand's exit code through `result`.
void add_compress(CLI::App& app, int& result);
void add_decompress(CLI::App& app, int& result);
void add_tokenize(CLI::App& app, int& result);
void add_detokenize(CLI::App& app, int& result);
void add_train_ngram(CLI::App& app, int& result);
void add_train(CLI::App& app, int& result);  // with EQUINFO_TRAIN only
void add_convert(CLI::App& app, int& result);
void add_codebook(CLI::App& app, int& result);
void add_evaluate(CLI::App& app, int& result);
void add_info(CLI::App& app, int& result);
void add_show(CLI::App& app, int& result);

}  // namespace program
