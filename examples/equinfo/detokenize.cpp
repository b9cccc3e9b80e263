// SPDX-License-Identifier: MIT
// equinfo detokenize

#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "token_options.hpp"

#include <equinfo/archive/parallel.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/tokens/corpus.hpp>
#include <equinfo/tokens/megatron_file.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/token_index.hpp>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {
namespace {

struct detokenize_options {
    std::string file = standard_stream;
    std::string output;
    bool to_stdout = false;  ///< said for the sake of habit: there is no other default
    std::string record;
    bool without_record = false;
    bool force = false;
    std::string model;
    std::optional<unsigned> window_bits;
    std::optional<unsigned> token_bits;
    std::string rule = "longest-match";
    std::string format = "raw";
    std::string type;
    std::string separator = "none";
    unsigned threads = 1;
    talk how;
};

/// Windows to decode: bits, and how many windows they are.
struct window_job {
    std::vector<std::byte> bits;
    std::uint64_t windows = 0;
    bool ends_document = false;
    std::uint64_t byte_count = 0;  ///< of the whole document, where ends_document and known
    bool knows_byte_count = false;
};

struct window_text {
    std::vector<std::uint8_t> text;
    bool ends_document = false;
    std::uint64_t byte_count = 0;
    bool knows_byte_count = false;
};

/// A copy works by itself, so that each thread has its own.
class job_decoder {
public:
    job_decoder(std::shared_ptr<const window_code> model, ending_rule rule, unsigned window_bits)
        : m_model(std::move(model)), m_rule(rule), m_window_bits(window_bits) {}
    job_decoder(const job_decoder& other) : job_decoder(other.m_model, other.m_rule, other.m_window_bits) {}
    job_decoder(job_decoder&&) = default;
    job_decoder& operator=(const job_decoder&) = delete;

    [[nodiscard]] window_text operator()(const window_job& job) {
        if (m_windows == nullptr) {
            m_windows = m_model->windows(m_rule, m_window_bits);
        }
        window_text result{{}, job.ends_document, job.byte_count, job.knows_byte_count};
        equinfo::bit_reader bits(job.bits);
        m_windows->decode(bits, job.windows, result.text);
        return result;
    }

private:
    std::shared_ptr<const window_code> m_model;
    ending_rule m_rule;
    unsigned m_window_bits;
    std::unique_ptr<window_coder> m_windows;
};

std::string parse_separator(const std::string& name) {
    if (name == "none")
        return {};
    if (name == "nul")
        return std::string(1, '\0');
    if (name == "line")
        return "\n";
    if (name == "blank-line")
        return "\n\n";
    throw usage_failure("--separator is none, nul, line or blank-line, not \"" + name + "\"");
}

/// Cuts a document's tokens into jobs that hold whole windows, and writes the text in order.
class detokenizer {
public:
    detokenizer(const std::shared_ptr<const window_code>& model, ending_rule rule, equinfo::document_layout layout,
                unsigned threads, output_file& out, std::string separator)
        : m_packer(layout.token_bits),
          m_layout(layout),
          m_out(out),
          m_separator(std::move(separator)),
          m_workers(threads, job_decoder(model, rule, layout.window_bits)) {
        // As many tokens as hold whole windows, about 64 KiB of them.
        const unsigned step = layout.window_bits / std::gcd(layout.window_bits, layout.token_bits);
        m_tokens_a_job = std::max<std::size_t>(1, (std::size_t{1} << 19) / layout.token_bits / step) * step;
    }

    void tokens(std::span<const equinfo::token> ids) {
        while (!ids.empty()) {
            const std::size_t count = std::min(ids.size(), m_tokens_a_job - m_pending.size());
            m_pending.insert(m_pending.end(), ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count));
            ids = ids.subspan(count);
            if (m_pending.size() == m_tokens_a_job) {
                submit({});
            }
        }
    }

    void end_document(std::optional<std::uint64_t> byte_count) {
        window_job job;
        job.ends_document = true;
        job.byte_count = byte_count.value_or(0);
        job.knows_byte_count = byte_count.has_value();
        submit(std::move(job));
        ++m_documents;
    }

    [[nodiscard]] bool document_is_open() const noexcept { return !m_pending.empty() || m_open; }

    void finish() {
        while (m_workers.outstanding() != 0) {
            write_result();
        }
    }

    [[nodiscard]] std::uint64_t documents() const noexcept { return m_documents; }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return m_bytes; }

