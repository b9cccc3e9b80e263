// SPDX-License-Identifier: MIT
// equinfo train

#include "io.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "training_text.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/train.hpp>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace program {
namespace {

using equinfo::train::measured;
using equinfo::train::sampler;
using equinfo::train::trainer;

constexpr std::size_t measured_sequences = 64;  // the same ones each time, so that the best model is known

struct train_options {
    std::vector<std::string> files;
    std::vector<std::string> valid;
    std::string output;
    std::string preset = "fast";
    std::string feed = "squared";
    std::string contexts_text;
    std::vector<std::size_t> contexts;
    std::string log;
    std::string start;
    double minutes = 60;
    std::uint64_t steps = 0;
    std::uint64_t stop_after = ~std::uint64_t{0};
    double measure_seconds = 120;
    double save_seconds = 240;
    equinfo::train::training_options training;
    std::string split = "nul";
    training_text_options text;
    std::string plot;
    bool is_preset_given = false;
    bool is_feed_given = false;
    bool resume = false;
    bool force = false;
    talk how;
};

/// All files, and which parts of them are learnt from and which are only measured.
struct texts {
    std::vector<training_text> files;
    std::vector<std::span<const std::uint8_t>> learnt;
    std::vector<std::span<const std::uint8_t>> held;
};

texts read_texts(const train_options& options) {
    texts all;
    const auto open = [&](const std::string& file) {
        for (const std::string& output : {options.output, options.output + ".checkpoint", options.log, options.plot}) {
            if (!output.empty()) {
                expect_other_file(input_file(file), output);
            }
        }
        all.files.emplace_back(file, options.text, options.how);
        return all.files.back().bytes();
    };
    for (const std::string& file : options.files) {
        const std::span<const std::uint8_t> text = open(file);
        const std::size_t learnt = options.valid.empty() ? held_back_from(text, options.text.separator) : text.size();
        all.learnt.push_back(text.first(learnt));
        all.held.push_back(text.subspan(learnt));
    }
    for (const std::string& file : options.valid) {
        all.held.push_back(open(file));
    }
    return all;
}

/// A line on the terminal, drawn over and over, with what the last batches cost and how long it will take.
class live_line {
public:
    explicit live_line(const talk& how) : m_enabled(how.bar() == progress::shown::on_terminal && ::isatty(STDERR_FILENO) == 1) {}
    live_line(const live_line&) = delete;
    live_line& operator=(const live_line&) = delete;
    ~live_line() { clear(); }

    void draw(double done, double bits, double bytes_a_second, double seconds_left) {
        if (!m_enabled) {
            return;
        }
        constexpr std::size_t width = 24;
        const auto filled = static_cast<std::size_t>(done * width);
        const auto left = static_cast<unsigned long long>(std::max(0.0, seconds_left) + 0.5);
        std::fprintf(stderr, "\rtraining: [%s%s] %3.0f %%, %.3f bits a byte, %s/s, %llu:%02llu:%02llu left\033[K",
                     std::string(filled, '#').c_str(), std::string(width - filled, '.').c_str(), 100 * done, bits,
                     in_units(bytes_a_second).c_str(), left / 3600, left / 60 % 60, left % 60);
        std::fflush(stderr);
        m_drawn = true;
    }

    void clear() {
        if (std::exchange(m_drawn, false)) {
            std::fputs("\r\033[K", stderr);
        }
    }

private:
    bool m_enabled;
    bool m_drawn = false;
};

/// One line for every measurement, behind those of earlier runs.
class csv_log {
public:
    csv_log(const std::string& file, bool goes_on) : m_file(file) {
        if (file.empty()) {
            return;
        }
        m_out.open(file, goes_on ? std::ios::app : std::ios::trunc);
        if (!m_out) {
            throw failure(file, "cannot be written");
        }
        if (m_out.tellp() == 0) {
            m_out << "seconds,step,bytes,train,valid,first8,next24,full,kb_per_s\n";
        }
    }

