// SPDX-License-Identifier: MIT
// Entropies, divergences, edit distances and quantiles: what the tables are made of.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

/// How often each of `kinds` ids occurs.
[[nodiscard]] inline std::vector<std::uint64_t> count_ids(std::span<const std::vector<std::uint32_t>> sequences,
                                                          std::size_t kinds) {
    std::vector<std::uint64_t> counts(kinds);
    for (const auto& ids : sequences) {
        for (const std::uint32_t id : ids) {
            ++counts.at(id);
        }
    }
    return counts;
}

[[nodiscard]] inline std::uint64_t total_of(std::span<const std::uint64_t> counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

/// Of the observed frequencies, in bits. Too low on average, since every sample is less even than what it is drawn
/// from.
[[nodiscard]] inline double plug_in_entropy(std::span<const std::uint64_t> counts) {
    const auto total = static_cast<double>(total_of(counts));
    double sum = 0;
    for (const std::uint64_t count : counts) {
        sum += count == 0 ? 0 : static_cast<double>(count) * std::log2(static_cast<double>(count));
    }
    return total == 0 ? 0 : std::log2(total) - sum / total;
}

/// By how many bits the plug-in entropy is too low, to first order: (kinds - 1) / (2 n ln 2), with the kinds that were
/// seen (Miller 1955; the paper's appendix D.6). Needs several observations of each kind to be of use.
[[nodiscard]] inline double miller_madow_correction(std::span<const std::uint64_t> counts) {
    const auto total = static_cast<double>(total_of(counts));
    const auto seen =
        static_cast<double>(counts.size()) - static_cast<double>(std::count(counts.begin(), counts.end(), 0u));
    return total == 0 ? 0 : (seen - 1) / (2 * total * std::log(2.0));
}

/// Kullback-Leibler divergence of the observed frequencies from the uniform distribution over all kinds, in bits.
[[nodiscard]] inline double divergence_from_uniform(std::span<const std::uint64_t> counts) {
    return std::log2(static_cast<double>(counts.size())) - plug_in_entropy(counts);
}

/// The same, corrected; around 0 for uniform kinds, and below it in about half of all samples.
[[nodiscard]] inline double corrected_divergence(std::span<const std::uint64_t> counts) {
    return divergence_from_uniform(counts) - miller_madow_correction(counts);
}

/// Levenshtein distance: the least number of ids to insert, delete or replace.
[[nodiscard]] inline std::size_t edit_distance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
    while (!a.empty() && !b.empty() && a.front() == b.front()) {
        a = a.subspan(1);
        b = b.subspan(1);
    }
    while (!a.empty() && !b.empty() && a.back() == b.back()) {
        a = a.first(a.size() - 1);
        b = b.first(b.size() - 1);
    }
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

/// The value that a share of all are not above: 0.5 for the median. Between two values in proportion. `values` is not
/// empty.
[[nodiscard]] inline double quantile(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

struct mean_and_error {
    double mean = 0;
    double error = 0;  ///< standard error of the mean, if the values are independent
};

[[nodiscard]] inline mean_and_error mean_of(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    if (values.empty()) {
        return {};
    }
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0;
    for (const double value : values) {
        squares += (value - mean) * (value - mean);
    }
    return {mean, values.size() < 2 ? 0 : std::sqrt(squares / (n - 1) / n)};
}

}  // namespace equinfo::bench::paper
