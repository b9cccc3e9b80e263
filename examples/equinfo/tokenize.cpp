// SPDX-License-Identifier: MIT
// equinfo tokenize

#include "documents.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "text_input.hpp"
#include "token_options.hpp"

#include <equinfo/archive/parallel.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/tokens/corpus.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/token_index.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {
namespace {

struct tokenize_options {
    std::vector<std::string> files;
    std::string output;
    std::string record;
    bool to_stdout = false;
    bool force = false;
    bool gunzip = false;
    std::string model;
    std::optional<unsigned> window_bits;
    std::optional<unsigned> token_bits;
    std::string rule = "longest-match";
    std::string format = "raw";
    std::string type;
    std::string split = "none";
    bool drop_separators = false;
    std::string json_field;
    bool end_of_document_ids = false;
    bool begin_of_document_ids = false;
    std::uint32_t specials = 0;
    unsigned threads = 1;
    talk how;
};

/// The windows of one piece.
struct coded_piece {
    document_piece piece;
    std::vector<std::byte> bits;
    std::uint64_t bit_count = 0;
};

/// Turns batches into windows. A copy works by itself, so that each thread has its own.
class batch_coder {
public:
    batch_coder(std::shared_ptr<const window_code> code, ending_rule rule, unsigned window_bits)
        : m_code(std::move(code)), m_rule(rule), m_window_bits(window_bits) {}
    batch_coder(const batch_coder& other) : batch_coder(other.m_code, other.m_rule, other.m_window_bits) {}
    batch_coder(batch_coder&&) = default;
    batch_coder& operator=(const batch_coder&) = delete;

    [[nodiscard]] std::vector<coded_piece> operator()(const document_batch& batch) {
        if (m_windows == nullptr) {
            m_windows = m_code->windows(m_rule, m_window_bits);
        }
        std::vector<coded_piece> result;
        result.reserve(batch.pieces.size());
        std::span<const std::uint8_t> rest(batch.text);
        for (const document_piece& piece : batch.pieces) {
            equinfo::bit_writer bits;
            m_windows->encode(rest.first(piece.length), bits);
            rest = rest.subspan(piece.length);
            const std::uint64_t bit_count = bits.bit_count();
            result.push_back({piece, bits.take(), bit_count});
        }
        return result;
    }

private:
    std::shared_ptr<const window_code> m_code;
    ending_rule m_rule;
    unsigned m_window_bits;
    std::unique_ptr<window_coder> m_windows;
};

/// Strings the windows of a document's pieces together and packs them. Between pieces it keeps the bits that do not
/// fill a token yet.
class document_packer {
public:
    explicit document_packer(unsigned token_bits) : m_packer(token_bits) {}

    [[nodiscard]] std::uint64_t bit_count() const noexcept { return m_bit_count; }
    [[nodiscard]] std::uint64_t byte_count() const noexcept { return m_byte_count; }

    void begin() noexcept {
        m_bit_count = 0;
        m_byte_count = 0;
        m_kept_bits = 0;
    }

    /// The tokens that are whole now; at the document's end, all.
    [[nodiscard]] const std::vector<equinfo::token>& add(const coded_piece& coded) {
        m_tokens.clear();
        m_bit_count += coded.bit_count;
        m_byte_count += coded.piece.length;
        if (m_kept_bits == 0 && (coded.piece.ends || coded.bit_count % m_packer.token_bits() == 0)) {
            m_packer.pack_bytes(coded.bits, coded.bit_count, m_tokens);
            return m_tokens;
        }
        joined_bits source{m_kept, m_kept_bits, equinfo::bit_reader(coded.bits)};
        const std::uint64_t all = m_kept_bits + coded.bit_count;
        const std::uint64_t now = coded.piece.ends ? all : all - all % m_packer.token_bits();
        m_packer.pack(source, now, m_tokens);
        m_kept_bits = static_cast<unsigned>(all - now);
        m_kept = source.read(m_kept_bits);
        return m_tokens;
    }

private:
    /// A bit_source: a few bits, then those of another.
    struct joined_bits {
        std::uint64_t first;
        unsigned first_bits;  // below 32
        equinfo::bit_reader rest;
        std::uint64_t taken = 0;