    void add(double seconds, const equinfo::train::training_state& state, double bits, const measured& held,
             double bytes_a_second) {
        if (m_out.is_open()) {
            const auto number = [](double value) { return std::isfinite(value) ? decimal(value, 4) : std::string(); };
            m_out << decimal(seconds, 0) << ',' << state.step << ',' << state.bytes << ',' << number(bits) << ',' << number(held.all)
                  << ',' << number(held.first8) << ',' << number(held.next24) << ',' << number(held.full) << ','
                  << decimal(bytes_a_second / 1000, 2) << '\n'
                  << std::flush;
            if (!m_out) {
                throw failure(m_file, "cannot be written");
            }
        }
    }

private:
    std::string m_file;
    std::ofstream m_out;
};

/// Draws the log's curve. Gnuplot is a tool of its own, which may not be there: said once, and training goes on.
class curve_plot {
public:
    curve_plot(std::string log, std::string file) : m_log(std::move(log)), m_file(std::move(file)) {}

    void draw() {
        if (m_file.empty() || m_failed) {
            return;
        }
        std::FILE* const gnuplot = ::popen("gnuplot 2>/dev/null; result=$?; while read -r line; do :; done; exit $result", "w");
        if (gnuplot != nullptr) {
            const std::string log = quoted(m_log);
            std::fprintf(gnuplot,
                         "set terminal svg size 800,500\nset output %s\nset datafile separator ','\nset grid\n"
                         "set xlabel 'bytes learnt from'\nset ylabel 'bits a byte'\nset format x '%%.0s%%c'\n"
                         "plot %s using 3:4 every ::1 with lines title 'learnt', %s using 3:5 every ::1 with lines title 'held back', "
                         "%s using 3:8 every ::1 with lines title 'held back, whole context seen'\n",
                         quoted(m_file).c_str(), log.c_str(), log.c_str(), log.c_str());
        }
        if (gnuplot == nullptr || ::pclose(gnuplot) != 0) {
            m_failed = true;
            complain("no plot: gnuplot is not there, or cannot write " + m_file);
        }
    }

private:
    /// As gnuplot reads it between single quotes.
    static std::string quoted(const std::string& name) {
        std::string result = name.starts_with('/') ? "'" : "'./";  // what begins with "<", "|" or "-" is a name all the same
        for (const char letter : name) {
            result += letter == '\'' ? std::string("\'\'") : std::string(1, letter);
        }
        return result + "'";
    }

