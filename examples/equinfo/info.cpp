// SPDX-License-Identifier: MIT
// equinfo info

#include "codebooks.hpp"
#include "models.hpp"
#include "plain_text.hpp"
#include "subcommands.hpp"
#include "token_options.hpp"

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/tokens/megatron_file.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/token_index.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace program {
namespace {

struct info_options {
    std::vector<std::string> files;
    talk how;
};

void field(const char* name, const std::string& value) { std::printf("  %-14s %s\n", name, value.c_str()); }

std::string printable(const std::string& text) { return escaped(equinfo::text_of(text)); }

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) {
    return equinfo::string_of(equinfo::text_of(bytes)).starts_with(magic);
}

void tell_archive(source& in, bool list_blocks) {
    const auto header = equinfo::read_archive_header(in);
    std::puts("  equinfo archive");
    field("format", std::to_string(equinfo::archive_version));
    field("model", header.model_name);
    field("fingerprint", equinfo::hexadecimal(header.model_fingerprint));
    field("block size", grouped(header.block_size));
    if (list_blocks) {
        std::printf("  %10s %-7s %12s %12s %14s  %s\n", "block", "kind", "text", "payload", "at byte", "CRC-32");
    }
    const auto summary =
        equinfo::walk_blocks(in, header, [&](const equinfo::archive_frame& frame, std::uint64_t payload_offset) {
            if (list_blocks) {
                std::printf("  %10u %-7s %12s %12s %14s  %08x\n", frame.number,
                            frame.kind == equinfo::block_kind::stored ? "stored" : "coded",
                            grouped(frame.text_size).c_str(), grouped(frame.payload_size).c_str(),
                            grouped(payload_offset).c_str(), frame.text_crc);
            }
        });
    field("blocks", grouped(summary.blocks) + " (" + grouped(summary.stored_blocks) + " stored as they are)");
    field("text", grouped(summary.text_bytes) + " bytes");
    field("archive", grouped(summary.archive_bytes) + " bytes");
    if (summary.text_bytes != 0) {
        const double ratio = static_cast<double>(summary.archive_bytes) / static_cast<double>(summary.text_bytes);
        field("ratio", decimal(8 * ratio, 3) + " bits/byte, " + decimal(100 * ratio, 1) + " %");
    }
}

void tell_record(source& in, bool list_documents) {
    equinfo::token_index_reader<source> index(in);
    const equinfo::token_file_info first = index.info();
    const auto ids = first.ids();
    std::puts("  side record of a token file");
    field("model", printable(first.model));
    field("fingerprint", equinfo::hexadecimal(first.model_fingerprint));
    field("windows", first.layout.window_bits == 0
                         ? std::string("none")
                         : std::to_string(first.layout.window_bits) + " bits, " + printable(first.ending) + ", reset " +
                               printable(first.reset) + ", code version " + std::to_string(first.window_code));
    field("tokens", std::to_string(first.layout.token_bits) + " bits, " + std::string(equinfo::name_of(first.type)) +
                        ", " + std::string(equinfo::name_of(first.format)));
    field("vocabulary", grouped(ids.size()) + " ids: " + grouped(ids.window_token_count()) + " of windows, " +
                            grouped(ids.special_count()) + " special");
    const bool begin = first.layout.begin_of_document_ids;
    const bool end = first.layout.end_of_document_ids;
    if (begin || end) {
        field("documents have", begin && end ? "an id at the beginning and one at the end"
                                : begin      ? "an id at the beginning"
                                             : "an id at the end");
    }
    if (list_documents) {
        std::printf("  %10s %14s %14s %14s\n", "document", "first token", "bits", "bytes");
    }
    std::uint64_t number = 0;
    while (const auto document = index.next()) {
        if (list_documents) {
            std::printf("  %10s %14s %14s %14s\n", grouped(number).c_str(), grouped(document->first_token).c_str(),
                        grouped(document->bit_count).c_str(), grouped(document->byte_count).c_str());
        }
        ++number;
    }
    const auto& info = index.info();
    field("documents", grouped(info.document_count));
    field("token count", grouped(info.token_count));
    field("text", grouped(info.byte_count) + " bytes");
    if (info.token_count != 0) {
        field("ratio", decimal(static_cast<double>(info.byte_count) / static_cast<double>(info.token_count), 3) +
                           " bytes/token");
    }
}

void tell_model(source& in) {
    const std::vector<std::uint8_t> bytes = read_model_bytes(in);
    const auto content = equinfo::read_ngram(std::as_bytes(std::span(bytes)));
    std::puts("  n-gram model");
    field("format", std::to_string(equinfo::ngram_file_version));
    field("fingerprint", equinfo::hexadecimal(content.fingerprint()));
    field("order", std::to_string(content.order));
    field("contexts", grouped(content.contexts.size()));
    field("n-grams", grouped(content.entries.size()));
    field("size", grouped(bytes.size()) + " bytes");
}

std::string name_of(const equinfo::m1_table_shape& table) {
    const std::string order = std::to_string(table.order);
    if (table.kind == equinfo::m1_table_kind::words) {
        return table.order == 1 ? "word" : "last " + order + " words";
    }
    return table.order == 1 ? "last byte" : "last " + order + " bytes";
}

void tell_transformer(source& in) {
    const std::vector<std::uint8_t> bytes = read_model_bytes(in);
    const auto content = equinfo::read_m1(std::as_bytes(std::span(bytes)));
    const equinfo::m1_shape& shape = content.shape;
    std::puts("  transformer model");
    field("format", std::to_string(equinfo::m1_file_version(shape)));
    field("fingerprint", equinfo::hexadecimal(content.fingerprint()));
    field("layers", std::to_string(shape.layers));
    field("width", grouped(shape.width));
    field("heads", std::to_string(shape.heads) + " of " + std::to_string(shape.head_width) + ", " + std::to_string(shape.kv()) +
                       " of keys and values");
    field("hidden", grouped(shape.hidden) + ", " + name_of(shape.feed));
    std::string by_layer;
    for (const std::size_t context : shape.contexts) {
        by_layer += (by_layer.empty() ? ", by layer " : " ") + grouped(context);
    }
    field("context", grouped(shape.context) + " positions" + by_layer);
    std::uint64_t in_tables = 0;
    for (const equinfo::m1_table_shape& table : shape.tables) {
        const std::uint64_t rows = std::uint64_t{1} << table.row_bits;
        in_tables += rows * shape.columns;
        field("table", name_of(table) + ": " + grouped(rows) + " rows of " + std::to_string(shape.columns) + " x " +
                           std::to_string(shape.table_bits) + " bits");
    }
    field("parameters", grouped(shape.products()) + " in products, " + grouped(in_tables) + " in tables");
    field("size", grouped(bytes.size()) + " bytes");
    field("runs here with", equinfo::name_of(equinfo::best_instruction_set()));
}

void tell_tokens(source& in, equinfo::token_format format, const char* what) {
    equinfo::any_token_reader<source> reader(format, in, equinfo::token_type::uint16);
    std::printf("  %s\n", what);
    field("type", std::string(equinfo::name_of(reader.type())));
    field("token count", reader.token_total() ? grouped(*reader.token_total()) : "not stated");
    equinfo::token largest = 0;
    std::vector<equinfo::token> room(std::size_t{1} << 15);
    while (const std::size_t count = reader.read(room)) {
        largest = std::max(largest, *std::max_element(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count)));
    }
    field("largest id", reader.token_count() == 0 ? "none" : grouped(largest));
}

