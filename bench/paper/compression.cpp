// SPDX-License-Identifier: MIT
// How much text a token holds, and how far from uniform the tokens are: the paper's tables 1, 2, 3, 10, 12 and 17.
//
//   compression TEXT... -m MODEL --out FOLDER
//
// Examples of 10,240 bytes, each coded by itself (section 3.3). "uniform" and "unigram" are the bits a byte of models
// of tokens that know nothing, and only how often each token occurs; "gain" is their difference. The unigram is
// estimated on the first nine tenths of the examples, each count raised by "added" (m2/unigram.hpp), and measured on
// the last tenth, as is the uniform beside it; "error" is the gain's standard error over those examples. "plug-in" is
// the gain that the observed frequencies of all examples promise themselves, which is too much, and "Miller-Madow" the
// same with the first-order correction.
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/published.hpp"
#include "paper/report.hpp"
#include "paper/statistics.hpp"

#include <equinfo/m2/unigram.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace equinfo::bench::paper;
using sequences = std::span<const std::vector<std::uint32_t>>;

double token_count(sequences all) {
    double sum = 0;
    for (const auto& ids : all) {
        sum += static_cast<double>(ids.size());
    }
    return sum;
}

void compare(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    if (examples.size() < 10) {
        throw std::runtime_error("takes at least ten examples of 10,240 bytes");
    }
    const std::size_t known = examples.size() * 9 / 10;
    report table("compression",
                 {"method", "v", "bytes/token", "paper", "bits/bit", "uniform", "unigram", "gain", "error",
                  "paper's gain", "added", "plug-in", "Miller-Madow"},
                 std::to_string(examples.size()) + " examples of 10,240 bytes; M1: " + given.m1);
    const settings with = given.make_settings();
    for (const std::string& name : given.methods_or(all_methods())) {
        const std::unique_ptr<method> by = make_method(name, with);
        const auto ids = code_examples(*by, examples, given.threads);
        const double bits = std::log2(by->vocabulary());
        const double stored_bits =
            std::bit_width(by->vocabulary() - 1);  // 15 for 32,000 kinds, as in the paper's table 1
        const double ratio = static_cast<double>(examples.size() * example_bytes) / token_count(ids);

        const equinfo::m2::unigram unigram(count_ids(sequences(ids).first(known), by->vocabulary()));
        std::vector<double> gains;  // bits a byte, of each example
        for (const auto& example : sequences(ids).subspan(known)) {
            double gain = 0;
            for (const std::uint32_t id : example) {
                gain += bits - unigram.bits_of(id);
            }
            gains.push_back(gain / static_cast<double>(example_bytes));
        }
        const mean_and_error gain = mean_of(gains);
        const double uniform = bits * token_count(sequences(ids).subspan(known)) /
                               static_cast<double>((ids.size() - known) * example_bytes);
        const auto counts = count_ids(ids, by->vocabulary());

        const std::optional<published_row> row = published(name);
        const std::string their_gain = row && row->uniform > 0 ? fixed(row->uniform - row->unigram, 3) : "";
        table.row({name, std::to_string(by->vocabulary()), fixed(ratio, 3), row ? fixed(row->ratio, 2) : "",
                   fixed(8 * ratio / stored_bits, 3), fixed(uniform, 4), fixed(uniform - gain.mean, 4),
                   fixed(gain.mean, 4), gains.size() < 2 ? "" : fixed(gain.error, 4), their_gain,
                   unigram.is_even() ? "uniform" : fixed(unigram.raised(), 2),
                   fixed(divergence_from_uniform(counts) / ratio, 4), fixed(corrected_divergence(counts) / ratio, 4)});
        std::fprintf(stderr, "%s\n", name.c_str());
    }
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) {
    return run_with_options(argc, argv, "Bytes a token, and what a unigram gains", compare);
}
