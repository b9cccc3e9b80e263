// SPDX-License-Identifier: MIT
// What the subcommands share: options, sizes, messages.

#include "subcommands.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <thread>

namespace program {

void add_talk_options(CLI::App& command, talk& how) {
    command.add_flag("-q,--quiet", how.quiet, "No progress and no notes, only errors");
    command.add_flag("-v,--verbose", how.verbose, "Say more");
}

void add_thread_option(CLI::App& command, unsigned& threads) {
    command
        .add_option("-j,--threads", threads,
                    "Threads; 0 for all of the machine. The output is the same for every number")
        ->type_name("N")
        ->check(CLI::Range(0u, 256u))
        ->capture_default_str();
}

unsigned threads_of(unsigned asked) {
    return asked != 0 ? asked : std::clamp(std::thread::hardware_concurrency(), 1u, 256u);
}

CLI::Validator not_empty() {
    return CLI::Validator([](std::string& name) { return std::string(name.empty() ? "the name is empty" : ""); }, "");
}

std::uint64_t parse_size(const std::string& text) {
    std::size_t end = 0;
    std::uint64_t value = 0;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0 && end < 15) {
        value = 10 * value + static_cast<std::uint64_t>(text[end] - '0');
        ++end;
    }
    const std::string unit = text.substr(end);
    const int shift = unit.empty() ? 0 : unit == "K" || unit == "k" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
    if (end == 0 || shift < 0 || value > (std::uint64_t{1} << 62 >> shift)) {
        throw usage_failure("\"" + text +
                            "\" is no size: write a number of bytes, or one with K, M or G (powers of 1024)");
    }
    return value << shift;
}

void finish_standard_output() {
    // An earlier line may have failed where this flush has nothing more to write.
    const bool fails = std::fflush(stdout) != 0;
    if (fails || std::ferror(stdout) != 0) {
        throw failure("standard output", std::string("cannot be written") + (fails ? ": " : "") +
                                             (fails ? std::strerror(errno) : ""));
    }
}

void complain(const std::string& what) { std::fprintf(stderr, "equinfo: %s\n", what.c_str()); }

void complain_about(const std::string& file, const std::exception& fault) {
    if (dynamic_cast<const std::bad_alloc*>(&fault) != nullptr) {
        complain((file == standard_stream ? "standard input" : file) + ": not enough memory");
    } else if (dynamic_cast<const failure*>(&fault) != nullptr) {
        complain(fault.what());  // names its file
    } else {
        complain((file == standard_stream ? "standard input" : file) + ": " + fault.what());
    }
}

}  // namespace program