void tell_megatron_index(source& in) {
    const auto index = equinfo::read_megatron_index(in);
    std::puts("  Megatron index");
    field("type", index.type == equinfo::token_type::uint32 ? "int32" : std::string(equinfo::name_of(index.type)));
    field("sequences", grouped(index.lengths.size()));
    field("documents", grouped(index.documents.size() - 1));
    field("token count", grouped(index.token_total));
}

int info(info_options options) {
    if (options.files.empty()) {
        options.files.push_back(standard_stream);
    }
    return for_each_file(options.files, [&](const std::string& file) {
        input_file in(file);
        std::vector<std::byte> first(12);
        first.resize(equinfo::read_fully(in, first));
        const std::vector<std::byte> magic = first;
        prefixed_source whole(std::move(first), in);
        std::printf("%s:\n", in.name().c_str());
        const std::string_view archive(reinterpret_cast<const char*>(equinfo::archive_magic.data()),
                                       equinfo::archive_magic.size());
        if (begins_with(magic, archive)) {
            tell_archive(whole, options.how.verbose);
        } else if (begins_with(magic,
                               "\x89"
                               "EQT\r\n\x1A\n")) {
            tell_record(whole, options.how.verbose);
        } else if (model_file_of(magic) == model_file::ngram) {
            tell_model(whole);
        } else if (model_file_of(magic) == model_file::transformer) {
            tell_transformer(whole);
        } else if (model_file_of(magic) == model_file::codebook) {
            const std::vector<std::uint8_t> bytes = read_model_bytes(whole);
            tell_codebook(equinfo::read_codebook(equinfo::bytes_of(std::span(bytes))));
        } else if (begins_with(magic, "\x93NUMPY")) {
            tell_tokens(whole, equinfo::token_format::npy, "NumPy array");
        } else if (begins_with(magic, "MMIDIDX")) {
            tell_megatron_index(whole);
        } else if (begins_with(magic, std::string_view("\x88\xd8\x34\x01", 4)) ||
                   begins_with(magic, std::string_view("\xa1\xd9\x34\x01", 4))) {
            tell_tokens(whole, equinfo::token_format::llmc, "llm.c token file");
        } else if (file != standard_stream && std::filesystem::exists(file + record_suffix)) {
            std::printf("  tokens; the side record %s says:\n", (file + record_suffix).c_str());
            input_file record(file + record_suffix);
            tell_record(record, options.how.verbose);
        } else {
            std::fflush(stdout);
            throw failure(in.name(), "is no file of equinfo's and has no side record");
        }
        finish_standard_output();
    });
}

}  // namespace

void add_info(CLI::App& app, int& result) {
    auto* const command = app.add_subcommand("info", "What a file is: archive, side record, model, codebook, tokens");
    const auto options = std::make_shared<info_options>();
    command->add_option("FILE", options->files, "Files; none or \"-\" is standard input");
    add_talk_options(*command, options->how);
    command->footer(
        "With -v also the list of blocks or documents.\n"
        "Examples:\n"
        "  equinfo info novel.txt.eqi\n"
        "  equinfo info -v corpus.bin                          by its side record corpus.bin.eqt");
    command->callback([options, &result] { result = info(*options); });
}

}  // namespace program
