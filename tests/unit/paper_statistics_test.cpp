// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>

#include "paper/report.hpp"
#include "paper/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace equinfo::bench::paper;
using equinfo::test::random_source;

namespace {

bool is_near(double a, double b, double margin = 1e-6) { return std::abs(a - b) <= margin; }

using ids = std::vector<std::uint32_t>;
using counts = std::vector<std::uint64_t>;

/// The definition, without memory: for short sequences.
std::size_t naive_distance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
    if (a.empty() || b.empty()) {
        return a.size() + b.size();
    }
    const std::size_t replaced = naive_distance(a.subspan(1), b.subspan(1)) + (a[0] == b[0] ? 0 : 1);
    return std::min({replaced, naive_distance(a.subspan(1), b) + 1, naive_distance(a, b.subspan(1)) + 1});
}

/// The sum over all kinds of p log2(p / q), q uniform.
double naive_divergence(const counts& seen) {
    const auto total = static_cast<double>(total_of(seen));
    double sum = 0;
    for (const std::uint64_t count : seen) {
        const double p = static_cast<double>(count) / total;
        sum += count == 0 ? 0 : p * std::log2(p * static_cast<double>(seen.size()));
    }
    return sum;
}

counts drawn(random_source& random, std::size_t kinds, std::size_t tokens) {
    counts seen(kinds);
    for (std::size_t i = 0; i < tokens; ++i) {
        ++seen[static_cast<std::size_t>(random.below(kinds))];
    }
    return seen;
}

}  // namespace

TEST_CASE("edit_distance: known values", "[paper]") {
    CHECK(edit_distance(ids{}, ids{}) == 0);
    CHECK(edit_distance(ids{1, 2, 3}, ids{}) == 3);
    CHECK(edit_distance(ids{}, ids{1, 2}) == 2);
    const auto letters = [](std::string_view word) { return ids(word.begin(), word.end()); };
    CHECK(edit_distance(letters("kitten"), letters("sitting")) == 3);
    CHECK(edit_distance(letters("intention"), letters("execution")) == 5);
    CHECK(edit_distance(letters("abcdef"), letters("bcdefa")) == 2);
}

TEST_CASE("edit_distance: as the definition, both ways round", "[paper]") {
    random_source random(1);
    for (int round = 0; round < 300; ++round) {
        const auto any = [&] {
            ids made(static_cast<std::size_t>(random.below(7)));
            for (auto& id : made) {
                id = static_cast<std::uint32_t>(random.below(3));
            }
            return made;
        };
        const ids a = any();
        const ids b = any();
        REQUIRE(edit_distance(a, b) == naive_distance(a, b));
        REQUIRE(edit_distance(b, a) == naive_distance(a, b));
    }
}

TEST_CASE("entropy: known values", "[paper]") {
    CHECK(is_near(plug_in_entropy(counts{5, 5, 5, 5}), 2));
    CHECK(is_near(plug_in_entropy(counts{8, 4, 2, 2}), 1.75));
    CHECK(is_near(plug_in_entropy(counts{0, 7, 0}), 0, 1e-12));
    CHECK(plug_in_entropy(counts{0, 0}) == 0);
    CHECK(is_near(miller_madow_correction(counts{8, 4, 0, 2, 2}), 3 / (2 * 16 * std::log(2.0))));
}

TEST_CASE("divergence_from_uniform: as the definition", "[paper]") {
    random_source random(2);
    for (int round = 0; round < 50; ++round) {
        const counts seen = drawn(random, 1 + static_cast<std::size_t>(random.below(40)),
                                  1 + static_cast<std::size_t>(random.below(500)));
        REQUIRE(is_near(divergence_from_uniform(seen), naive_divergence(seen), 1e-9));
    }
}

TEST_CASE("corrected_divergence: is around zero where all is uniform, and the plug-in is not", "[paper]") {
    random_source random(3);
    double plug_in = 0;
    double corrected = 0;
    constexpr int rounds = 100;
    constexpr std::size_t kinds = 256;
    constexpr std::size_t tokens = 5000;
    for (int round = 0; round < rounds; ++round) {
        const counts seen = drawn(random, kinds, tokens);
        plug_in += divergence_from_uniform(seen) / rounds;
        corrected += corrected_divergence(seen) / rounds;
    }
    const double bias = (kinds - 1) / (2 * tokens * std::log(2.0));
    CHECK(is_near(plug_in, bias, 0.05 * bias));
    CHECK(std::abs(corrected) < 0.05 * bias);
}

TEST_CASE("quantile and mean_of: known values", "[paper]") {
    CHECK(quantile({3, 1, 2}, 0.5) == 2);
    CHECK(is_near(quantile({1, 2, 3, 4}, 0.5), 2.5));
    CHECK(quantile({1, 2, 3, 4}, 0) == 1);
    CHECK(quantile({1, 2, 3, 4}, 1) == 4);
    const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
    CHECK(is_near(mean_of(values).mean, 5));
    CHECK(is_near(mean_of(values).error, std::sqrt(32.0 / 7 / 8)));
    CHECK(mean_of({}).mean == 0);
}

TEST_CASE("report: cells with separators are quoted or escaped", "[paper]") {
    report table("name", {"a", "b"});
    table.row({"1,5", "say \"x|y\""});
    table.row({""});
    CHECK(table.csv() == "a,b\n\"1,5\",\"say \"\"x|y\"\"\"\n,\n");
    CHECK(table.markdown() == "| a | b |\n|---|---|\n| 1,5 | say \"x\\|y\" |\n|  |  |\n");
    CHECK(shown("a b\n\xff") == "\"a_b\\n\\xff\"");
}
