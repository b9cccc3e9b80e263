// SPDX-License-Identifier: MIT
// equinfo evaluate --learnability

#include "learnability.hpp"

#include "finding.hpp"
#include "plain_text.hpp"

#include <equinfo/m2.hpp>
#include <equinfo/tokens/packer.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

namespace program {
namespace {

using bytes = std::span<const std::uint8_t>;
namespace m2 = equinfo::m2;

constexpr std::size_t least_text = 100000;            // below, there is nothing to learn from
constexpr std::uint64_t enough_text = 1000000;        // a shorter text is seen several times
constexpr std::uint64_t most_rounds = 4;              // or it is learnt by heart
constexpr std::size_t language_bytes = 1024;          // of an example
constexpr std::size_t translation_bytes = 32;         // short, so that a small model gets somewhere in a minute
constexpr std::uint64_t enough_translated = 2000000;  // bytes, seen several times if there are fewer
constexpr std::size_t most_held_text = 100000;        // about so many bytes are held back, or a tenth if that is less

using coder = std::function<std::vector<std::uint32_t>(bytes)>;

coder coder_of(const token_choice& choice) {
    const std::shared_ptr<window_coder> windows = choice.code->windows(choice.rule, choice.window_bits);
    const equinfo::token_packer packer(choice.token_bits);
    return [windows, packer](bytes text) {
        equinfo::bit_writer bits;
        windows->encode(text, bits);
        const std::uint64_t bit_count = bits.bit_count();
        const std::vector<std::byte> coded = bits.take();
        std::vector<std::uint32_t> ids;
        packer.pack_bytes(coded, bit_count, ids);
        return ids;
    };
}

/// Trains M2, each run within its share of the time.
class examiner {
public:
    examiner(std::string file, const learnability_options& options, std::uint64_t runs)
        : m_file(std::move(file)),
          m_options(options),
          m_layers(m2::preset_of(options.size).value()),
          m_runs(runs),
          m_bar("learning", 1000 * runs, options.how.bar(), progress::unit::steps) {}

    struct outcome {
        m2::measured all;
        m2::measured later;  // of translations
        bool by_the_clock = false;
    };

    [[nodiscard]] const equinfo::m1_shape& layers() const noexcept { return m_layers; }

    /// The runs that are left share the time that is left: coding and measuring count as well.
    outcome learn(const m2::task& task, std::uint64_t rounds, bool is_translation) {
        m2::training_options training;
        training.seed = m_options.seed;
        training.threads = m_options.threads;
        m2::trainer trainer(task.shape, task.learnt, training);
        const std::uint64_t goal = m2::amounts_of(task.learnt).tokens * rounds;
        const double begin = seconds();
        const double time = std::max(1.0, (60 * m_options.minutes - begin) / static_cast<double>(m_runs - m_done));
        bool by_the_clock = false;  // once it is behind, the clock decides how fast rates fall
        for (double done = 0; done < 1;) {
            if (!std::isfinite(trainer.step(done))) {
                run_away();
            }
            done = static_cast<double>(trainer.state().tokens) / static_cast<double>(goal);
            const double clock = (seconds() - begin) / time;
            by_the_clock = by_the_clock || clock > done + slack;
            done = by_the_clock ? std::max(done, clock) : done;
            m_bar.at(1000 * m_done + static_cast<std::uint64_t>(1000 * std::min(done, 1.0)));
        }
        ++m_done;
        outcome found{trainer.measure(task.held), {}, by_the_clock};
        if (is_translation) {
            found.later = trainer.measure(m2::later_halves(task.held));
        }
        if (!std::isfinite(found.all.bits)) {
            run_away();
        }
        return found;
    }

    void clear_bar() { m_bar.clear(); }

private:
    static constexpr double slack = 0.05;

    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - m_begin).count();
    }
    [[noreturn]] void run_away() const { throw failure(m_file, "the language model's training has run away"); }

    std::string m_file;
    const learnability_options& m_options;
    equinfo::m1_shape m_layers;
    std::uint64_t m_runs;
    std::uint64_t m_done = 0;
    std::chrono::steady_clock::time_point m_begin = std::chrono::steady_clock::now();
    progress m_bar;
};

// ---- telling ----

