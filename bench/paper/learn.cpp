// SPDX-License-Identifier: MIT
// Whether a language model, M2, can learn a tokenization: the paper's tables 5, 6, 9, 11, 13, 15 to 17, at the size of
// a CPU.
//
//   learn TEXT... --task language --match bytes --sizes small,medium --seeds 1,2,3 --out FOLDER
//
// Tasks: "language": to predict tokens, in bits a byte of text (section 3.8), beside what a uniform and a unigram
// model take; "decompress": to predict the text behind its tokens, and "compress", the other way round (section 5.2),
// in correct predictions.
//
// Match (of "language"): "bytes": every method sees the same text, in examples of --example bytes, each coded by
// itself; a tenth of them, from all over the text, but not much more than 200,000 bytes, is held back and measured.
// "tokens": every method sees so many tokens, --tokens, in examples of about --length tokens, so that a denser one sees
// more text (section 5.3); the end of the text is measured. All is seen once, or --rounds times.
//
// FOLDER/learn_NAME.csv gets a line a run, NAME being by_bytes, by_tokens, decompress or compress; runs that it has are
// not repeated, and one that was stopped goes on from FOLDER/learn_NAME.checkpoint. FOLDER/learn_NAME.md has means and
// deviations over seeds. Runs do not depend on the number of threads. --rates 1,2,0.5
// multiplies the rates that M2 learns at, to see what hangs on them.
#include "paper/methods.hpp"
#include "paper/options.hpp"
#include "paper/published.hpp"
#include "paper/report.hpp"

#include <CLI/CLI.hpp>

#include <equinfo/m2.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::bench::paper;
namespace fs = std::filesystem;
using bytes = std::span<const std::uint8_t>;

struct learn_options {
    std::string task = "language";
    std::string match = "bytes";
    std::vector<std::string> sizes{"small"};
    std::vector<std::uint64_t> seeds{1};
    std::size_t example = 0;
    std::size_t length = 512;
    std::uint64_t tokens = 1000000;
    std::size_t rounds = 1;
    std::size_t most_held = 200000;  // bytes of text that are measured
    double save_every = 60;          // seconds
    std::vector<double> rates{1, 1, 1};  // times M2's own: of matrices, of vectors of ids, of all else

    void add_to(CLI::App& app) {
        app.add_option("--task", task, "language, decompress or compress")
            ->capture_default_str()
            ->check(CLI::IsMember({"language", "decompress", "compress"}));
        app.add_option("--match", match, "bytes or tokens")
            ->capture_default_str()
            ->check(CLI::IsMember({"bytes", "tokens"}));
        app.add_option("--sizes", sizes, "Of M2: small (0.33 M weights), medium (0.92 M), large (3.1 M)")
            ->delimiter(',')
            ->capture_default_str()
            ->check(CLI::IsMember({"small", "medium", "large"}));
        app.add_option("--seeds", seeds, "One run each")->delimiter(',')->capture_default_str();
        app.add_option("--example", example, "Bytes of an example; without it 1024, for translations 32")
            ->check(CLI::Range(16, 65536));
        app.add_option("--length", length, "Tokens of an example, by --match tokens")
            ->capture_default_str()
            ->check(CLI::Range(16, 4096));
        app.add_option("--tokens", tokens, "To learn from, by --match tokens")->capture_default_str();
        app.add_option("--save-every", save_every, "Seconds between checkpoints")
            ->capture_default_str()
            ->check(CLI::NonNegativeNumber);
        app.add_option("--rounds", rounds, "How often each text is seen")
            ->capture_default_str()
            ->check(CLI::Range(1, 1000));
        app.add_option("--rates", rates, "Learn so many times as fast: matrices, vectors of ids, all else")
            ->delimiter(',')
            ->expected(3)
            ->capture_default_str()
            ->check(CLI::PositiveNumber);
    }