        [[nodiscard]] std::uint64_t read(unsigned count) {
            taken += count;
            if (count < first_bits) {
                first_bits -= count;
                const std::uint64_t value = first >> first_bits;
                first &= (std::uint64_t{1} << first_bits) - 1;
                return value;
            }
            const unsigned more = count - std::exchange(first_bits, 0u);
            const std::uint64_t high = std::exchange(first, 0u);
            return more == 64 ? rest.read(64) : high << more | rest.read(more);
        }
        [[nodiscard]] std::uint64_t bit_count() const { return taken; }
        [[nodiscard]] std::uint64_t overrun() const { return rest.overrun(); }
    };

    equinfo::token_packer m_packer;
    std::vector<equinfo::token> m_tokens;
    std::uint64_t m_kept = 0;
    unsigned m_kept_bits = 0;
    std::uint64_t m_bit_count = 0;
    std::uint64_t m_byte_count = 0;
};

/// Everything that is decided before the first byte is read.
struct plan {
    std::shared_ptr<const window_code> code;
    ending_rule rule;
    equinfo::token_file_info info;
    document_options documents;
};

plan make_plan(const tokenize_options& options) {
    plan result{nullptr, parse_rule(options.rule), {}, {}};
    equinfo::token_file_info& info = result.info;
    if (options.window_bits) {
        check_bits(*options.window_bits, 1);
    }
    auto [code, window_bits] = choose_window_code(options.model, options.window_bits, result.rule);
    result.code = std::move(code);
    info.layout.window_bits = window_bits;
    info.layout.token_bits = options.token_bits.value_or(std::min(window_bits, 16u));
    check_bits(info.layout.window_bits, info.layout.token_bits);
    info.layout.end_of_document_ids = options.end_of_document_ids;
    info.layout.begin_of_document_ids = options.begin_of_document_ids;
    info.special_count =
        std::max({options.specials, options.end_of_document_ids ? 1u : 0u, options.begin_of_document_ids ? 2u : 0u});
    info.format = parse_format(options.format);
    try {
        info.type =
            options.type.empty() ? equinfo::smallest_type_for(info.format, info.ids()) : parse_type(options.type);
        info.ids().require_fits(info.type);
        if (const auto fault = equinfo::detail::find_fault(info); !fault.what.empty()) {
            throw usage_failure("these options do not go together: the result " + fault.what);
        }
    } catch (const equinfo::error& fault) {
        const std::string what = fault.what();
        throw usage_failure(what.substr(0, what.rfind(" (at byte ")));  // options have no bytes
    }
    info.window_code = window_code_version;
    info.ending = name_of(result.rule);
    info.reset = reset_name;
    const auto border = document_border_named(options.split);
    if (!border) {
        throw usage_failure("--split is none, nul, line or blank-line, not \"" + options.split + "\"");
    }
    if (!options.json_field.empty() && *border != document_border::none) {
        throw usage_failure("with --jsonl every line is a document: --split has no place");
    }
    if (options.drop_separators && *border == document_border::none) {
        throw usage_failure("--drop-separators needs --split nul, line or blank-line");
    }
    result.documents = {*border, !options.drop_separators, options.json_field};
    info.model = result.code->name();
    info.model_fingerprint = result.code->fingerprint();
    return result;
}

/// Faults of the input are told under its name, not the output's.
bool read_batch(document_reader& reader, text_input& in, document_batch& batch) {
    try {
        return reader.next(in.text(), in.file().name(), batch);
    } catch (const equinfo::error& fault) {
        throw failure(in.file().name(), fault.what());
    }
}

/// All `files` into one output.
void tokenize_into(const tokenize_options& options, const plan& how, const std::vector<std::string>& files,
                   const std::string& output) {
    const auto existing = options.force ? output_file::existing::replaced : output_file::existing::refused;
    const equinfo::token_format format = how.info.format;
    const std::string index_path = format == equinfo::token_format::megatron ? megatron_index_of(output) : "";
    const std::string record = !options.record.empty()     ? options.record
                               : output == standard_stream ? std::string()
                                                           : output + record_suffix;
    if (!record.empty() && (is_same_output(record, output) || is_same_output(record, index_path))) {
        throw usage_failure("\"" + record + "\" cannot be both side record and tokens: name another with --record");
    }
    output_file out(output, existing);
    if (out.is_terminal() && !options.force) {
        throw failure(out.name(), "tokens are not written to a terminal; use -o FILE, or -f to force it");
    }
    std::optional<output_file> index;
    if (format == equinfo::token_format::megatron) {
        if (output == standard_stream) {
            throw usage_failure("Megatron's format is two files: name the .bin with -o");
        }
        index.emplace(index_path, existing);
    } else if (format != equinfo::token_format::raw && !out.can_patch()) {
        throw failure(out.name(), options.format + " states the number of tokens in front, and this output cannot go "
                                                   "back: write to a file");
    }
    std::optional<output_file> record_file;
    null_sink nothing;
    if (!record.empty()) {
        record_file.emplace(record, existing);
    }
    sink_reference record_sink = record_file ? sink_reference(*record_file) : sink_reference(nothing);

    equinfo::any_token_writer<output_file> writer(format, {how.info.type, {}}, out, index ? &*index : nullptr);
    equinfo::corpus_writer corpus(writer, record_sink, how.info);
    corpus.begin();

    document_packer packer(how.info.layout.token_bits);
    equinfo::ordered_workers<document_batch, std::vector<coded_piece>, batch_coder> workers(
        threads_of(options.threads), batch_coder(how.code, how.rule, how.info.layout.window_bits));
    const auto take_result = [&] {
        for (const coded_piece& coded : workers.next()) {
            if (coded.piece.begins) {
                corpus.begin_document();
                packer.begin();
            }
            corpus.tokens(packer.add(coded));
            if (coded.piece.ends) {
                corpus.end_document(packer.bit_count(), packer.byte_count());
            }
        }
    };
    document_reader reader(how.documents);
    for (const std::string& file : files) {
        text_input in(file,
                      options.gunzip || !options.json_field.empty() ? packed_text::unpacked : packed_text::left_alone);
        for (const std::string& path : {output, index_path, record}) {
            expect_other_file(in.file(), path);
        }
        progress bar(in.file().name(), in.file().size(), options.how.bar());
        document_batch batch;
        while (read_batch(reader, in, batch)) {
            if (batch.pieces.empty()) {
                continue;
            }
            if (workers.outstanding() == workers.capacity()) {
                take_result();
            }
            workers.submit(std::exchange(batch, {}));
            bar.at(in.file().position());
        }
    }
    while (workers.outstanding() != 0) {
        take_result();
    }
    corpus.finish();
    if (index) {
        index->commit();
    }
    if (record_file) {
        record_file->commit();
    }
    out.commit();  // last: the tokens are there when the rest is

    if (options.how.verbose && !options.how.quiet) {
        const auto& info = corpus.info();
        const double tokens = static_cast<double>(std::max<std::uint64_t>(info.token_count, 1));
        std::fprintf(stderr, "%s: %s documents, %s bytes -> %s tokens of %u bits (%s), %s bytes/token, model %s\n",
                     out.name().c_str(), grouped(info.document_count).c_str(), grouped(info.byte_count).c_str(),
                     grouped(info.token_count).c_str(), info.layout.token_bits,
                     std::string(equinfo::name_of(info.type)).c_str(),
                     decimal(static_cast<double>(info.byte_count) / tokens, 3).c_str(), info.model.c_str());
    }
}

int tokenize(tokenize_options options) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    if (options.to_stdout) {
        options.output = standard_stream;
    }
    const plan how = make_plan(options);
    if (!options.output.empty()) {
        return for_each_file({options.output},
                             [&](const std::string& output) { tokenize_into(options, how, options.files, output); });
    }
    if (!options.record.empty() && options.files.size() > 1) {
        throw usage_failure("--record names one side record: name the one output with -o");
    }
    const std::string suffix = how.info.format == equinfo::token_format::npy ? ".npy" : ".bin";
    return for_each_file(options.files, [&](const std::string& file) {
        tokenize_into(options, how, {file}, file == standard_stream ? file : file + suffix);
    });
}

}  // namespace

