// SPDX-License-Identifier: MIT
// Documents into a token file with its side record, and back.
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/tokens/corpus.hpp>
#include <equinfo/tokens/packer.hpp>

using namespace equinfo;
using test::error_of;

namespace {

/// A document as bits, not as text: what a window encoder hands over.
struct coded_document {
    std::vector<std::byte> bits;
    std::uint64_t bit_count = 0;
    std::uint64_t byte_count = 0;
    friend bool operator==(const coded_document&, const coded_document&) = default;
};

struct files {
    test::token_file_bytes tokens;
    std::vector<std::byte> record;
};

token_file_info info_for(token_format format, unsigned token_bits, unsigned window_bits, std::uint32_t specials) {
    token_file_info info;
    info.format = format;
    info.layout = {token_bits, window_bits, specials >= 2, specials >= 1};
    info.special_count = specials;
    info.type = smallest_type_for(format, vocabulary(token_bits, specials));
    info.ending = "longest_match";
    info.reset = "window";
    info.model = "none";
    return info;
}

std::vector<coded_document> random_documents(test::random_source& random, unsigned window_bits) {
    std::vector<coded_document> documents(random.below(8));
    for (auto& document : documents) {
        document.bit_count = window_bits * random.length(3000);
        document.byte_count = random.bits(20);
        document.bits = test::random_bytes(random, static_cast<std::size_t>(document.bit_count + 7) / 8);
        if (document.bit_count % 8 != 0) {
            document.bits.back() &= static_cast<std::byte>(0xFF00u >> document.bit_count % 8);
        }
    }
    return documents;
}

files write(const token_file_info& info, const std::vector<coded_document>& documents) {
    test::patchable_sink file;
    test::patchable_sink index;
    memory_sink record;
    any_token_writer<test::patchable_sink> writer(info.format, {.type = info.type}, file, &index);
    corpus_writer corpus(writer, record, info);
    const token_packer packer(info.layout.token_bits);
    corpus.begin();
    for (const auto& document : documents) {
        bit_reader source(document.bits);
        std::vector<token> tokens;
        packer.pack(source, document.bit_count, tokens);
        corpus.begin_document();
        corpus.tokens(std::span(tokens).first(tokens.size() / 2));
        corpus.tokens(std::span(tokens).subspan(tokens.size() / 2));
        corpus.end_document(document.bit_count, document.byte_count);
    }
    corpus.finish();
    return {{file.bytes(), index.bytes()}, record.take()};
}

std::vector<coded_document> read(const files& from) {
    memory_source record(from.record);
    token_index_reader<memory_source> entries(record);
    memory_source index_source(from.tokens.index);
    const megatron_index index =
        entries.info().format == token_format::megatron ? read_megatron_index(index_source) : megatron_index{};
    memory_source file(from.tokens.file);
    any_token_reader<memory_source> reader(entries.info().format, file, entries.info().type, &index);
    corpus_reader corpus(reader, entries);
    const token_packer packer(entries.info().layout.token_bits);
    std::vector<coded_document> documents;
    std::vector<token> room(777);
    while (const auto entry = corpus.next_document()) {
        bit_writer bits;
        while (const std::size_t got = corpus.read(room)) {
            packer.unpack(std::span(room).first(got), bits);
        }
        std::vector<std::byte> bytes = bits.take();
        bytes.resize(static_cast<std::size_t>(entry->bit_count + 7) / 8);  // without the last token's filling
        documents.push_back({std::move(bytes), entry->bit_count, entry->byte_count});
    }
    return documents;
}

}  // namespace

TEST_CASE("corpus: documents come back from every format, token width and number of special ids", "[tokens]") {
    test::random_source random(5);
    for (const token_format format : test::all_token_formats) {
        for (const unsigned token_bits : {1u, 8u, 9u, 15u, 16u, 24u, 31u, 32u}) {
            for (const std::uint32_t specials : {0u, 1u, 2u, 3u}) {
                if (token_bits == 32 && (specials != 0 || format == token_format::megatron)) {
                    continue;
                }
                if (token_bits == 31 && specials != 0 && format == token_format::megatron) {
                    continue;
                }
                const unsigned window_bits = static_cast<unsigned>(random.between(token_bits, 128));
                const auto info = info_for(format, token_bits, window_bits, specials);
                const auto documents = random_documents(random, window_bits);
                CAPTURE(name_of(format), token_bits, window_bits, specials);
                REQUIRE(read(write(info, documents)) == documents);
            }
        }
    }
}