    [[nodiscard]] m2::training_options training() const {
        m2::training_options plain;
        plain.muon *= static_cast<float>(rates[0]);
        plain.row_rate *= static_cast<float>(rates[1]);
        plain.rate *= static_cast<float>(rates[2]);
        plain.bias_rate *= static_cast<float>(rates[2]);
        return plain;
    }
    /// As one cell: "1/0.5/1".
    [[nodiscard]] std::string rates_cell() const {
        std::string text;
        for (const double rate : rates) {
            std::array<char, 32> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), rate).ptr;
            text += (text.empty() ? "" : "/") + std::string(digits.data(), end);
        }
        return text;
    }

    [[nodiscard]] bool translates() const { return task != "language"; }
    [[nodiscard]] std::size_t example_size() const { return example != 0 ? example : translates() ? 32 : 1024; }
    /// Of the files.
    [[nodiscard]] std::string name() const { return "learn_" + (translates() ? task : "by_" + match); }
};

/// One line of results, but for what was found.
struct run_key {
    std::string task, match, method, m1, size;
    std::uint64_t seed = 0;
    std::size_t text_bytes = 0;  // that there are, learnt and held
    std::size_t example = 0;
    std::uint64_t rounds = 1;
    std::uint32_t data = 0;  // CRC-32 of all ids: names text, method and M1
    std::string rates;

    [[nodiscard]] std::vector<std::string> cells() const {
        return {task,
                match,
                method,
                m1,
                size,
                std::to_string(seed),
                std::to_string(text_bytes),
                std::to_string(example),
                std::to_string(rounds),
                std::to_string(data),
                rates};
    }
};

const std::vector<std::string> key_names{"task", "match",      "method",        "m1",     "size",
                                         "seed", "text_bytes", "example_bytes", "rounds", "data", "rates"};
const std::vector<std::string> result_names{"vocabulary",    "learnt_tokens", "bytes_per_token", "uniform", "unigram",
                                            "bits_per_byte", "accuracy",      "later_accuracy",  "seconds"};

/// FOLDER/NAME.csv. Names of methods and files have no commas.
class results {
public:
    results(const std::string& folder, std::string name) : m_name(std::move(name)) {
        if (folder.empty()) {
            return;
        }
        fs::create_directories(folder);
        m_path = fs::path(folder) / (m_name + ".csv");
        std::ifstream file(m_path);
        std::string line;
        std::getline(file, line);
        if (!line.empty() && line != joined(key_names) + "," + joined(result_names)) {
            throw std::runtime_error(m_path.string() + " has other columns, of another version: name another folder");
        }
        while (std::getline(file, line)) {
            std::vector<std::string> cells;
            std::istringstream rest(line);
            for (std::string cell; std::getline(rest, cell, ',');) {
                cells.push_back(cell);
            }
            if (cells.size() == key_names.size() + result_names.size()) {  // a line that a kill cut short is made again
                m_lines.push_back(std::move(cells));
            }
        }
    }

    [[nodiscard]] bool has(const run_key& key) const {
        const std::vector<std::string> cells = key.cells();
        return std::any_of(m_lines.begin(), m_lines.end(),
                           [&](const auto& line) { return std::equal(cells.begin(), cells.end(), line.begin()); });
    }

    void add(const run_key& key, const std::vector<std::string>& found) {
        std::vector<std::string> cells = key.cells();
        cells.insert(cells.end(), found.begin(), found.end());
        m_lines.push_back(std::move(cells));
        if (m_path.empty()) {
            return;
        }
        std::string text = joined(key_names) + "," + joined(result_names) + "\n";
        for (const auto& line : m_lines) {
            text += joined(line) + "\n";
        }
        write_file(m_path, text);
    }