    std::string m_log;
    std::string m_file;
    bool m_failed = false;
};

void write_whole(const std::string& file, std::span<const std::byte> bytes) {
    output_file out(file, output_file::existing::replaced);
    out.write(bytes);
    out.commit();
}

equinfo::m1_shape shape_of(const train_options& options, equinfo::m1_feed feed) {
    using namespace equinfo::train;
    const equinfo::m1_shape shape = with_contexts(with_feed(preset_of(options.preset).value(), feed), options.contexts);
    if (const char* const fault = equinfo::fault_of(shape)) {
        throw usage_failure(std::string("--contexts: ") + fault);
    }
    return shape;
}

trainer begin(const train_options& options, const std::string& checkpoint) {
    const equinfo::m1_feed feed = equinfo::m1_feed_of(options.feed).value();
    if (!options.resume) {
        auto model = equinfo::train::parameters::random(shape_of(options, feed), options.training.seed);
        if (!options.start.empty()) {
            const equinfo::train::parameters other = equinfo::train::parameters_of(read_transformer(options.start));
            if (!equinfo::train::can_take_over(model.shape, other.shape)) {
                throw failure(options.start, "has other tables than preset " + options.preset);
            }
            const bool is_whole = equinfo::train::take_over(other, model) == equinfo::train::taken_over::all;
            if (!options.how.quiet) {
                std::fprintf(stderr, "begins with %s of %s\n", is_whole ? "all" : "the tables", options.start.c_str());
            }
        }
        return trainer(std::move(model), options.training);
    }
    input_file in(checkpoint);
    const std::vector<std::uint8_t> bytes = read_all(in);
    trainer training(equinfo::train::read_checkpoint(equinfo::bytes_of(std::span(bytes))), options.training);
    const equinfo::m1_shape& shape = training.model().shape;
    if (options.is_feed_given && shape.feed != feed) {
        throw failure(checkpoint, "has no " + options.feed + " feed-forward layers");
    }
    if (equinfo::train::with_contexts(shape, options.contexts) != shape) {
        throw failure(checkpoint, "has other contexts than " + options.contexts_text);
    }
    if (options.is_preset_given) {
        equinfo::m1_shape wanted = equinfo::train::with_feed(equinfo::train::preset_of(options.preset).value(), shape.feed);
        wanted.context = shape.context;
        wanted.contexts = shape.contexts;
        if (shape != wanted) {
            throw failure(checkpoint, "is of another shape than preset " + options.preset);
        }
    }
    return training;
}

void run(const train_options& options) {
    const std::string checkpoint = options.output + ".checkpoint";
    const std::vector<std::string> outputs = {options.output, checkpoint, options.log, options.plot};
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        for (std::size_t j = i + 1; j < outputs.size(); ++j) {
            if (!outputs[i].empty() && !outputs[j].empty() && is_same_output(outputs[i], outputs[j])) {
                throw usage_failure("two outputs have the name " + outputs[j]);
            }
        }
    }
    {  // hours of work for a name that cannot be written would be a pity
        const bool replaces = options.force || options.resume;
        const output_file out(options.output, replaces ? output_file::existing::replaced : output_file::existing::refused);
        if (!out.can_patch()) {
            throw usage_failure("a model that is being trained wants a regular file");
        }
    }
    bool is_written = options.resume && std::filesystem::exists(options.output);
    trainer training = begin(options, checkpoint);
    const std::size_t length = trainer::length_for(training.model().shape);
    const texts text = read_texts(options);
    const sampler learnt(text.learnt, length, options.text.separator);
    const sampler held(text.held, length, options.text.separator);
    csv_log log(options.log, options.resume);
    curve_plot plot(options.log, options.plot);
    if (!options.how.quiet) {
        std::fprintf(stderr, "%s bytes to learn from in %s documents, %s held back to measure by\n", grouped(learnt.total()).c_str(),
                     grouped(learnt.documents()).c_str(), grouped(held.total()).c_str());
    }