void print_table(const std::string& file, std::size_t size, const std::vector<finding>& findings,
                 const learnability_options& options) {
    std::size_t width = 6;
    for (const finding& each : findings) {
        width = std::max(width, each.name.size());
    }
    std::printf("%s, %s bytes; M2 \"%s\", seed %llu\n\n", file.c_str(), grouped(size).c_str(), options.size.c_str(),
                static_cast<unsigned long long>(options.seed));
    std::printf("%-*s  %9s  %8s %8s %8s  %7s  %10s %10s\n", static_cast<int>(width), "tokens", "bytes/tok", "uniform",
                "unigram", "M2", "gain", "decompress", "compress");
    for (const finding& each : findings) {
        std::printf("%-*s  %9s  %8s %8s %8s  %7s  %10s %10s\n", static_cast<int>(width), each.name.c_str(),
                    decimal(each.bytes_a_token, 3).c_str(), decimal(each.uniform, 3).c_str(),
                    decimal(each.unigram, 3).c_str(), decimal(each.learnt, 3).c_str(), percent(each.gain()).c_str(),
                    percent(each.decompressed).c_str(), percent(each.compressed).c_str());
    }
    std::printf(
        "\nuniform, unigram, M2: bits a byte of text held back, by models that know nothing, how often each token occurs,\n"
        "and what came before. decompress: bytes predicted right with the tokens given (%s without); compress: tokens\n"
        "predicted right with the text given; both in the later halves of %zu bytes.\n\n",
        findings.empty() ? "-" : percent(findings.front().alone).c_str(), translation_bytes);
    const finding* const as_bytes = findings.empty() || findings.front().rule ? nullptr : &findings.front();
    for (const finding& each : findings) {
        if (each.rule) {
            std::printf("%s\n", meaning(each, as_bytes).c_str());
        } else if (each.by_the_clock) {
            std::printf("bytes: not decided. The time ran out before all text was seen (--minutes), so nothing is compared with them.\n");
        }
    }
    std::printf("\nA small model that learnt for a minute: orders and gaps mean more than figures. One per cent is noise, and\n"
                "more of it where the text is short.\n\n");
}

void print_csv(const std::string& file, std::size_t size, const std::vector<finding>& findings,
               const learnability_options& options, bool is_first) {
    const auto cell = [](const std::optional<double>& value) { return value ? decimal(*value, 6) : std::string(); };
    if (is_first) {
        std::puts(
            "file,bytes,m2,seed,model,rule,window_bits,token_bits,bytes_per_token,uniform,unigram,learnt,decompress,"
            "decompress_without,compress,stopped_by_clock");
    }
    for (const finding& each : findings) {
        std::printf("%s,%zu,%s,%llu,%s,%s,%s,%u,%s,%s,%s,%s,%s,%s,%s,%d\n", csv_cell(file).c_str(), size, options.size.c_str(),
                    static_cast<unsigned long long>(options.seed), csv_cell(each.model).c_str(), each.rule.value_or("").c_str(),
                    each.rule ? std::to_string(each.window_bits).c_str() : "", each.token_bits,
                    cell(each.bytes_a_token).c_str(), cell(each.uniform).c_str(), cell(each.unigram).c_str(),
                    cell(each.learnt).c_str(), cell(each.decompressed).c_str(), cell(each.alone).c_str(),
                    cell(each.compressed).c_str(), each.by_the_clock ? 1 : 0);
    }
}

void print_json(const std::string& file, std::size_t size, const std::vector<finding>& findings,
                const learnability_options& options, bool is_first) {
    const auto value = [](const auto& number) {
        return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
    };
    for (const finding& each : findings) {
        const nlohmann::ordered_json row = {
            {"file", file},
            {"bytes", size},
            {"m2", options.size},
            {"seed", options.seed},
            {"model", each.model},
            {"rule", value(each.rule)},
            {"window_bits", each.rule ? nlohmann::ordered_json(each.window_bits) : nlohmann::ordered_json()},
            {"token_bits", each.token_bits},
            {"bytes_per_token", each.bytes_a_token},
            {"uniform", each.uniform},
            {"unigram", each.unigram},
            {"learnt", each.learnt},
            {"decompress", value(each.decompressed)},
            {"decompress_without", each.alone},
            {"compress", value(each.compressed)},
            {"stopped_by_clock", each.by_the_clock}};
        std::printf("%s\n  %s", std::exchange(is_first, false) ? "[" : ",",
                    row.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
    }
}

}  // namespace