    /// Means over seeds, and the deviation of what M2 reaches, a line a method and size.
    [[nodiscard]] report summary() const {
        report table(m_name,
                     {"task", "match", "method", "M1", "M2", "rates", "text, MB", "rounds", "learnt, MB", "seeds", "bytes/token",
                      "uniform", "unigram", "M2, bits/byte", "deviation", "less than unigram", "paper, 25 M", "right",
                      "right, later half"},
                     "Text held back; bits a byte of text, and the share of predictions that are right. \"learnt\" is what one "
                     "round saw of the text: its tokens, times the bytes that one of those held back stands for.");
        std::vector<std::string> order;
        std::map<std::string, std::vector<const std::vector<std::string>*>> groups;
        for (const auto& line : m_lines) {
            std::string group;
            for (std::size_t i = 0; i < key_names.size(); ++i) {
                group += key_names[i] == "seed" ? "" : line[i] + ",";
            }
            if (groups[group].empty()) {
                order.push_back(group);
            }
            groups[group].push_back(&line);
        }
        for (const std::string& group : order) {
            const auto& lines = groups[group];
            const auto mean = [&](const char* name) { return moments(lines, name).first; };
            const auto& first = *lines.front();
            const auto [bits, deviation] = moments(lines, "bits_per_byte");
            const bool is_language = first[0] == "language";
            const auto known = published(first[2]);
            const double rounds = std::stod(first[8]);
            table.row({first[0], first[1], first[2], first[3], first[4], first[10], fixed(std::stod(first[6]) / 1e6, 2), first[8],
                       is_language ? fixed(mean("learnt_tokens") * mean("bytes_per_token") / rounds / 1e6, 2) : "",
                       std::to_string(lines.size()), fixed(mean("bytes_per_token"), 3),
                       is_language ? fixed(mean("uniform"), 3) : "", is_language ? fixed(mean("unigram"), 3) : "",
                       fixed(bits, 3), lines.size() > 1 ? fixed(deviation, 3) : "",
                       is_language ? percent(1 - bits / mean("unigram"), 1) : "",
                       is_language && known && known->learnt > 0 ? fixed(known->learnt, 2) : "",
                       percent(mean("accuracy"), 1), is_language ? "" : percent(mean("later_accuracy"), 1)});
        }
        return table;
    }

    static void write_file(const fs::path& path, std::string_view text) {
        const fs::path fresh = path.string() + ".new";
        std::ofstream file(fresh, std::ios::binary);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        if (!file) {
            throw std::runtime_error("cannot write " + path.string());
        }
        fs::rename(fresh, path);
    }

private:
    static std::string joined(const std::vector<std::string>& cells) {
        std::string line;
        for (const std::string& cell : cells) {
            line += (line.empty() ? "" : ",") + cell;
        }
        return line;
    }

    static std::pair<double, double> moments(const std::vector<const std::vector<std::string>*>& lines,
                                             std::string_view name) {
        const auto at =
            static_cast<std::size_t>(std::find(result_names.begin(), result_names.end(), name) - result_names.begin());
        double sum = 0;
        double squares = 0;
        for (const auto* const line : lines) {
            const double value = std::stod((*line)[key_names.size() + at]);
            sum += value;
            squares += value * value;
        }
        const auto count = static_cast<double>(lines.size());
        const double variance = count > 1 ? std::max(0.0, (squares - sum * sum / count) / (count - 1)) : 0;
        return {sum / count, std::sqrt(variance)};
    }

    std::string m_name;
    fs::path m_path;
    std::vector<std::vector<std::string>> m_lines;
};

/// How many bytes a token of this method has, on a sample.
double bytes_a_token(method& by, bytes text) {
    std::size_t tokens = 0;
    std::size_t taken = 0;
    for (std::size_t at = 0; at + example_bytes <= text.size() && taken < 20 * example_bytes;
         at += text.size() / 20, taken += example_bytes) {
        tokens += by.code(text.subspan(at, example_bytes)).size();
    }
    if (tokens == 0) {
        throw std::runtime_error("the text is too short");
    }
    return static_cast<double>(taken) / static_cast<double>(tokens);
}

class study {
public:
    study(const options& given, const learn_options& how)
        : m_given(given),
          m_how(how),
          m_text(given.text()),
          m_settings(given.make_settings()),
          m_results(given.out, how.name()) {}

    void run() {
        for (const std::string& size : m_how.sizes) {
            for (const std::uint64_t seed : m_how.seeds) {
                for (const std::string& name : m_given.methods_or(default_methods())) {
                    run_one(name, size, seed);
                }
            }
        }
        m_results.summary().write_markdown(m_given.out);
    }

private:
    /// Those of the paper, and this library's own beside them.
    [[nodiscard]] std::vector<std::string> default_methods() const {
        if (m_how.translates()) {
            std::vector<std::string> names{"bytes",
                                           "static-ac/256",
                                           "ac/256",
                                           "equal-info-16/256",
                                           "padded-16/256",
                                           "equal-info-32/256",
                                           "equal-info-16/65k",
                                           "english16/65k"};
            if (m_how.task == "compress") {
                names.erase(names.begin());  // what decompression is compared with: the text by itself
            }
            return names;
        }
        if (m_how.match == "tokens") {
            return {"bytes",         "sentencepiece", "equal-info-16/256", "equal-info-16/65k",
                    "padded-16/256", "padded-16/65k", "english16/65k"};
        }
        std::vector<std::string> names{"bytes", "sentencepiece"};
        for (const char* kind : {"static-ac", "ac", "equal-info-16", "padded-16", "equal-info-24", "equal-info-32",
                                 "equal-info-64", "equal-info-128", "gzip", "english16"}) {
            for (const char* v : {"/256", "/65k"}) {
                names.push_back(std::string(kind) + v);
            }
        }
        std::erase(names, "english16/256");
        for (const char* kind : {"padded-delay-16", "padded-16-every-other", "padded-16-never", "self-ending-16",
                                 "self-ending-16-every-other", "self-ending-16-never"}) {
            for (const char* v : {"/256", "/65k"}) {
                names.push_back(std::string(kind) + v);
            }
        }
        return names;
    }

