// SPDX-License-Identifier: MIT
// How far the bits are from random ones: the paper's section 6.3, figures 11, 16 and 17 (appendix D.6).
//
//   uniformity TEXT... -m MODEL --out FOLDER
//
// The Kullback-Leibler divergence from uniform, in bits, of overlapping n-grams of bits, n = 1 to 16, and of tokens of
// n bits, with n a factor of 16, with the Miller-Madow correction. A sample has no fewer than this bias even where all
// is random, and the correction is only of first order, so everything is measured beside a control: as many random bits
// from the system.
//
// uniformity: the divergence of all bits of a method at once, for a few n. In brackets where it is within what 95 % of
// 20 controls of the same length stay below: then nothing was found, whatever the number says.
//
// uniformity_samples: for all n, mean and 90 % band over ten disjoint samples of each method, and of 200 of the control.
// A sample holds few tokens of 16 bits of each kind ("a kind"): its mean says less than the difference from the control.
//
// The last 128 bits of each example are left out, since the end of a message or a window that the text did not fill is
// no part of the question; the paper's trimming to 512 tokens has that effect too. All methods get the same number of
// bits.
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"
#include "paper/statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace equinfo::bench::paper;
using packed_bits = std::span<const std::uint8_t>;  // most significant bit first
using counts = std::vector<std::uint64_t>;

constexpr std::size_t samples = 10;
constexpr std::size_t controls = 20;
constexpr unsigned most_bits = 16;

/// n-grams, or tokens, of n bits.
struct question {
    const char* kind;
    bool is_token;
    unsigned bits;
};

std::vector<question> all_questions() {
    std::vector<question> all;
    for (unsigned n = 1; n <= most_bits; ++n) {
        all.push_back({"n-gram", false, n});
    }
    for (const unsigned n : {1u, 2u, 4u, 8u, 16u}) {
        all.push_back({"token", true, n});
    }
    return all;
}

/// How often each 16 bits occur: one count behind another bit, or every 16 bits.
struct sixteens {
    counts overlapping = counts(std::size_t{1} << most_bits);
    counts tokens = counts(std::size_t{1} << most_bits);

    explicit sixteens(packed_bits bytes) {
        for (std::size_t i = 0; i + 2 < bytes.size(); ++i) {
            const std::uint32_t three = std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
            for (unsigned shift = 0; shift < 8; ++shift) {
                ++overlapping[(three >> (8 - shift)) & 0xffff];
            }
        }
        for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
            ++tokens[std::size_t{bytes[i]} << 8 | bytes[i + 1]];
        }
    }

    /// The n-grams are the beginnings of the 16-grams; the last few of a text are missing. Tokens are the parts of
    /// those of 16 bits.
    [[nodiscard]] counts of(const question& q) const {
        counts result(std::size_t{1} << q.bits);
        for (std::size_t value = 0; value < overlapping.size(); ++value) {
            if (!q.is_token) {
                result[value >> (most_bits - q.bits)] += overlapping[value];
                continue;
            }
            for (unsigned shift = 0; shift < most_bits; shift += q.bits) {
                result[(value >> shift) & (result.size() - 1)] += tokens[value];
            }
        }
        return result;
    }
};

/// Divergences for all questions.
std::vector<double> divergences(packed_bits bytes) {
    const sixteens seen(bytes);
    std::vector<double> result;
    for (const question& q : all_questions()) {
        result.push_back(corrected_divergence(seen.of(q)));
    }
    return result;
}

/// Of each of the disjoint samples.
std::vector<std::vector<double>> of_samples(packed_bits bytes) {
    const std::size_t size = bytes.size() / samples / 2 * 2;
    std::vector<std::vector<double>> all;
    for (std::size_t i = 0; i < samples; ++i) {
        all.push_back(divergences(bytes.subspan(i * size, size)));
    }
    return all;
}

std::vector<double> column(const std::vector<std::vector<double>>& rows, std::size_t at) {
    std::vector<double> values;
    for (const auto& row : rows) {
        values.push_back(row[at]);
    }
    return values;
}