    using clock = std::chrono::steady_clock;
    const auto seconds_since = [](clock::time_point begin) {
        return std::chrono::duration<double>(clock::now() - begin).count();
    };
    const auto start = clock::now() - std::chrono::milliseconds(training.state().milliseconds);
    const auto save = [&] {
        training.took(static_cast<std::uint64_t>(seconds_since(start) * 1000));
        write_whole(checkpoint, equinfo::train::write_checkpoint(training.state()));
    };
    live_line line(options.how);
    auto measured_at = clock::now();
    auto saved_at = clock::now();
    auto drawn_at = clock::now() - std::chrono::seconds(1);
    double recent = 0;  // bits a byte, of the last batches
    double bits = 0;    // of the batches since the last measurement
    std::uint64_t batches = 0;
    std::uint64_t bytes = 0;
    double rate = 0;  // bytes a second
    for (bool ended = false; !ended;) {
        const double seconds = seconds_since(start);
        const double done = options.steps != 0 ? static_cast<double>(training.state().step) / static_cast<double>(options.steps)
                                               : seconds / (60 * options.minutes);
        ended = done >= 1 || training.state().step >= options.stop_after;
        if (!ended) {
            const std::uint64_t before = training.state().bytes;
            const double cost = training.step(learnt, done);
            if (!std::isfinite(cost)) {
                throw failure(options.output,
                              "training has run away at step " + std::to_string(training.state().step) + "; try a lower --rate");
            }
            bits += cost;
            bytes += training.state().bytes - before;
            recent = batches++ == 0 && recent == 0 ? cost : 0.95 * recent + 0.05 * cost;
        }
        rate = bytes != 0 ? static_cast<double>(bytes) / std::max(1e-3, seconds_since(measured_at)) : rate;
        if (!ended && seconds_since(drawn_at) > 0.2) {
            drawn_at = clock::now();
            line.draw(done, recent, rate,
                      done > 0 && options.steps != 0 ? seconds * (1 / done - 1) : 60 * options.minutes - seconds);
        }
        if (ended || seconds_since(measured_at) > options.measure_seconds) {
            // The model, or its average of late, whichever is better.
            measured result = training.measure(training.model(), held, measured_sequences);
            const measured average = training.measure(training.average(), held, measured_sequences);
            const bool is_average = average.all < result.all;
            const equinfo::train::parameters& better = is_average ? training.average() : training.model();
            result = is_average ? average : result;
            const double cost = batches != 0 ? bits / static_cast<double>(batches) : recent;
            log.add(seconds, training.state(), cost, result, rate);
            plot.draw();
            line.clear();
            if (!options.how.quiet) {
                const std::string full = std::isfinite(result.full) ? ", full " + decimal(result.full, 4) : std::string();
                std::fprintf(stderr, "%6.0f s  step %llu  %s  learnt %.4f  held back %.4f  (0-7 %.4f, 8-31 %.4f%s)  %s/s\n", seconds,
                             static_cast<unsigned long long>(training.state().step),
                             in_units(static_cast<double>(training.state().bytes)).c_str(), cost, result.all, result.first8,
                             result.next24, full.c_str(), in_units(rate).c_str());
            }
            if (!std::isfinite(result.all) || equinfo::train::has_run_away(better)) {
                throw failure(options.output, "training has run away; try a lower --rate");
            }
            // A small text can be learnt by heart, and then the text held back costs more again.
            if (training.is_best(result.all) || !is_written) {
                write_whole(options.output, equinfo::write_m1(equinfo::train::content_of(better)));
                is_written = true;
            }
            measured_at = clock::now();
            bits = 0;
            batches = 0;
            bytes = 0;
        }
        if (ended || seconds_since(saved_at) > options.save_seconds) {
            save();
            saved_at = clock::now();
        }
    }
}

/// "128,128,512"
std::vector<std::size_t> contexts_of(const std::string& text) {
    std::vector<std::size_t> contexts;
    for (const char* at = text.data(), * const end = at + text.size(); at != end;) {
        const auto [behind, fault] = std::from_chars(at, end, contexts.emplace_back());
        if (fault != std::errc() || (behind != end && (*behind != ',' || behind + 1 == end))) {
            throw usage_failure("--contexts wants numbers with commas between, not \"" + text + '"');
        }
        at = behind == end ? end : behind + 1;
    }
    return contexts;
}

int train(train_options options) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    if (!std::isfinite(options.minutes)) {
        throw usage_failure("--minutes is a number");
    }
    options.contexts = contexts_of(options.contexts_text);
    options.training.threads = threads_of(options.training.threads);
    options.text.separator = options.split == "line" ? '\n' : '\0';
    return for_each_file({options.output}, [&](const std::string&) { run(options); });
}

}  // namespace