    struct parts_of_text {
        m2::split_text cut;
        std::size_t text_bytes = 0;
        std::size_t example = 0;
    };

    /// The same for all methods: a tenth of the examples, but not much more than most_held bytes, is held back.
    [[nodiscard]] parts_of_text by_bytes() const {
        const std::size_t example = m_how.example_size();
        const std::size_t held_every = std::max<std::size_t>(10, m_text.size() / m_how.most_held);
        return {m2::split(m_text, example, held_every), m_text.size(), example};
    }

    /// So much text as has so many tokens, from the beginning; held back is the end of the whole text, for all methods.
    [[nodiscard]] parts_of_text by_tokens(method& by) const {
        constexpr std::size_t none = ~std::size_t{0};
        const bytes text(m_text);
        const std::size_t held = std::min(m_how.most_held, text.size() / 10);
        const double ratio = bytes_a_token(by, text);
        const auto example =
            std::max<std::size_t>(16, static_cast<std::size_t>(ratio * static_cast<double>(m_how.length)));
        // A little more than it should take, since the ratio is that of a sample.
        const auto wanted = static_cast<std::size_t>(1.05 * ratio * static_cast<double>(m_how.tokens)) + example;
        const std::size_t there = text.size() - held;
        if (wanted > there) {
            std::fprintf(stderr, "%s: so many tokens want %zu bytes of text, and there are %zu\n", by.name().c_str(),
                         wanted, there);
        }
        const bytes learnt = text.first(std::min(wanted, there));
        m2::split_text cut{m2::split(learnt, example, none).learnt, m2::split(text.last(held), example, none).learnt};
        return {std::move(cut), learnt.size(), example};
    }

    [[nodiscard]] static std::uint32_t crc_of(const m2::task& task) {
        std::vector<std::uint32_t> all;
        for (const auto* const texts : {&task.learnt, &task.held}) {
            for (const m2::sequence& text : *texts) {
                all.push_back(static_cast<std::uint32_t>(text.ids.size()));
                all.insert(all.end(), text.ids.begin(), text.ids.end());
            }
        }
        return crc32(std::as_bytes(std::span(all)));
    }

