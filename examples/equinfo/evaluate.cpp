// SPDX-License-Identifier: MIT
// equinfo evaluate

#include "cpu_time.hpp"
#ifdef EQUINFO_TRAIN
#include "learnability.hpp"
#endif
#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"
#include "token_options.hpp"

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/tokens/packer.hpp>

#include <nlohmann/json.hpp>
#ifdef EQUINFO_ZLIB
#include <zlib.h>
#endif

#include <array>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace program {
namespace {

struct evaluate_options {
    std::vector<std::string> files;
    std::vector<std::string> models{"english"};
    std::vector<unsigned> windows{16};
    std::vector<unsigned> tokens{16};
    std::vector<std::string> rules{"longest-match"};
    std::string limit = "1M";
    bool whole = false;
    bool csv = false;
    bool json = false;
    bool lines = false;
    bool without_baselines = false;
    bool gunzip = false;
    talk how;
    bool learns = false;
    std::string m2 = "small";
    double minutes = 15;
    std::uint64_t seed = 1;
    unsigned threads = 0;
};

/// One line of the table. What does not apply is not there.
struct row {
    std::string file;
    std::string model;
    std::string rule;
    std::optional<unsigned> window_bits;
    std::optional<unsigned> token_bits;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> windows;
    std::optional<std::uint64_t> tokens;
    double bits = 0;
    std::optional<double> encode_seconds;
    std::optional<double> decode_seconds;

