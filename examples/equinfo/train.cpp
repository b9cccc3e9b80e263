// SPDX-License-Identifier: MIT
// equinfo train

#include "io.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/train/checkpoint.hpp>
#include <equinfo/train/export.hpp>
#include <equinfo/train/import.hpp>
#include <equinfo/train/presets.hpp>
#include <equinfo/train/sampler.hpp>
#include <equinfo/train/trainer.hpp>

#include <unistd.h>

#include <algorithm>
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

struct train_options {
    std::vector<std::string> files;
    std::vector<std::string> valid;
    std::string output;
    std::string preset = "fast";
    std::string log;
    std::string start;
    double minutes = 60;
    std::uint64_t steps = 0;
    double measure_seconds = 60;
    double save_seconds = 240;
    equinfo::train::training_options training;
    bool resume = false;
    bool force = false;
    bool gunzip = false;
    talk how;
};

struct texts {
    std::vector<std::uint8_t> learnt;
    std::vector<std::uint8_t> held;  // only measured
};

/// The file behind the others, its last document ended too.
void read_text(const std::string& file, const train_options& options, std::vector<std::uint8_t>& to) {
    text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
    expect_other_file(in.file(), options.output);
    progress bar("reading " + in.file().name(), in.file().size(), options.how.bar());
    std::vector<std::byte> room(std::size_t{1} << 16);
    while (const std::size_t count = in.text().read(room)) {
        const auto text = equinfo::text_of(std::span<const std::byte>(room).first(count));
        to.insert(to.end(), text.begin(), text.end());
        bar.at(in.file().position());
    }
    if (!to.empty() && to.back() != 0) {
        to.push_back(0);
    }
}

texts read_texts(const train_options& options) {
    texts read;
    for (const std::string& file : options.files) {
        const std::size_t begin = read.learnt.size();
        read_text(file, options, read.learnt);
        if (options.valid.empty()) {  // a fiftieth of each file is held back
            const std::size_t end = read.learnt.size() - (read.learnt.size() - begin) / 50;
            read.held.insert(read.held.end(), read.learnt.begin() + static_cast<std::ptrdiff_t>(end), read.learnt.end());
            read.learnt.resize(end);
        }
    }
    for (const std::string& file : options.valid) {
        read_text(file, options, read.held);
    }
    return read;
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
    csv_log(const std::string& file, bool goes_on) {
        if (file.empty()) {
            return;
        }
        m_out.open(file, goes_on ? std::ios::app : std::ios::trunc);
        if (!m_out) {
            throw failure(file, "cannot be written");
        }
        if (m_out.tellp() == 0) {
            m_out << "seconds,step,bytes,train,valid,first8,first32,full,kb_per_s\n";
        }
    }

    void add(double seconds, const equinfo::train::training_state& state, double bits, const measured& held,
             double bytes_a_second) {
        if (m_out.is_open()) {
            char line[256];
            std::snprintf(line, sizeof line, "%.0f,%llu,%llu,%.4f,%.4f,%.4f,%.4f,%.4f,%.2f\n", seconds,
                          static_cast<unsigned long long>(state.step), static_cast<unsigned long long>(state.bytes), bits,
                          held.all, held.first8, held.next24, held.full, bytes_a_second / 1000);
            m_out << line << std::flush;
        }
    }

private:
    std::ofstream m_out;
};

void write_whole(const std::string& file, std::span<const std::byte> bytes) {
    output_file out(file, output_file::existing::replaced);
    out.write(bytes);
    out.commit();
}

trainer begin(const train_options& options, const std::string& checkpoint) {
    if (!options.resume) {
        auto model = equinfo::train::parameters::random(equinfo::train::preset_of(options.preset).value(), options.training.seed);
        if (!options.start.empty()) {
            const equinfo::train::parameters other = equinfo::train::parameters_of(read_transformer(options.start));
            if (!equinfo::train::can_take_over(model.shape, other.shape)) {
                throw failure(options.start, "has other tables than preset " + options.preset);
            }
            equinfo::train::take_over(other, model);
        }
        return trainer(std::move(model), options.training);
    }
    input_file in(checkpoint);
    const std::vector<std::uint8_t> bytes = read_all(in);
    return trainer(equinfo::train::read_checkpoint(equinfo::bytes_of(std::span(bytes))), options.training);
}