    void run_one(const std::string& name, const std::string& size, std::uint64_t seed) {
        std::unique_ptr<method> by = make_method(name, m_settings);
        const parts_of_text parts = m_how.match == "tokens" && !m_how.translates() ? by_tokens(*by) : by_bytes();
        if (parts.cut.learnt.empty() || parts.cut.held.empty()) {
            throw std::runtime_error("takes more text, at least ten examples");
        }
        const m2::task task = make_task(parts.cut, size, name == "bytes" ? nullptr : by.get());
        const run_key key{m_how.task, m_how.match,      name,          m_given.m1,   size,
                          seed,       parts.text_bytes, parts.example, m_how.rounds, crc_of(task), m_how.rates_cell()};
        if (m_results.has(key)) {
            return;
        }
        const m2::amounts learnt = m2::amounts_of(task.learnt);
        const m2::amounts held = m2::amounts_of(task.held);

        m2::training_options training = m_how.training();
        training.seed = seed;
        training.threads = m_given.threads;
        const auto begin = std::chrono::steady_clock::now();
        m2::trainer trainer = begin_or_go_on(key, task, training);
        const std::uint64_t once =
            m_how.match == "tokens" && !m_how.translates() ? std::min(learnt.tokens, m_how.tokens) : learnt.tokens;
        const std::uint64_t goal = once * m_how.rounds;
        auto saved = begin;
        while (trainer.state().tokens < goal) {
            if (!std::isfinite(trainer.step(static_cast<double>(trainer.state().tokens) / static_cast<double>(goal)))) {
                throw std::runtime_error(name + ": the training has run away");
            }
            const auto now = std::chrono::steady_clock::now();
            if (!m_given.out.empty() && std::chrono::duration<double>(now - saved).count() > m_how.save_every) {
                save(key, trainer);
                saved = now;
            }
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        const m2::measured found = trainer.measure(task.held);
        if (!std::isfinite(found.bits)) {
            throw std::runtime_error(name + ": the training has run away");
        }
        double later = 0;
        if (m_how.translates()) {
            later = trainer.measure(m2::later_halves(task.held)).accuracy();
        }
        const m2::unigram counts(task.learnt, task.shape.first_output, task.shape.outputs);
        const auto held_bytes = static_cast<double>(held.bytes);
        m_results.add(key, {std::to_string(task.shape.outputs), std::to_string(trainer.state().tokens),
                            fixed(held_bytes / static_cast<double>(held.tokens), 4),
                            fixed(std::log2(task.shape.outputs) * static_cast<double>(held.tokens) / held_bytes, 4),
                            fixed(counts.bits_of(task.held) / held_bytes, 4), fixed(found.bits_a_byte(), 4),
                            fixed(found.accuracy(), 4), fixed(later, 4), fixed(seconds, 1)});
        std::fprintf(stderr, "%s %s %s seed %llu: %.3f bits/byte, %.1f %% right, %.1f %% of the later half; %.0f s\n",
                     m_how.task.c_str(), name.c_str(), size.c_str(), static_cast<unsigned long long>(seed),
                     found.bits_a_byte(), 100 * found.accuracy(), 100 * later, seconds);
        if (!m_given.out.empty()) {
            fs::remove(checkpoint_path());
        }
    }

    /// Without a method, the bytes of the text alone: what a translation is compared with.
    [[nodiscard]] m2::task make_task(const m2::split_text& parts, const std::string& size, method* by) const {
        const m1_shape layers = *m2::preset_of(size);
        if (by == nullptr) {
            return m2::language_task(layers, parts, 256,
                                     [](bytes text) { return std::vector<std::uint32_t>(text.begin(), text.end()); });
        }
        const auto code = [&](bytes text) { return by->code(text); };
        if (m_how.task == "decompress") {
            return m2::decompression_task(layers, parts, by->vocabulary(), code);
        }
        return m_how.task == "compress" ? m2::compression_task(layers, parts, by->vocabulary(), code)
                                        : m2::language_task(layers, parts, by->vocabulary(), code);
    }

    [[nodiscard]] fs::path checkpoint_path() const { return fs::path(m_given.out) / (m_how.name() + ".checkpoint"); }

    static std::string line_of(const run_key& key) {
        std::string line;
        for (const std::string& cell : key.cells()) {
            line += cell + ",";
        }
        return line + "\n";
    }

    /// A line that names the run, then the trainer's own checkpoint.
    void save(const run_key& key, const m2::trainer& trainer) const {
        const std::vector<std::byte> state = m2::write_checkpoint(trainer.state());
        std::string text = line_of(key);
        text.append(reinterpret_cast<const char*>(state.data()), state.size());
        results::write_file(checkpoint_path(), text);
    }

    [[nodiscard]] m2::trainer begin_or_go_on(const run_key& key, const m2::task& task,
                                             const m2::training_options& training) const {
        std::ifstream file(checkpoint_path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        const std::string line = line_of(key);
        if (!m_given.out.empty() && text.starts_with(line)) {
            const std::span<const char> state(text.data() + line.size(), text.size() - line.size());
            return m2::trainer(m2::read_checkpoint(std::as_bytes(state)), task.learnt, training);
        }
        return m2::trainer(task.shape, task.learnt, training);
    }

    const options& m_given;
    const learn_options& m_how;
    std::vector<std::uint8_t> m_text;
    settings m_settings;
    results m_results;
};

}  // namespace

int main(int argc, char** argv) {
    learn_options how;
    return run_with_options(
        argc, argv, "Whether a language model can learn a tokenization",
        [&](const options& given) { study(given, how).run(); }, [&](CLI::App& app) { how.add_to(app); });
}