/// A method's ids as bytes, without the end of each example.
std::vector<std::uint8_t> bytes_of_ids(const method& by, std::span<const std::span<const std::uint8_t>> examples,
                                       unsigned threads) {
    if (by.vocabulary() != 256) {
        throw std::invalid_argument(by.name() + ": bits are read from tokens of 8 bits; take the method with /256");
    }
    constexpr std::size_t end_bytes = 128 / 8;
    std::vector<std::uint8_t> bytes;
    for (const auto& ids : code_examples(by, examples, threads)) {
        const std::size_t used = ids.size() > end_bytes ? (ids.size() - end_bytes) / 2 * 2 : 0;
        for (std::size_t i = 0; i < used; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(ids[i]));
        }
    }
    return bytes;
}

std::vector<std::uint8_t> random_bytes(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    std::ifstream source("/dev/urandom", std::ios::binary);
    if (!source.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
        throw std::runtime_error("cannot read /dev/urandom");
    }
    return bytes;
}

void measure(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    const settings with = given.make_settings();
    const std::vector<std::string> names = given.methods_or(
        {"ac/256", "static-ac/256", "equal-info-16/256", "equal-info-32/256", "equal-info-64/256", "equal-info-128/256",
         "self-ending-16/256", "padded-16/256", "padded-128/256", "english16/256", "gzip/256"});
    std::vector<std::vector<std::uint8_t>> coded;
    std::size_t size = text.size();
    for (const std::string& name : names) {
        coded.push_back(bytes_of_ids(*make_method(name, with), examples, given.threads));
        size = std::min(size, coded.back().size() / 2 * 2);
        std::fprintf(stderr, "%s\n", name.c_str());
    }

    std::vector<std::vector<double>> control;
    std::vector<std::vector<double>> control_samples;
    for (std::size_t i = 0; i < controls; ++i) {
        const std::vector<std::uint8_t> bytes = random_bytes(size);
        control.push_back(divergences(bytes));
        for (auto& sample : of_samples(bytes)) {
            control_samples.push_back(std::move(sample));
        }
    }

    const std::vector<question> questions = all_questions();
    const std::string note = std::to_string(8 * size) + " bits of each method; M1: " + given.m1;
    report samples_table(
        "uniformity_samples",
        {"kind", "n", "a kind", "method", "mean", "5 %", "95 %", "control mean", "control 5 %", "control 95 %"}, note);
    std::vector<std::string> head{"method"};
    const auto is_short = [](const question& q) { return q.bits == 1 || q.bits == 4 || q.bits == 8 || q.bits == 16; };
    for (const question& q : questions) {
        if (is_short(q)) {
            head.push_back(std::string(q.kind) + " " + std::to_string(q.bits));
        }
    }
    report table("uniformity", head, note);
    const auto add_rows = [&](const std::string& name, const std::vector<double>& all,
                              const std::vector<std::vector<double>>& parts) {
        std::vector<std::string> cells{name};
        for (std::size_t at = 0; at < questions.size(); ++at) {
            const question& q = questions[at];
            if (is_short(q)) {
                const bool is_found = all[at] > quantile(column(control, at), 0.95);
                cells.push_back(is_found ? scientific(all[at]) : std::string("(") + scientific(all[at]) + ")");
            }
            const std::vector<double> ours = column(parts, at);
            const std::vector<double> theirs = column(control_samples, at);
            const double seen = 8.0 * static_cast<double>(size / samples) / (q.is_token ? q.bits : 1);
            samples_table.row({q.kind, std::to_string(q.bits), fixed(seen / std::exp2(q.bits), 1), name,
                               scientific(mean_of(ours).mean), scientific(quantile(ours, 0.05)),
                               scientific(quantile(ours, 0.95)), scientific(mean_of(theirs).mean),
                               scientific(quantile(theirs, 0.05)), scientific(quantile(theirs, 0.95))});
        }
        table.row(std::move(cells));
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        const packed_bits bytes = packed_bits(coded[i]).first(size);
        add_rows(names[i], divergences(bytes), of_samples(bytes));
    }
    // One more stream, that no limit was made of.
    const std::vector<std::uint8_t> bytes = random_bytes(size);
    add_rows("random", divergences(bytes), of_samples(bytes));
    table.write(given.out);
    samples_table.write(given.out, report::shown_too::no);
}

}  // namespace

int main(int argc, char** argv) {
    return run_with_options(argc, argv, "Distance of the bits from random ones", measure);
}