TEST_CASE("corpus: special ids stand where they belong", "[tokens]") {
    const auto info = info_for(token_format::raw, 8, 16, 2);
    const files made = write(info, {{test::from_hex("0102"), 16, 4}, {{}, 0, 0}});
    CHECK(made.tokens.file == test::from_hex("0101 0100 0200 0001 0101 0001"));  // 257 1 2 256 257 256
}

TEST_CASE("corpus: documents can be skipped", "[tokens]") {
    const files made = write(info_for(token_format::raw, 16, 16, 1), {{test::from_hex("01020304"), 32, 4}, {{}, 0, 0}});
    memory_source record(made.record);
    token_index_reader<memory_source> entries(record);
    memory_source file(made.tokens.file);
    raw_token_reader<memory_source> reader(file, entries.info().type);
    corpus_reader corpus(reader, entries);
    CHECK(corpus.next_document());
    CHECK(corpus.next_document());
    CHECK_FALSE(corpus.next_document());
    CHECK(corpus.info().token_count == 4);
}

TEST_CASE("corpus: a writer that is told nonsense refuses", "[tokens]") {
    const auto info = info_for(token_format::raw, 8, 16, 1);
    memory_sink file;
    memory_sink record;
    raw_token_writer<memory_sink> writer(file, {.type = info.type});
    corpus_writer corpus(writer, record, info);
    corpus.begin();
    corpus.begin_document();
    const auto special = error_of([&] { corpus.tokens(std::vector<token>{1, 256}); });
    REQUIRE(special);
    CHECK(special->code == errc::token_overflow);
    CHECK(test::contains(special->what, "id 256"));
    corpus.tokens(std::vector<token>{1, 2, 3});
    const auto length = error_of([&] { corpus.end_document(16, 1); });
    REQUIRE(length);
    CHECK(length->code == errc::bad_parameter);
    CHECK(test::contains(length->what, "has 2 tokens, not 3"));
    raw_token_writer<memory_sink> other(file, {.type = token_type::uint32});
    CHECK(error_of([&] { corpus_writer(other, record, info); })->code == errc::bad_parameter);
}

TEST_CASE("corpus: a token file that is not the record's is refused", "[tokens]") {
    const auto info = info_for(token_format::raw, 8, 16, 1);
    const files good = write(info, {{test::from_hex("01020304"), 32, 4}, {test::from_hex("0506"), 16, 4}});
    const auto refusal = [&](const std::vector<std::byte>& tokens) {
        return error_of([&] { read({{tokens, {}}, good.record}); });
    };
    REQUIRE_FALSE(refusal(good.tokens.file));
    for (std::size_t size = 0; size < good.tokens.file.size(); ++size) {
        const auto caught =
            refusal({good.tokens.file.begin(), good.tokens.file.begin() + static_cast<std::ptrdiff_t>(size)});
        REQUIRE(caught);
        CHECK(caught->code == errc::truncated);
        CHECK(caught->offset / 2 == size / 2);
    }
    for (std::size_t bit = 0; bit < good.tokens.file.size() * 8; ++bit) {
        auto bytes = good.tokens.file;
        bytes[bit / 8] ^= std::byte{1} << bit % 8;
        const auto caught = refusal(bytes);
        REQUIRE(caught);
        CHECK((caught->code == errc::bad_checksum || caught->code == errc::corrupt));
    }
    auto longer = good.tokens.file;
    longer.resize(longer.size() + 2);
    CHECK(refusal(longer)->code == errc::corrupt);
    CHECK(test::contains(refusal(longer)->what, "goes on behind the 8 tokens"));
    auto special = good.tokens.file;
    special[1] = std::byte{1};
    CHECK(test::contains(refusal(special)->what, "id 257 within a document"));
    auto ending = good.tokens.file;
    ending[9] = std::byte{0};
    CHECK(test::contains(refusal(ending)->what, "where its side record puts end_of_document (256)"));
    CHECK(refusal(ending)->offset == 8);
    memory_source record(good.record);
    token_index_reader<memory_source> entries(record);
    memory_source file(good.tokens.file);
    raw_token_reader<memory_source> wrong_type(file, token_type::uint8);
    CHECK(error_of([&] { corpus_reader(wrong_type, entries); })->code == errc::corrupt);
}
