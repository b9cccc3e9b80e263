// SPDX-License-Identifier: MIT
// The command line, and what it chooses.
#include "paper/options.hpp"

#include "paper/m1_choice.hpp"
#include "paper/sentencepiece.hpp"
#include "support/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>

namespace equinfo::bench::paper {

void options::add_to(CLI::App& app) {
    app.add_option("TEXT", texts, "Files of text, one behind the other")->required();
    app.add_option("-m,--model", m1, "M1: english, fast, base, or a model file")->capture_default_str();
    app.add_option("--bytes", bytes, "Use so many bytes from the beginning; 0: all")->capture_default_str();
    app.add_option("--out", out, "Folder for NAME.md and NAME.csv");
    app.add_option("-j,--threads", threads, "Threads")->capture_default_str()->check(CLI::Range(1, 256));
    app.add_option("--sentencepiece", sentencepiece, "Model of spm_train; its rows are left out without");
    app.add_option("--static-text", static_text, "Text in which static-ac counts bytes, else as the built-in model has them");
    app.add_option("--methods", methods, "Methods to use, of those in methods.hpp")->delimiter(',');
}

std::vector<std::uint8_t> options::text() const {
    std::vector<std::uint8_t> all;
    for (const std::string& path : texts) {
        const std::vector<std::uint8_t> more = read_file(path);
        all.insert(all.end(), more.begin(), more.end());
    }
    if (bytes != 0) {
        all.resize(std::min(all.size(), bytes));
    }
    if (all.size() < example_bytes) {
        throw std::runtime_error("takes at least " + std::to_string(example_bytes) + " bytes of text");
    }
    return all;
}

settings options::make_settings() const {
    settings made;
    made.m1 = std::make_shared<m1_choice>(m1);
    if (!static_text.empty()) {
        made.static_text = read_file(static_text);
    }
    if (has_sentencepiece()) {
        made.sentencepiece = std::make_shared<sentencepiece_model>(sentencepiece);
    }
    return made;
}

bool options::has_sentencepiece() const { return sentencepiece_model::is_there && !sentencepiece.empty(); }

std::vector<std::string> options::methods_or(std::vector<std::string> names) const {
    if (!methods.empty()) {
        return methods;
    }
    if (!has_sentencepiece() && std::erase(names, "sentencepiece") > 0) {
        std::fprintf(stderr, "SKIPPED: sentencepiece: built without it, or no model (--sentencepiece FILE)\n");
    }
    return names;
}

int run_with_options(int argc, char** argv, const char* about, const std::function<void(const options&)>& run,
                     const std::function<void(CLI::App&)>& add) {
    CLI::App app(about);
    options given;
    given.add_to(app);
    add(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& fault) {
        return app.exit(fault) == 0 ? 0 : 2;  // 0 for --help; a usage error ends as one of the program equinfo does
    }
    try {
        run(given);
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "%s: %s\n", argv[0], fault.what());
        return 1;
    }
    return 0;
}

}  // namespace equinfo::bench::paper