void add_train(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("train", "A transformer out of text, for --model");
    const auto options = std::make_shared<train_options>();
    command->add_option("FILE", options->files, "Text; none or \"-\" is standard input. A file ends a document");
    command->add_option("-o,--output", options->output, "The model file, by custom NAME.eqm; NAME.eqm.checkpoint lies beside it")
        ->check(not_empty())
        ->type_name("MODEL")
        ->required();
    command->add_option("--preset", options->preset, "Its shape: fast, base, or tiny to try things out")
        ->check(CLI::IsMember({"fast", "base", "tiny"}))
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--feed", options->feed,
                        "Its feed-forward layers: squared; or, at the same cost, gated or swiglu: two thirds as wide, rounded up to a multiple of 32")
        ->check(CLI::IsMember({"squared", "gated", "swiglu"}))
        ->type_name("KIND")
        ->capture_default_str();
    command->add_option("--contexts", options->contexts_text,
                        "How many positions attention sees in each layer, the first one first, with commas")
        ->type_name("N,...");
    command->add_option("--start", options->start, "Begin with a model that has tables of the same kinds: fast, base or a file")->type_name("MODEL");
    command->add_option("--valid", options->valid, "Text that is only measured, any number of times; without, the last fiftieth of each FILE")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_option("--minutes", options->minutes, "How long, earlier runs included; the rates fall until then")
        ->check(CLI::Range(1e-3, 1e7))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--steps", options->steps, "How many batches instead: the same model whatever the machine is doing")
        ->type_name("N");
    command->add_option("--stop-after", options->stop_after, "Batches to stop behind, for --resume to go on from")->type_name("N");
    auto* const json =
        command
            ->add_option("--jsonl", options->text.json_field,
                         "Every line is a JSON object with a document in this field; may be gzip")
            ->type_name("FIELD");
    command->add_option("--split", options->split, "Where documents end: behind every nul or line")
        ->check(CLI::IsMember({"nul", "line"}))
        ->type_name("WHERE")
        ->capture_default_str()
        ->excludes(json);
    auto* const log = command->add_option("--log", options->log, "A line of CSV for each measurement")->type_name("FILE");
    command->add_option("--plot", options->plot, "The curve of what --log has, as SVG, drawn by gnuplot after each measurement")
        ->type_name("FILE")
        ->needs(log);
    command->add_option("--every", options->measure_seconds, "Seconds between measurements")
        ->check(CLI::Range(0.0, 1e9))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--save-every", options->save_seconds, "Seconds between checkpoints")
        ->check(CLI::Range(0.0, 1e9))
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--batch", options->training.batch, "Bytes a step")
        ->type_name("N")
        ->check(CLI::Range(512, 1 << 24))
        ->capture_default_str();
    command->add_option("--rate", options->training.rate, "How fast to learn: all but inner matrices and tables")
        ->check(CLI::Range(0.0F, 10.0F))
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--muon", options->training.muon, "The same, for inner matrices; 0: as all else")
        ->check(CLI::Range(0.0F, 10.0F))
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--table-rate", options->training.table_rate, "The same, for tables")
        ->check(CLI::Range(0.0F, 10.0F))
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--seed", options->training.seed, "Another seed, another model")->type_name("N")->capture_default_str();
    command->add_flag("--resume", options->resume,
                      "Go on from the checkpoint, with the same options and text; --start and --seed do not count then");
    command->add_flag("--gunzip", options->text.gunzip, "Unpack files that are gzip");
    command->add_flag("-f,--force", options->force, "Overwrite the model file");
    add_thread_option(*command, options->training.threads);
    command->get_option("--threads")->description("Threads; 0 for all of the machine. With --steps the model is the same for every number");
    add_talk_options(*command, options->how);
    command->footer(
        "MODEL is the one that measured best so far on the text held back. Memory: about 250 MB for fast; texts are mapped.\n"
        "Examples:\n"
        "  equinfo train --minutes 60 corpus/*.txt -o mine.eqm --log mine.csv\n"
        "  equinfo train --minutes 120 --resume corpus/*.txt -o mine.eqm\n"
        "  equinfo evaluate --model mine.eqm novel.txt");
    command->callback([options, command, &result] {
        options->is_preset_given = command->count("--preset") != 0;
        options->is_feed_given = command->count("--feed") != 0;
        result = train(*options);
    });
}

}  // namespace program