private:
    void submit(window_job job) {
        equinfo::bit_writer bits;
        m_packer.unpack(m_pending, bits);
        // At a document's end fewer than token_bits <= window_bits zero bits are left: no whole window.
        job.windows = bits.bit_count() / m_layout.window_bits;
        job.bits = bits.take();
        m_open = !job.ends_document;
        m_pending.clear();
        if (m_workers.outstanding() == m_workers.capacity()) {
            write_result();
        }
        m_workers.submit(std::move(job));
    }

    void write_result() {
        const window_text result = m_workers.next();
        m_out.write(equinfo::bytes_of(std::span<const std::uint8_t>(result.text)));
        m_document_bytes += result.text.size();
        m_bytes += result.text.size();
        if (result.ends_document) {
            if (result.knows_byte_count && m_document_bytes != result.byte_count) {
                throw equinfo::error(equinfo::errc::corrupt, m_bytes,
                                     "a document decodes to " + grouped(m_document_bytes) +
                                         " bytes, and its side record says " + grouped(result.byte_count));
            }
            m_out.write(equinfo::bytes_of(std::string_view(m_separator)));
            m_document_bytes = 0;
        }
    }

    equinfo::token_packer m_packer;
    equinfo::document_layout m_layout;
    output_file& m_out;
    std::string m_separator;
    std::size_t m_tokens_a_job = 0;
    std::vector<equinfo::token> m_pending;
    bool m_open = false;
    std::uint64_t m_document_bytes = 0;
    std::uint64_t m_bytes = 0;
    std::uint64_t m_documents = 0;
    equinfo::ordered_workers<window_job, window_text, job_decoder> m_workers;
};

/// Errors of a file other than the one that is decoded are told under its name.
template <class Work>
auto naming(const std::string& file, Work work) {
    try {
        return work();
    } catch (const equinfo::error& fault) {
        throw failure(file, fault.what());
    }
}

std::optional<equinfo::megatron_index> read_index(const std::string& file, equinfo::token_format format) {
    if (format != equinfo::token_format::megatron) {
        return std::nullopt;
    }
    if (file == standard_stream) {
        throw usage_failure("Megatron's format is two files: name the .bin");
    }
    const std::string path = megatron_index_of(file);
    return naming(path, [&] {
        input_file index(path);
        return equinfo::read_megatron_index(index);
    });
}

void detokenize_by_record(const detokenize_options& options, input_file& in, const std::string& record,
                          output_file& out, progress& bar) {
    input_file record_file(record);
    expect_other_file(record_file, options.output);
    auto index = naming(record, [&] { return equinfo::token_index_reader<input_file>(record_file); });
    const equinfo::token_file_info& info = index.info();
    const auto rule = ending_rule_named(info.ending);
    if (!rule || info.reset != reset_name || info.window_code != window_code_version || info.layout.window_bits == 0) {
        throw failure(record, "speaks of windows of kind \"" + info.ending + "\", \"" + info.reset + "\", version " +
                                  std::to_string(info.window_code) + ", which this program does not know");
    }
    if (!equinfo::is_valid(equinfo::window_params{info.layout.window_bits})) {
        throw failure(record, "speaks of windows of " + std::to_string(info.layout.window_bits) +
                                  " bits, and windows have 9 to 128 (at byte 16)");
    }
    const auto model = window_code_of_file(record, info.model, info.model_fingerprint, options.model);
    if (model->only_window_bits().value_or(info.layout.window_bits) != info.layout.window_bits) {
        throw failure(record, "speaks of windows of " + std::to_string(info.layout.window_bits) + " bits, and the codebook \"" +
                                  model->name() + "\" has others (at byte 16)");
    }
    const auto megatron = read_index(options.file, info.format);
    equinfo::any_token_reader<input_file> tokens(info.format, in, info.type, megatron ? &*megatron : nullptr);
    equinfo::corpus_reader corpus(tokens, index);
    detokenizer text(model, *rule, info.layout, threads_of(options.threads), out, parse_separator(options.separator));
    std::vector<equinfo::token> room(std::size_t{1} << 15);
    while (const auto document = corpus.next_document()) {
        while (const std::size_t count = corpus.read(room)) {
            text.tokens(std::span(room).first(count));
            bar.at(in.position());
        }
        text.end_document(document->byte_count);
    }
    text.finish();
}