void learnability::add(const std::string& file, std::span<const std::uint8_t> text,
                       const std::vector<token_choice>& choices) {
    const learnability_options& options = m_options;
    if (text.size() < least_text) {
        throw failure(file,
                      "is too short to learn from: --learnability takes at least " + grouped(least_text) + " bytes");
    }
    examiner exam(file, options, 3 * choices.size() + (options.with_bytes ? 2 : 1));
    const auto cut = [](bytes all, std::size_t piece) {
        return m2::split(all, piece, std::max<std::size_t>(10, all.size() / most_held_text));
    };
    const m2::split_text whole = cut(text, language_bytes);
    const m2::split_text shorter =
        cut(text.first(std::min<std::size_t>(text.size(), enough_translated)), translation_bytes);
    const coder plain = [](bytes piece) { return std::vector<std::uint32_t>(piece.begin(), piece.end()); };
    const auto rounds_to = [](std::uint64_t bytes_seen, std::uint64_t there) {
        return std::clamp<std::uint64_t>(bytes_seen / there, 1, most_rounds);
    };
    const auto language = [&](finding& to, std::uint32_t vocabulary, const coder& code) {
        const m2::task task = m2::language_task(exam.layers(), whole, vocabulary, code);
        const m2::unigram counts(task.learnt, 0, vocabulary);
        const m2::amounts held = m2::amounts_of(task.held);
        const auto held_bytes = static_cast<double>(held.bytes);
        to.bytes_a_token = held_bytes / static_cast<double>(held.tokens);
        to.uniform = std::log2(vocabulary) / to.bytes_a_token;
        to.unigram = counts.bits_of(task.held) / held_bytes;
        const examiner::outcome found = exam.learn(task, rounds_to(enough_text, text.size()), false);
        to.learnt = found.all.bits_a_byte();
        to.by_the_clock = to.by_the_clock || found.by_the_clock;
    };

    const std::uint64_t translation_rounds =
        rounds_to(enough_translated, std::min<std::uint64_t>(text.size(), enough_translated));
    const examiner::outcome without =
        exam.learn(m2::language_task(exam.layers(), shorter, 256, plain), translation_rounds, true);
    const double alone = without.later.accuracy();
    std::vector<finding> findings;
    if (options.with_bytes) {
        finding& as_bytes = findings.emplace_back();
        as_bytes.name = as_bytes.model = "bytes";
        as_bytes.alone = alone;
        language(as_bytes, 256, plain);
    }
    for (const token_choice& choice : choices) {
        finding& each = findings.emplace_back();
        each.model = choice.code->name();
        each.rule = std::string(name_of(choice.rule));
        each.window_bits = choice.window_bits;
        each.token_bits = choice.token_bits;
        each.name = each.model + " -b " + std::to_string(choice.window_bits) + " -t " +
                    std::to_string(choice.token_bits) + (choice.rule == ending_rule::self_ending ? " self-ending" : "");
        each.alone = alone;
        const coder code = coder_of(choice);
        const std::uint32_t vocabulary = std::uint32_t{1} << choice.token_bits;
        language(each, vocabulary, code);
        const examiner::outcome read =
            exam.learn(m2::decompression_task(exam.layers(), shorter, vocabulary, code), translation_rounds, true);
        const examiner::outcome written =
            exam.learn(m2::compression_task(exam.layers(), shorter, vocabulary, code), translation_rounds, true);
        each.decompressed = read.later.accuracy();
        each.compressed = written.later.accuracy();
        each.by_the_clock = each.by_the_clock || without.by_the_clock || read.by_the_clock || written.by_the_clock;
    }
    exam.clear_bar();
    if (options.csv) {
        print_csv(file, text.size(), findings, options, m_first);
    } else if (options.json) {
        print_json(file, text.size(), findings, options, m_first);
    } else {
        print_table(file, text.size(), findings, options);
    }
    m_first = false;
}

void learnability::end() const {
    if (m_options.json) {
        std::puts(m_first ? "[]" : "\n]");
    }
    std::fflush(stdout);
}

}  // namespace program