void run(const train_options& options) {
    const std::string checkpoint = options.output + ".checkpoint";
    {  // hours of work for a name that cannot be written would be a pity
        const bool replaces = options.force || options.resume;
        const output_file out(options.output, replaces ? output_file::existing::replaced : output_file::existing::refused);
        if (!out.can_patch()) {
            throw usage_failure("a model that is being trained wants a regular file");
        }
    }
    trainer training = begin(options, checkpoint);
    const std::size_t length = trainer::length_for(training.model().shape);
    const texts text = read_texts(options);
    const sampler learnt({text.learnt}, length);
    const sampler held({text.held}, length);
    csv_log log(options.log, options.resume);
    if (!options.how.quiet) {
        std::fprintf(stderr, "%s bytes to learn from, %s held back to measure by\n", grouped(learnt.total()).c_str(),
                     grouped(held.total()).c_str());
    }

    using clock = std::chrono::steady_clock;
    const auto seconds_since = [](clock::time_point begin) {
        return std::chrono::duration<double>(clock::now() - begin).count();
    };
    const auto start = clock::now() - std::chrono::milliseconds(training.state().milliseconds);
    const auto save = [&] {
        training.took(static_cast<std::uint64_t>(seconds_since(start) * 1000));
        write_whole(checkpoint, equinfo::train::write_checkpoint(training.state()));
        write_whole(options.output, equinfo::write_m1(equinfo::train::content_of(training.model())));
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
        ended = done >= 1;
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
            const measured result = training.measure(held, ended ? 96 : 32);
            const double cost = batches != 0 ? bits / static_cast<double>(batches) : recent;
            log.add(seconds, training.state(), cost, result, rate);
            line.clear();
            if (!options.how.quiet) {
                std::fprintf(stderr,
                             "%6.0f s  step %llu  %s  learnt %.4f  held back %.4f  (0-7 %.4f, 8-31 %.4f, full %.4f)  %s/s\n",
                             seconds, static_cast<unsigned long long>(training.state().step),
                             in_units(static_cast<double>(training.state().bytes)).c_str(), cost, result.all, result.first8,
                             result.next24, result.full, in_units(rate).c_str());
            }
            if (!std::isfinite(result.all) || equinfo::train::has_run_away(training.model())) {
                throw failure(options.output, "training has run away; try a lower --rate");
            }
            if (ended || seconds_since(saved_at) > options.save_seconds) {
                save();
                saved_at = clock::now();
            }
            measured_at = clock::now();
            bits = 0;
            batches = 0;
            bytes = 0;
        }
    }
}

int train(train_options options) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    options.training.threads = threads_of(options.training.threads);
    if (options.minutes <= 0 && options.steps == 0) {
        throw usage_failure("--minutes must be more than 0");
    }
    return for_each_file({options.output}, [&](const std::string&) { run(options); });
}

}  // namespace

void add_train(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("train", "A transformer out of text, for --model");
    const auto options = std::make_shared<train_options>();
    command->add_option("FILE", options->files, "Text; none or \"-\" is standard input. Files and NUL bytes part documents");
    command->add_option("-o,--output", options->output, "The model file, by custom NAME.eqm; NAME.eqm.checkpoint lies beside it")
        ->check(not_empty())
        ->type_name("MODEL")
        ->required();
    command->add_option("--preset", options->preset, "Its shape: fast or base")
        ->check(CLI::IsMember({"fast", "base"}))
        ->type_name("NAME")
        ->capture_default_str();
    command->add_option("--start", options->start, "Begin with a model that has the same tables: \"fast\" or a file")->type_name("MODEL");
    command->add_option("--valid", options->valid, "Text that is only measured; without, the last fiftieth of each file")
        ->type_name("FILE");
    command->add_option("--minutes", options->minutes, "How long, earlier runs included; the rates fall until then")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--steps", options->steps, "How many batches instead: the same model whatever the machine is doing")
        ->type_name("N");
    command->add_option("--log", options->log, "A line of CSV for each measurement")->type_name("FILE");
    command->add_option("--every", options->measure_seconds, "Seconds between measurements")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--save-every", options->save_seconds, "Seconds between checkpoints")
        ->type_name("N")
        ->capture_default_str();
    command->add_option("--batch", options->training.batch, "Bytes a step")
        ->type_name("N")
        ->check(CLI::Range(512, 1 << 24))
        ->capture_default_str();
    command->add_option("--rate", options->training.rate, "How fast to learn: all but inner matrices and tables")
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--muon", options->training.muon, "The same, for inner matrices; 0: as all else")
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--table-rate", options->training.table_rate, "The same, for tables")
        ->type_name("X")
        ->capture_default_str();
    command->add_option("--seed", options->training.seed, "Another seed, another model")->type_name("N")->capture_default_str();
    command->add_flag("--resume", options->resume, "Go on from the checkpoint, with the same options and text");
    command->add_flag("--gunzip", options->gunzip, "Unpack files that are gzip");
    command->add_flag("-f,--force", options->force, "Overwrite the model file");
    add_thread_option(*command, options->training.threads);
    add_talk_options(*command, options->how);
    command->footer(
        "The model file is good from the first checkpoint on. Memory: the text, and about 250 MB for fast.\n"
        "Examples:\n"
        "  equinfo train --minutes 60 corpus/*.txt -o mine.eqm --log mine.csv\n"
        "  equinfo train --minutes 120 --resume corpus/*.txt -o mine.eqm\n"
        "  equinfo evaluate --model mine.eqm novel.txt");
    command->callback([options, &result] { result = train(*options); });
}

}  // namespace program
