// SPDX-License-Identifier: MIT
// What it costs that M1 forgets at the borders of windows: the paper's table 9 (appendix A.2), windows of 16 bits.
//
//   resets TEXT... -m MODEL --bytes 2000000 --out FOLDER
//
// M1 is reset at every window, at every other, or never within an example of 10,240 bytes. Never, the loss against
// plain arithmetic coding is that of the windows alone. This library's longest_match needs a reset at every
// window; the other rules take all three.
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo::bench::paper;

/// The paper's bytes a token, for 256 and 65,536 kinds of them: table 9.
struct how_often {
    const char* name;
    const char* end;  // of a method's name
    double published;
    double published_65k;
};
constexpr std::array policies{how_often{"every window", "", 2.66, 5.31}, how_often{"every other", "-every-other", 3.40, 6.80},
                              how_often{"never", "-never", 5.33, 10.66}};
constexpr how_often plain_ac{"never", "", 5.49, 10.98};

struct rule {
    const char* name;
    std::string method;
    std::size_t policies;  // so many of them, from the first on
};

void measure(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    const settings with = given.make_settings();
    const auto ratio_of = [&](const std::string& method) {
        std::size_t tokens = 0;
        for (const auto& ids : code_examples(*make_method(method + "/256", with), examples, given.threads)) {
            tokens += ids.size();
        }
        return static_cast<double>(examples.size() * example_bytes) / static_cast<double>(tokens);
    };
    report table("resets",
                 {"rule", "M1 is reset", "bytes/token, v = 256", "paper", "v = 65k", "paper (65k)", "of plain AC",
                  "paper's part of AC"},
                 std::to_string(examples.size()) + " examples of 10,240 bytes; M1: " + given.m1);
    const double plain = ratio_of("ac");
    const auto row = [&](const char* name, const how_often& policy, double ratio) {
        // Windows are whole tokens: v = 65k holds twice as much.
        table.row({name, policy.name, fixed(ratio, 3), fixed(policy.published, 2), fixed(2 * ratio, 3),
                   fixed(policy.published_65k, 2), fixed(ratio / plain, 3),
                   fixed(policy.published / plain_ac.published, 3)});
    };
    row("plain AC", plain_ac, plain);
    for (const auto& [name, method, count] :
         {rule{"padded, point", "padded-16", 3}, rule{"padded, enclosed", "padded-enclosed-16", 3},
          rule{"equal-info (ours)", "equal-info-16", 1}, rule{"self-ending (ours)", "self-ending-16", 3}}) {
        for (const how_often& policy : std::span(policies).first(count)) {
            row(name, policy, ratio_of(method + policy.end));
        }
    }
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) { return run_with_options(argc, argv, "How often M1 is reset", measure); }