void add_tokenize(CLI::App& app, int& result) {
    auto* const command =
        app.add_subcommand("tokenize", "Text into equal-info tokens, in the formats that trainers read");
    const auto options = std::make_shared<tokenize_options>();
    command->add_option("FILE", options->files, "Text; none or \"-\" is standard input");
    auto* const output =
        command
            ->add_option("-o,--output", options->output, "One output for all files; else FILE.bin or FILE.npy for each")
            ->check(not_empty())
            ->type_name("OUT");
    command->add_flag("-c,--stdout", options->to_stdout, "Write the tokens to standard output")->excludes(output);
    command->add_option("--record", options->record, "Where the side record goes, which detokenize reads; else OUT.eqt")
        ->type_name("FILE");
    command->add_flag("-f,--force", options->force, "Overwrite files");
    command
        ->add_option("-m,--model", options->model,
                     "A model's name (see equinfo --help), \"english16\" for the codebook that is built in, or a file of either; else "
                     "english16 for windows of 16 bits by longest-match, and the model english for others")
        ->type_name("NAME|FILE");
    command->add_option("-b,--window-bits", options->window_bits, "Bits a window: 9 to 128; else the codebook's, or 16")
        ->type_name("BITS");
    command
        ->add_option("-t,--token-bits", options->token_bits,
                     "Bits a token, 1 to 32, not above those of a window; else those of a window, at most 16")
        ->type_name("BITS");
    command->add_option("--rule", options->rule, "Where a window ends: longest-match or self-ending")
        ->type_name("RULE")
        ->capture_default_str();
    command->add_option("--format", options->format, "raw (nanoGPT), npy, llmc or megatron")
        ->type_name("FORMAT")
        ->capture_default_str();
    command->add_option("--dtype", options->type, "uint8, uint16 or uint32; else the smallest that holds every id")
        ->type_name("TYPE");
    command
        ->add_option("--split", options->split,
                     "Where documents end: none (each file is one), or behind every nul, line or blank-line")
        ->type_name("WHERE")
        ->capture_default_str();
    command->add_flag("--drop-separators", options->drop_separators,
                      "Leave what --split cuts at out of the documents (detokenize --separator puts it back)");
    command
        ->add_option("--jsonl", options->json_field,
                     "Every line is a JSON object with a document in this field; may be gzip")
        ->type_name("FIELD");
    command->add_flag("--gunzip", options->gunzip, "Unpack input that is gzip");
    command->add_flag("--eod", options->end_of_document_ids, "An id for the end behind every document: 2^TOKEN_BITS");
    command->add_flag("--bod", options->begin_of_document_ids,
                      "An id for the beginning before every document: 2^TOKEN_BITS + 1");
    command->add_option("--specials", options->specials, "Special ids that the vocabulary has in all")->type_name("N");
    add_thread_option(*command, options->threads);
    add_talk_options(*command, options->how);
    command->footer(
        "Beside the tokens OUT, a side record OUT.eqt is written: model, sizes, and where the documents are.\n"
        "Examples:\n"
        "  equinfo tokenize novel.txt                                  novel.txt.bin: uint16, as nanoGPT reads it\n"
        "  equinfo tokenize -b 24 -t 8 novel.txt -o novel.npy --format npy\n"
        "  equinfo tokenize -j0 --jsonl text --eod --dtype uint32 corpus/*.jsonl.gz -o corpus.bin\n"
        "  equinfo tokenize --split nul --format megatron train.txt -o train.bin");
    command->callback([options, &result] { result = tokenize(*options); });
}

}  // namespace program