void detokenize_by_options(const detokenize_options& options, input_file& in, output_file& out, progress& bar) {
    equinfo::document_layout layout;
    if (options.window_bits) {
        check_bits(*options.window_bits, 1);
    }
    const auto [model, window_bits] = choose_window_code(options.model, options.window_bits, parse_rule(options.rule));
    layout.window_bits = window_bits;
    layout.token_bits = options.token_bits.value_or(std::min(window_bits, 16u));
    check_bits(layout.window_bits, layout.token_bits);
    const equinfo::token_format format = parse_format(options.format);
    const equinfo::vocabulary ids(layout.token_bits, 0);
    const equinfo::token_type type =
        options.type.empty() ? equinfo::smallest_type_for(format, ids) : parse_type(options.type);
    const auto megatron = read_index(options.file, format);
    equinfo::any_token_reader<input_file> tokens(format, in, type, megatron ? &*megatron : nullptr);
    detokenizer text(model, parse_rule(options.rule), layout, threads_of(options.threads), out,
                     parse_separator(options.separator));
    std::vector<equinfo::token> room(std::size_t{1} << 15);
    std::size_t sequence = 0;       // of Megatron's index
    std::uint64_t in_sequence = 0;  // tokens of it that were read
    const auto end_sequences = [&] {
        while (megatron && sequence < megatron->lengths.size() && in_sequence == megatron->lengths[sequence]) {
            if (text.document_is_open()) {
                text.end_document(std::nullopt);
            }
            ++sequence;
            in_sequence = 0;
        }
    };
    for (;;) {
        std::size_t wanted = room.size();
        if (megatron && sequence < megatron->lengths.size()) {
            wanted =
                static_cast<std::size_t>(std::min<std::uint64_t>(wanted, megatron->lengths[sequence] - in_sequence));
            if (wanted == 0) {
                end_sequences();
                continue;
            }
        }
        const std::size_t count = tokens.read(std::span(room).first(wanted));
        if (count == 0) {
            break;
        }
        in_sequence += count;
        std::span<const equinfo::token> rest = std::span(room).first(count);
        while (!rest.empty()) {
            // Special ids are borders of documents.
            const auto special =
                std::find_if(rest.begin(), rest.end(), [&](equinfo::token id) { return !ids.is_window_token(id); });
            const auto length = static_cast<std::size_t>(special - rest.begin());
            text.tokens(rest.first(length));
            if (special == rest.end()) {
                break;
            }
            if (text.document_is_open()) {
                text.end_document(std::nullopt);
            }
            rest = rest.subspan(length + 1);
        }
        bar.at(in.position());
    }
    if (text.document_is_open()) {
        text.end_document(std::nullopt);
    }
    text.finish();
}

int detokenize(detokenize_options options) {
    std::string record = options.record;
    if (record.empty() && !options.without_record) {
        if (options.file == standard_stream) {
            throw usage_failure(
                "tokens from standard input need --record FILE, or --no-record and -m, -b, -t, --rule, --format "
                "and --dtype as they were");
        }
        record = options.file + record_suffix;
    }
    return for_each_file({options.file}, [&](const std::string& file) {
        input_file in(file);
        if (!record.empty() && !std::filesystem::exists(record)) {
            throw failure(record,
                          "the side record is not there; name it with --record FILE, or do without by --no-record and "
                          "-m, -b, -t, --rule, --format and --dtype as they were");
        }
        const std::string output = options.output.empty() ? standard_stream : options.output;
        expect_other_file(in, output);
        output_file out(output,
                        options.force ? output_file::existing::replaced : output_file::existing::refused);
        progress bar(in.name(), in.size(), options.how.bar());
        if (record.empty()) {
            detokenize_by_options(options, in, out, bar);
        } else {
            detokenize_by_record(options, in, record, out, bar);
        }
        out.commit();
    });
}

}  // namespace

void add_detokenize(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("detokenize", "Tokens back into text, equal to the byte");
    const auto options = std::make_shared<detokenize_options>();
    command->add_option("FILE", options->file, "Token file; none or \"-\" is standard input");
    auto* const output =
        command->add_option("-o,--output", options->output, "Write to this file; else to standard output")
            ->check(not_empty())
            ->type_name("OUT");
    command->add_flag("-c,--stdout", options->to_stdout, "Write to standard output, as it does without -o")->excludes(output);
    command->add_option("--record", options->record, "The side record; else FILE.eqt")->type_name("FILE");
    auto* const bare =
        command->add_flag("--no-record", options->without_record,
                          "There is none (tokens that a model made): the options below say how to read them");
    command
        ->add_option("-m,--model", options->model,
                     "The file of the model or codebook, if the tokens were made with one; with --no-record as for tokenize")
        ->type_name("NAME|FILE");
    command->add_option("-b,--window-bits", options->window_bits, "Bits a window; else the codebook's, or 16")
        ->needs(bare)
        ->type_name("BITS");
    command->add_option("-t,--token-bits", options->token_bits, "Bits a token")->needs(bare)->type_name("BITS");
    command->add_option("--rule", options->rule, "longest-match or self-ending")
        ->needs(bare)
        ->type_name("RULE")
        ->capture_default_str();
    command->add_option("--format", options->format, "raw, npy, llmc or megatron")
        ->needs(bare)
        ->type_name("FORMAT")
        ->capture_default_str();
    command->add_option("--dtype", options->type, "uint8, uint16 or uint32 of a raw file")
        ->needs(bare)
        ->type_name("TYPE");
    command->add_option("--separator", options->separator, "Put behind every document: none, nul, line or blank-line")
        ->type_name("WHAT")
        ->capture_default_str();
    command->add_flag("-f,--force", options->force, "Overwrite files");
    add_thread_option(*command, options->threads);
    add_talk_options(*command, options->how);
    command->footer(
        "Examples:\n"
        "  equinfo detokenize novel.bin -o novel.txt\n"
        "  equinfo detokenize corpus.bin --separator line        documents parted by line ends\n"
        "  generate | equinfo detokenize --no-record -b 16 -t 16 --dtype uint16\n"
        "Without a record, ids of 2^TOKEN_BITS and more end a document.");
    command->callback([options, &result] { result = detokenize(*options); });
}

}  // namespace program
