// SPDX-License-Identifier: MIT
// equinfo: text into equal-info windows, tokens and archives, and back.

#include "models.hpp"
#include "subcommands.hpp"

#include <equinfo/archive/frame.hpp>
#include <equinfo/version.hpp>

#include <exception>
#include <iostream>
#include <new>
#include <string>

namespace {

#define PROGRAM_TEXT_OF(number) #number
#define PROGRAM_TEXT(number) PROGRAM_TEXT_OF(number)
constexpr const char* version = "equinfo " PROGRAM_TEXT(EQUINFO_VERSION_MAJOR) "." PROGRAM_TEXT(
    EQUINFO_VERSION_MINOR) "." PROGRAM_TEXT(EQUINFO_VERSION_PATCH);

std::string list_of_models() {
    std::string text = "Models (--model), or a model file, of n-grams (.eqn) or of a transformer (.eqm):\n";
    for (const program::named_model& model : program::named_models()) {
        text += "  " + std::string(model.name) + std::string(10 - model.name.size(), ' ') +
                std::string(model.description) + "\n";
    }
    text += "Codebook, for windows and tokens: english16, built in, or a codebook file (.eqc).\n";
    return text;
}

int run(int argc, char** argv) {
    CLI::App app("Text into equal-info windows, tokens and archives, and back; equal to the byte.", "equinfo");
    app.require_subcommand(1);
    app.set_version_flag("--version", version, "Print the version");
    app.set_help_flag("-h,--help", "Print this help; each subcommand has its own, with examples");
    app.footer(list_of_models() +
               "\nExit codes: 0 good, 1 something could not be done, 2 wrong usage.\n"
               "Examples:\n"
               "  equinfo compress novel.txt                         makes novel.txt.eqi\n"
               "  equinfo decompress novel.txt.eqi -o copy.txt\n"
               "  equinfo show novel.txt                             its windows, in colours\n"
               "  equinfo tokenize novel.txt -o novel.bin            uint16 tokens and novel.bin.eqt\n"
               "  equinfo detokenize novel.bin | cmp - novel.txt");
    int result = program::exit_good;
    program::add_compress(app, result);
    program::add_decompress(app, result);
    program::add_tokenize(app, result);
    program::add_detokenize(app, result);
    program::add_show(app, result);
    program::add_evaluate(app, result);
    program::add_info(app, result);
    program::add_train_ngram(app, result);
#if defined(EQUINFO_TRAIN)
    program::add_train(app, result);
#endif
    program::add_convert(app, result);
    program::add_codebook(app, result);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& fault) {
        program::complain(fault.what());
        const auto chosen = app.get_subcommands();
        std::string command = "equinfo ";
        for (const CLI::App* level = chosen.empty() ? nullptr : chosen.front(); level != nullptr;) {
            command += level->get_name() + " ";
            const auto below = level->get_subcommands();
            level = below.empty() ? nullptr : below.front();
        }
        program::complain("try \"" + command + "--help\"");
        return program::exit_usage;
    }
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    program::install_signal_handlers();
    try {
        return run(argc, argv);
    } catch (const program::usage_failure& fault) {
        program::complain(fault.what());
        return program::exit_usage;
    } catch (const std::bad_alloc&) {
        program::complain("not enough memory");
    } catch (const std::exception& fault) {
        program::complain(fault.what());
    }
    return program::exit_bad;
}
