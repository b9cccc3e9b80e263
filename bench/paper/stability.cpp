// SPDX-License-Identifier: MIT
// How much of a sentence's tokens changes with the word before it: the paper's section 6.1 and figure 8.
//
//   stability TEXT... -m MODEL --sentencepiece FILE --out FOLDER
//
// 500 words are drawn from the 3,000 most frequent words of the text (the paper draws from a list of common English
// words) and put before one sentence. Levenshtein distances between the token sequences of all 124,750 pairs. Pairs
// share words, so they are no independent observations: the deciles describe these words, and a table from other words
// differs (--seed).
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"
#include "paper/statistics.hpp"

#include <CLI/CLI.hpp>

#include <equinfo/bits/byte_stream.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo::bench::paper;

constexpr std::size_t common_words = 3000;
constexpr std::size_t drawn_words = 500;

std::string sentence =
    "was the first word that they could read on the old stone, and nobody in the village knew who had written it "
    "there.";
std::uint64_t seed = 1;

/// In lower case; of equally frequent ones the first in the alphabet.
std::vector<std::string> frequent_words(std::span<const std::uint8_t> text) {
    std::map<std::string, std::uint64_t> counts;
    std::string word;
    for (const std::uint8_t byte : text) {
        if (std::isalpha(byte) != 0) {
            word += static_cast<char>(std::tolower(byte));
        } else if (!word.empty()) {
            ++counts[std::exchange(word, {})];
        }
    }
    std::vector<std::pair<std::string, std::uint64_t>> sorted(counts.begin(), counts.end());
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> words;
    for (std::size_t i = 0; i < std::min(common_words, sorted.size()); ++i) {
        words.push_back(sorted[i].first);
    }
    return words;
}

/// Without repetition, by a linear congruential generator, so that every run takes the same.
std::vector<std::string> draw(std::vector<std::string> words) {
    if (words.size() < drawn_words) {
        throw std::runtime_error("the text has fewer than 500 different words");
    }
    std::uint64_t state = seed;
    for (std::size_t i = 0; i < drawn_words; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        std::swap(words[i], words[i + static_cast<std::size_t>((state >> 33) % (words.size() - i))]);
    }
    words.resize(drawn_words);
    return words;
}

void measure(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const std::vector<std::string> words = draw(frequent_words(text));
    const settings with = given.make_settings();
    report table("stability", {"method", "tokens", "mean", "10 %", "median", "90 %", "most", "mean / tokens"},
                 std::to_string(words.size()) + " words before \"" + sentence + "\"; M1: " + given.m1);
    for (const std::string& name :
         given.methods_or({"bytes", "sentencepiece", "english16/65k", "equal-info-16/65k", "equal-info-16/256",
                           "padded-16/65k", "padded-16/256", "equal-info-32/256", "equal-info-64/256",
                           "equal-info-128/256", "gzip/256", "static-ac/256", "ac/65k", "ac/256"})) {
        const std::unique_ptr<method> by = make_method(name, with);
        std::vector<std::vector<std::uint32_t>> ids;
        double tokens = 0;
        for (const std::string& word : words) {
            ids.push_back(by->code(equinfo::text_of(word + " " + sentence)));
            tokens += static_cast<double>(ids.back().size()) / static_cast<double>(words.size());
        }
        std::vector<double> distances;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                distances.push_back(static_cast<double>(edit_distance(ids[i], ids[j])));
            }
        }
        const double mean = mean_of(distances).mean;
        table.row({name, fixed(tokens, 1), fixed(mean, 2), fixed(quantile(distances, 0.1), 0),
                   fixed(quantile(distances, 0.5), 0), fixed(quantile(distances, 0.9), 0),
                   fixed(quantile(distances, 1), 0), fixed(mean / tokens, 3)});
        std::fprintf(stderr, "%s\n", name.c_str());
    }
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) {
    return run_with_options(argc, argv, "Edit distance of token sequences behind different first words", measure,
                            [](CLI::App& app) {
                                app.add_option("--sentence", sentence, "What stands behind the words");
                                app.add_option("--seed", seed, "Which words are drawn")->capture_default_str();
                            });
}
