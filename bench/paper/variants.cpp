// SPDX-License-Identifier: MIT
// What small changes of a method cost: the paper's tables 10 (gzip without header and checksum) and 17 (windows whose
// last symbols are put off), both readings of "fits", and this library's rules beside the paper's.
//
//   variants TEXT... -m MODEL --bytes 2000000 --out FOLDER
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace equinfo::bench::paper;

struct comparison {
    std::string variant;
    std::string against;
    double published = 0;  ///< what the paper's two ratios say; 0: nothing
};

/// The paper's own, then the rest for each window size.
std::vector<comparison> comparisons() {
    std::vector<comparison> all{
        {"deflate/256", "gzip/256", 2.24 / 2.23},
        {"deflate/65k", "gzip/65k", 4.47 / 4.46},  // table 10; table 12 has 4.47 with header as well
        {"padded-delay-16/256", "padded-16/256", 2.20 / 2.66},
        {"padded-delay-16/65k", "padded-16/65k", 4.40 / 5.31},
        {"padded-enclosed-delay-16/65k", "padded-enclosed-16/65k", 4.40 / 5.31},
        {"padded-bytewise-16/65k", "padded-16/65k"},
    };
    for (const char* bits : {"16", "24", "32", "64", "128"}) {
        for (const char* kind : {"padded-enclosed-", "padded-delay-", "equal-info-", "self-ending-"}) {
            const std::string variant = std::string(kind) + bits + "/65k";
            if (variant != "padded-delay-16/65k") {
                all.push_back({variant, std::string("padded-") + bits + "/65k"});
            }
        }
    }
    return all;
}

void measure(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    const settings with = given.make_settings();
    std::map<std::string, double> known;
    const auto ratio_of = [&](const std::string& name) {
        const auto [at, is_new] = known.try_emplace(name);
        if (is_new) {
            std::size_t tokens = 0;
            for (const auto& ids : code_examples(*make_method(name, with), examples, given.threads)) {
                tokens += ids.size();
            }
            at->second = static_cast<double>(examples.size() * example_bytes) / static_cast<double>(tokens);
        }
        return at->second;
    };
    report table("variants", {"variant", "bytes/token", "against", "bytes/token (against)", "change", "paper's change"},
                 std::to_string(examples.size()) + " examples of 10,240 bytes; M1: " + given.m1);
    for (const auto& [variant, against, published] : comparisons()) {
        const double ratio = ratio_of(variant);
        const double base = ratio_of(against);
        table.row({variant, fixed(ratio, 3), against, fixed(base, 3), percent(ratio / base - 1),
                   published > 0 ? percent(published - 1) : ""});
    }
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) { return run_with_options(argc, argv, "Variants of gzip and of windows", measure); }