    [[nodiscard]] std::optional<double> bytes_per_token() const {
        return tokens && *tokens != 0 ? std::optional(static_cast<double>(bytes) / static_cast<double>(*tokens))
                                      : std::nullopt;
    }
    [[nodiscard]] std::optional<double> bits_per_byte() const {
        return bytes != 0 ? std::optional(bits / static_cast<double>(bytes)) : std::nullopt;
    }
    [[nodiscard]] std::optional<double> speed(std::optional<double> seconds) const {
        return seconds && *seconds > 0 && bytes != 0 ? std::optional(static_cast<double>(bytes) / 1e6 / *seconds) : std::nullopt;
    }
};

// ---- three ways to print
// ------------------------------------------------------------------------------------------------

class table {
public:
    virtual ~table() = default;
    virtual void begin() {}
    virtual void add(const row& line) = 0;
    virtual void end() {}
};

class text_table final : public table {
public:
    explicit text_table(const evaluate_options& options) {
        for (const std::string& file : options.files) {
            m_file_width = std::max(m_file_width, shown(file).size());
        }
        for (const std::string& model : options.models) {
            m_model_width = std::max(m_model_width, shown(model).size());
        }
    }
    void begin() override {
        std::printf("%-*s  %-*s  %6s %5s  %11s %10s %10s  %9s %9s  %9s %9s\n", static_cast<int>(m_file_width), "file",
                    static_cast<int>(m_model_width), "model", "window", "token", "bytes", "windows", "tokens",
                    "bytes/tok", "bits/byte", "enc MB/s", "dec MB/s");
    }
    void add(const row& line) override {
        const std::string window =
            line.window_bits ? std::to_string(*line.window_bits) + (line.rule == "self_ending" ? "s" : "") : "-";
        std::printf("%-*s  %-*s  %6s %5s  %11s %10s %10s  %9s %9s  %9s %9s\n", static_cast<int>(m_file_width),
                    shown(line.file).c_str(), static_cast<int>(m_model_width), shown(line.model).c_str(),
                    window.c_str(), line.token_bits ? std::to_string(*line.token_bits).c_str() : "-",
                    grouped(line.bytes).c_str(), line.windows ? grouped(*line.windows).c_str() : "-",
                    line.tokens ? grouped(*line.tokens).c_str() : "-", number(line.bytes_per_token(), 3).c_str(),
                    number(line.bits_per_byte(), 4).c_str(), number(line.speed(line.encode_seconds), 3).c_str(),
                    number(line.speed(line.decode_seconds), 3).c_str());
        std::fflush(stdout);
    }
    void end() override {
        std::printf(
            "\nwindow -: plain arithmetic coding of the whole text; s: self-ending. Speed: CPU time of one thread.\n");
    }

private:
    static std::string number(std::optional<double> value, int places) { return value ? decimal(*value, places) : "-"; }
    static std::string shown(const std::string& name) {
        constexpr std::size_t longest = 32;
        return name.size() <= longest ? name : "..." + name.substr(name.size() - (longest - 3));
    }
    std::size_t m_file_width = 4;
    std::size_t m_model_width = 15;
};

class csv_table final : public table {
public:
    void begin() override {
        std::puts(
            "file,model,rule,window_bits,token_bits,bytes,windows,tokens,bytes_per_token,bits_per_byte,encode_mb_per_s,"
            "decode_mb_per_s");
    }
    void add(const row& line) override {
        std::printf("%s,%s,%s,%s,%s,%llu,%s,%s,%s,%s,%s,%s\n", csv_cell(line.file).c_str(), csv_cell(line.model).c_str(),
                    line.rule.c_str(), whole(line.window_bits).c_str(), whole(line.token_bits).c_str(),
                    static_cast<unsigned long long>(line.bytes), whole(line.windows).c_str(),
                    whole(line.tokens).c_str(), number(line.bytes_per_token()).c_str(),
                    number(line.bits_per_byte()).c_str(), number(line.speed(line.encode_seconds)).c_str(),
                    number(line.speed(line.decode_seconds)).c_str());
        std::fflush(stdout);
    }

private:
    template <class T>
    static std::string whole(const std::optional<T>& value) {
        return value ? std::to_string(*value) : "";
    }
    static std::string number(std::optional<double> value) { return value ? decimal(*value, 6) : ""; }
};

class json_table final : public table {
public:
    void add(const row& line) override {
        const auto value = [](const auto& number) {
            return number ? nlohmann::ordered_json(*number) : nlohmann::ordered_json();
        };
        nlohmann::ordered_json object;
        object["file"] = line.file;
        object["model"] = line.model;
        object["rule"] = line.rule.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(line.rule);
        object["window_bits"] = value(line.window_bits);
        object["token_bits"] = value(line.token_bits);
        object["bytes"] = line.bytes;
        object["windows"] = value(line.windows);
        object["tokens"] = value(line.tokens);
        object["bytes_per_token"] = value(line.bytes_per_token());
        object["bits_per_byte"] = value(line.bits_per_byte());
        object["encode_mb_per_s"] = value(line.speed(line.encode_seconds));
        object["decode_mb_per_s"] = value(line.speed(line.decode_seconds));
        std::printf("%s\n  %s", m_first ? "[" : ",",
                    object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
        m_first = false;
    }
    void end() override { std::puts(m_first ? "[]" : "\n]"); }

private:
    bool m_first = true;
};

// ---- measuring
// ----------------------------------------------------------------------------------------------------------

[[noreturn]] void refuse_wrong(const std::string& file, const std::string& what) {
    throw failure(file, what + " does not decode to the text; this is a fault of the program");
}

void add_entropy(const std::string& file, std::span<const std::uint8_t> text, table& out) {
    std::array<std::uint64_t, 256> counts{};
    for (const std::uint8_t byte : text) {
        ++counts[byte];
    }
    row line{file, "order-0 entropy", {}, {}, {}, text.size(), {}, {}, 0, {}, {}};
    for (const std::uint64_t count : counts) {
        if (count != 0) {
            line.bits -=
                static_cast<double>(count) * std::log2(static_cast<double>(count) / static_cast<double>(text.size()));
        }
    }
    out.add(line);
}

#ifdef EQUINFO_ZLIB
void add_gzip(const std::string& file, std::span<const std::uint8_t> text, table& out) {
    row line{file, "gzip -9", {}, {}, {}, text.size(), {}, {}, 0, {}, {}};
    z_stream stream{};
    if (::deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    std::vector<std::uint8_t> packed(::deflateBound(&stream, static_cast<uLong>(text.size())));
    double begin = cpu_seconds();
    stream.next_in = const_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    const bool coded = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    line.encode_seconds = cpu_seconds() - begin;
    line.bits = 8 * static_cast<double>(packed.size());

    std::vector<std::uint8_t> back(text.size() + 1);
    begin = cpu_seconds();
    z_stream inflating{};
    const bool ready = ::inflateInit2(&inflating, 15 + 16) == Z_OK;
    inflating.next_in = packed.data();
    inflating.avail_in = static_cast<uInt>(packed.size());
    inflating.next_out = back.data();
    inflating.avail_out = static_cast<uInt>(back.size());
    const bool decoded = ready && ::inflate(&inflating, Z_FINISH) == Z_STREAM_END;
    back.resize(inflating.total_out);
    ::inflateEnd(&inflating);
    line.decode_seconds = cpu_seconds() - begin;
    if (!coded || !decoded || !std::equal(text.begin(), text.end(), back.begin(), back.end())) {
        refuse_wrong(file, "gzip's output");
    }
    out.add(line);
}
#endif

void add_message(const std::string& file, std::span<const std::uint8_t> text, const codec& model, table& out) {
    const message_size size = model.measure(text);
    if (!size.came_back) {
        refuse_wrong(file, "the message of model " + model.name());
    }
    out.add({file,
             model.name(),
             {},
             {},
             {},
             text.size(),
             {},
             {},
             static_cast<double>(size.bits),
             size.encode_seconds,
             size.decode_seconds});
}

/// A row for the lines of a text, each a message of its own.
void add_lines(const std::string& file, std::span<const std::uint8_t> text, const codec& model, table& out) {
    std::vector<std::span<const std::uint8_t>> lines;
    std::uint64_t bytes = 0;
    for (auto begin = text.begin(); begin != text.end();) {
        const auto end = std::find(begin, text.end(), std::uint8_t{'\n'});
        lines.emplace_back(begin, end);
        bytes += lines.back().size();
        begin = end == text.end() ? end : end + 1;
    }
    const message_size size = model.measure_lines(lines);
    if (!size.came_back) {
        refuse_wrong(file, "a line's message of model " + model.name());
    }
    out.add({file,
             model.name(),
             "lines",
             {},
             {},
             bytes,
             {},
             {},
             static_cast<double>(size.bits),
             size.encode_seconds,
             size.decode_seconds});
}

/// One row a token size; the windows are made once.
void add_windows(const std::string& file, std::span<const std::uint8_t> text, const window_code& model, ending_rule rule,
                 unsigned window_bits, const std::vector<unsigned>& tokens, table& out) {
    const auto coder = model.windows(rule, window_bits);
    double begin = cpu_seconds();
    equinfo::bit_writer bits;
    const std::uint64_t windows = coder->encode(text, bits);
    const std::uint64_t bit_count = bits.bit_count();
    const std::vector<std::byte> coded = bits.take();
    const double encoding = cpu_seconds() - begin;

    std::optional<double> decoding;  // of windows that went through tokens; measured once
    for (const unsigned token_bits : tokens) {
        if (token_bits > window_bits) {
            continue;
        }
        const equinfo::token_packer packer(token_bits);
        std::vector<equinfo::token> ids;
        begin = cpu_seconds();
        packer.pack_bytes(coded, bit_count, ids);
        const double packing = cpu_seconds() - begin;
        begin = cpu_seconds();
        equinfo::bit_writer unpacked;
        packer.unpack(ids, unpacked);
        std::vector<std::byte> again = unpacked.take();
        const double unpacking = cpu_seconds() - begin;
        again.resize(coded.size());  // the last token's zero bits
        if (again != coded) {
            refuse_wrong(file, "a token stream of " + std::to_string(token_bits) + " bits");
        }
        if (!decoding) {
            std::vector<std::uint8_t> back;
            back.reserve(text.size());
            begin = cpu_seconds();
            equinfo::bit_reader reader(again);
            coder->decode(reader, windows, back);
            decoding = cpu_seconds() - begin;
            if (!std::equal(text.begin(), text.end(), back.begin(), back.end())) {
                refuse_wrong(file, "the windows of " + std::to_string(window_bits) + " bits of model " + model.name());
            }
        }
        out.add({file, model.name(), std::string(name_of(rule)), window_bits, token_bits, text.size(), windows,
                 ids.size(), static_cast<double>(bit_count), encoding + packing, unpacking + *decoding});
    }
}

std::vector<ending_rule> rules_of(const evaluate_options& options) {
    std::vector<ending_rule> rules;
    for (const std::string& rule : options.rules) {
        if (rule == "both") {
            return {ending_rule::longest_match, ending_rule::self_ending};
        }
        rules.push_back(parse_rule(rule));
    }
    return rules;
}

std::vector<std::uint8_t> read_text(text_input& in, std::uint64_t limit) {
    std::vector<std::uint8_t> text = read_all(in.text(), limit);
    if (text.size() > (std::uint64_t{1} << 31)) {
        throw failure(in.file().name(), "is too long to evaluate as a whole: use --limit");
    }
    return text;
}

#ifdef EQUINFO_TRAIN
/// Whether a language model can learn the tokens.
int evaluate_learnability(const evaluate_options& options) {
    std::vector<token_choice> choices;
    for (const std::string& name : options.models) {
        const std::shared_ptr<const window_code> code = load_window_code(name);
        const auto add = [&](ending_rule rule, unsigned window) {
            for (const unsigned token : options.tokens) {
                if (token <= window) {
                    choices.push_back({code, rule, window, token});
                }
            }
        };
        if (const std::optional<unsigned> only = code->only_window_bits()) {
            add(ending_rule::longest_match, *only);
            continue;
        }
        for (const ending_rule rule : rules_of(options)) {
            for (const unsigned window : options.windows) {
                add(rule, window);
            }
        }
    }
    constexpr unsigned most_token_bits = 18;  // the language model has a vector for each token
    for (const token_choice& choice : choices) {
        if (choice.token_bits > most_token_bits) {
            throw usage_failure("--learnability takes tokens of at most " + std::to_string(most_token_bits) + " bits");
        }
    }
    if (choices.empty()) {
        throw usage_failure("no token of -t is as short as a window");
    }
    const std::uint64_t limit = options.whole ? ~std::uint64_t{0} : parse_size(options.limit);
    learnability told({options.m2, options.minutes / static_cast<double>(options.files.size()), options.seed, threads_of(options.threads),
                       !options.without_baselines, options.csv, options.json, options.how});
    const int result = for_each_file(options.files, [&](const std::string& file) {
        text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
        told.add(in.file().name(), read_text(in, limit), choices);
    });
    told.end();
    finish_standard_output();
    return result;
}
#endif

int evaluate(evaluate_options options) {
    if (options.csv && options.json) {
        throw usage_failure("choose --csv or --json");
    }
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    const std::uint64_t limit = options.whole ? ~std::uint64_t{0} : parse_size(options.limit);
    const std::vector<ending_rule> rules = rules_of(options);
    for (const unsigned window : options.windows) {
        check_bits(window, 1);
    }
    for (const unsigned token : options.tokens) {
        if (token < 1 || token > 32) {
            throw usage_failure("tokens have 1 to 32 bits, not " + std::to_string(token));
        }
    }
    if (options.learns) {
#ifdef EQUINFO_TRAIN
        if (!std::isfinite(options.minutes) || options.minutes <= 0) {
            throw usage_failure("--minutes is a number above 0");
        }
        return evaluate_learnability(options);
#else
        throw usage_failure("built without the trainer, which --learnability needs (Debian: libeigen3-dev)");
#endif
    }
    const auto rows_of_windows = [&](unsigned window) {
        return static_cast<std::size_t>(std::count_if(options.tokens.begin(), options.tokens.end(), [window](unsigned token) { return token <= window; }));
    };
    std::vector<std::shared_ptr<const window_code>> models;
    std::size_t rows_a_file = 0;
    for (const std::string& name : options.models) {
        models.push_back(load_window_code(name));
        const std::optional<unsigned> only = models.back()->only_window_bits();
        std::size_t rows = only ? rows_of_windows(*only) : 0;
        for (const unsigned window : options.windows) {
            rows += only ? 0 : rules.size() * rows_of_windows(window);
        }
        if (rows == 0) {
            throw usage_failure("no token of -t is as short as a window of \"" + name + "\", so there is nothing to show");
        }
        rows_a_file += rows + (only ? 0 : options.lines ? 2 : 1);
    }

    std::unique_ptr<table> out;
    if (options.csv) {
        out = std::make_unique<csv_table>();
    } else if (options.json) {
        out = std::make_unique<json_table>();
    } else {
        out = std::make_unique<text_table>(options);
    }
    out->begin();
    progress bar("evaluating", options.files.size() * rows_a_file, options.how.bar(),
                 progress::unit::steps);
    std::uint64_t done = 0;
    // The bar shares the terminal with the table: away with it while a line is printed.
    struct watched final : table {
        table& inner;
        progress& bar;
        std::uint64_t& done;
        watched(table& t, progress& p, std::uint64_t& d) : inner(t), bar(p), done(d) {}
        void add(const row& line) override {
            bar.clear();
            inner.add(line);
            bar.at(++done);
        }
    } lines(*out, bar, done);
    const int result = for_each_file(options.files, [&](const std::string& file) {
        text_input in(file, options.gunzip ? packed_text::unpacked : packed_text::left_alone);
        const std::vector<std::uint8_t> text = read_text(in, limit);
        const std::string name = in.file().name();
        if (!options.without_baselines) {
            add_entropy(name, text, *out);
#ifdef EQUINFO_ZLIB
            add_gzip(name, text, *out);
#endif
        }
        for (const auto& model : models) {
            if (const auto* const coding = dynamic_cast<const codec*>(model.get())) {
                add_message(name, text, *coding, lines);
                if (options.lines) {
                    add_lines(name, text, *coding, lines);
                }
                for (const unsigned window : options.windows) {
                    for (const ending_rule rule : rules) {
                        add_windows(name, text, *model, rule, window, options.tokens, lines);
                    }
                }
            } else {  // a codebook
                add_windows(name, text, *model, ending_rule::longest_match, *model->only_window_bits(), options.tokens, lines);
            }
        }
    });
    bar.clear();
    out->end();
    finish_standard_output();
    return result;
}

}  // namespace

void add_evaluate(CLI::App& app, int& result) {
    auto* const command =
        app.add_subcommand("evaluate", "How small and how fast: models, windows and tokens on your files");
    const auto options = std::make_shared<evaluate_options>();
    command->add_option("FILE", options->files, "Files; none or \"-\" is standard input");
    command
        ->add_option("-m,--model", options->models,
                     "Models or codebooks: names (see equinfo --help) or files, with commas between; a codebook has its own window bits")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("NAME|FILE,...")
        ->capture_default_str();
    command->add_option("-b,--window-bits,--window", options->windows, "Bits a window, with commas between")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("BITS,...")
        ->capture_default_str();
    command
        ->add_option("-t,--token-bits,--token", options->tokens, "Bits a token, with commas between; only those that fit a window")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("BITS,...")
        ->capture_default_str();
    command->add_option("--rule", options->rules, "longest-match, self-ending or both")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("RULE")
        ->capture_default_str();
    auto* const limit = command->add_option("--limit", options->limit, "Use the first SIZE bytes of each file")
                            ->type_name("SIZE")
                            ->capture_default_str();
    command->add_flag("--whole", options->whole, "Use all of each file")->excludes(limit);
    auto* const csv = command->add_flag("--csv", options->csv, "Print CSV, one row a (file, model, window, token)");
    command->add_flag("--json", options->json, "Print JSON, one object a (file, model, window, token)")->excludes(csv);
    command->add_flag("--no-baselines", options->without_baselines, "Leave gzip and order-0 entropy out");
    auto* const lines = command->add_flag("--lines", options->lines, "A row for lines that are compressed one by one, as messages");
    command->add_flag("--gunzip", options->gunzip, "Unpack files that are gzip");
    auto* const learns = command->add_flag(
        "--learnability", options->learns,
        "Can a language model learn these tokens, compared with bytes (but for --no-baselines)? Trains small ones, and says");
    command->add_option("--m2", options->m2, "The language model: small (0.33 M weights), medium (0.92 M) or large (3.1 M)")
        ->needs(learns)
        ->check(CLI::IsMember({"small", "medium", "large"}))
        ->capture_default_str();
    command->add_option("--minutes", options->minutes, "About the most that --learnability may take")->needs(learns)->capture_default_str();
    command->add_option("--seed", options->seed, "Of the language model")
        ->needs(learns)
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add_thread_option(*command, options->threads);
    command->get_option("--threads")->needs(learns);
    lines->excludes(learns);
    add_talk_options(*command, options->how);
    command->footer(
        "Every row is checked by decoding. Speeds are MB (10^6 bytes) of text a second of CPU time of one thread.\n"
        "Rows with window \"-\" are plain arithmetic coding, without windows; with rule \"lines\" every line is coded alone,\n"
        "its header included.\n"
        "Examples:\n"
        "  equinfo evaluate novel.txt\n"
        "  equinfo evaluate -m english,mine.eqn -b 16,24,32 -t 8,16 --rule both novel.txt\n"
        "  equinfo evaluate --csv --whole -m english *.txt > table.csv\n"
        "  equinfo evaluate --learnability -m english16,english -b 16 -t 8,16 novels.txt");
    command->callback([options, &result] { result = evaluate(*options); });
}

}  // namespace program
