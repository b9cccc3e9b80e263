// SPDX-License-Identifier: MIT
// Every token file format byte by byte, and through readers again.
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/crc32.hpp>
#include <equinfo/tokens/token_file.hpp>

using namespace equinfo;
using test::token_file_bytes;

namespace {

const test::documents golden_documents = {{0, 1, 258, 65535}, {}, {513, 256}};

std::vector<std::byte> npy_header_text(std::string_view dictionary) {
    std::string text = "\x93NUMPY";
    text += std::string_view("\x01\x00\x76\x00", 4);
    text += dictionary;
    text.resize(127, ' ');
    text += '\n';
    return test::to_bytes(text);
}

std::vector<std::byte> joined(std::vector<std::byte> first, const std::vector<std::byte>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

}  // namespace

TEST_CASE("raw files: little-endian integers and nothing else", "[tokens]") {
    CHECK(test::write_tokens(token_format::raw, token_type::uint16, golden_documents).file ==
          test::from_hex("0000 0100 0201 ffff 0102 0001"));
    CHECK(test::write_tokens(token_format::raw, token_type::uint32, golden_documents).file ==
          test::from_hex("00000000 01000000 02010000 ffff0000 01020000 00010000"));
    CHECK(test::write_tokens(token_format::raw, token_type::uint8, {{0, 255, 7}}).file == test::from_hex("00 ff 07"));
    CHECK(test::write_tokens(token_format::raw, token_type::uint16, {}).file.empty());
}

TEST_CASE("npy files: the bytes that numpy.save writes", "[tokens]") {
    CHECK(test::write_tokens(token_format::npy, token_type::uint16, golden_documents).file ==
          joined(npy_header_text("{'descr': '<u2', 'fortran_order': False, 'shape': (6,), }"),
                 test::from_hex("0000 0100 0201 ffff 0102 0001")));
    CHECK(test::write_tokens(token_format::npy, token_type::uint8, {{9}}).file ==
          joined(npy_header_text("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }"), test::from_hex("09")));
    CHECK(test::write_tokens(token_format::npy, token_type::uint32, {}).file ==
          npy_header_text("{'descr': '<u4', 'fortran_order': False, 'shape': (0,), }"));
    for (unsigned shift = 0; shift <= 60; ++shift) {
        const auto header = detail::npy_header(token_type::uint16, std::uint64_t{1} << shift);
        CHECK(header.size() % 64 == 0);
        CHECK(header.back() == std::byte{'\n'});
    }
}

TEST_CASE("llm.c files: 256 integers of header, then tokens", "[tokens]") {
    std::vector<std::byte> header = test::from_hex("88d83401 01000000 06000000");  // 20240520, 1, 6
    header.resize(1024);
    CHECK(test::write_tokens(token_format::llmc, token_type::uint16, golden_documents).file ==
          joined(header, test::from_hex("0000 0100 0201 ffff 0102 0001")));
    header = test::from_hex("a1d93401 07000000 01000000");  // 20240801, 7, 1
    header.resize(1024);
    CHECK(test::write_tokens(token_format::llmc, token_type::uint32, {{0x01020304}}).file ==
          joined(header, test::from_hex("04030201")));
}

TEST_CASE("Megatron files: tokens and an index of sequences", "[tokens]") {
    const token_file_bytes small = test::write_tokens(token_format::megatron, token_type::uint16, golden_documents);
    CHECK(small.file == test::from_hex("0000 0100 0201 ffff 0102 0001"));
    CHECK(small.index == test::from_hex("4d4d494449445800 00"  // MMIDIDX
                                        "0100000000000000"     // version
                                        "08"                   // uint16
                                        "0300000000000000"     // sequences
                                        "0400000000000000"     // document borders
                                        "04000000 00000000 02000000"
                                        "0000000000000000 0800000000000000 0800000000000000"
                                        "0000000000000000 0100000000000000 0200000000000000 0300000000000000"));
    CHECK(test::write_tokens(token_format::megatron, token_type::uint8, {{1}}).index[17] == std::byte{1});
    CHECK(test::write_tokens(token_format::megatron, token_type::uint32, {{1}}).index[17] == std::byte{4});
    // Tokens behind the last end_document() are a document too.
    test::patchable_sink file;
    test::patchable_sink index;
    megatron_token_writer<test::patchable_sink> writer(file, index, {});
    writer.begin();
    writer.tokens(std::vector<token>{1, 2});
    writer.finish();
    memory_source source(index.bytes());
    const megatron_index read = read_megatron_index(source);
    CHECK(read.lengths == std::vector<std::uint32_t>{2});
    CHECK(read.documents == std::vector<std::uint64_t>{0, 1});
    CHECK(read.token_total == 2);
}

TEST_CASE("token files: every format and type comes back, however the bytes arrive", "[tokens]") {
    test::random_source random(3);
    for (const token_format format : test::all_token_formats) {
        for (const token_type type : test::all_token_types) {
            if (format == token_format::llmc && type == token_type::uint8) {
                continue;
            }
            CAPTURE(name_of(format), name_of(type));
            const bool is_signed = format == token_format::megatron && type == token_type::uint32;
            for (const std::size_t longest : {0u, 1u, 50u, 60000u}) {
                test::documents documents(random.below(6));
                std::vector<token> all;
                for (auto& document : documents) {
                    document.resize(random.length(longest));
                    for (token& id : document) {
                        id = static_cast<token>(random.bits(8 * bytes_per_token(type) - (is_signed ? 1 : 0)));
                    }
                    all.insert(all.end(), document.begin(), document.end());
                }
                const token_file_bytes bytes = test::write_tokens(format, type, documents);
                REQUIRE(test::read_tokens(format, type, bytes) == all);
                REQUIRE(test::read_tokens(format, type, bytes, 100000) == all);
                REQUIRE(test::read_tokens<test::dripping_source>(format, type, bytes, 17) == all);
            }
        }
    }
}

TEST_CASE("token files: writer and reader agree on counts, places and the CRC-32 of the ids", "[tokens]") {
    for (const token_format format : test::all_token_formats) {
        test::patchable_sink file;
        test::patchable_sink index;
        any_token_writer<test::patchable_sink> writer(format, {.type = token_type::uint16}, file, &index);
        writer.begin();
        writer.tokens(std::vector<token>{1, 2, 3});
        writer.tokens(std::vector<token>{});
        writer.end_document();
        CHECK(writer.position() == file.bytes().size());
        writer.finish();
        CHECK(writer.token_count() == 3);
        CHECK(writer.type() == token_type::uint16);
        CHECK(writer.payload_crc() == crc32(test::from_hex("0100 0200 0300")));

        memory_source index_source(index.bytes());
        const megatron_index lengths =
            format == token_format::megatron ? read_megatron_index(index_source) : megatron_index{};
        memory_source source(file.bytes());
        any_token_reader<memory_source> reader(format, source, token_type::uint16, &lengths);
        CHECK(reader.token_total() == (format == token_format::raw ? std::nullopt : std::optional<std::uint64_t>(3)));
        CHECK(test::read_all(reader, 2) == std::vector<token>{1, 2, 3});
        CHECK(reader.token_count() == 3);
        CHECK(reader.position() == file.bytes().size());
        CHECK(reader.payload_crc() == writer.payload_crc());
    }
}

TEST_CASE("token files: a count that is known beforehand serves pipes, and gives the same bytes", "[tokens]") {
    for (const token_format format : test::all_token_formats) {
        CAPTURE(name_of(format));
        memory_sink pipe;
        memory_sink index;
        any_token_writer<memory_sink> writer(format, {.type = token_type::uint32, .token_count = 3}, pipe, &index);
        writer.begin();
        writer.tokens(std::vector<token>{70000, 1, 2});
        writer.end_document();
        writer.finish();
        CHECK(test::write_tokens(format, token_type::uint32, {{70000, 1, 2}}).file == pipe.take());
    }
}

TEST_CASE("token files: formats go by their names", "[tokens]") {
    for (const token_format format : test::all_token_formats) {
        CHECK(token_format_named(name_of(format)) == format);
    }
    CHECK(token_format_named("NPY") == std::nullopt);
    CHECK(token_format_named("") == std::nullopt);
}
