// SPDX-License-Identifier: MIT
// The document index and the side record, `.eqt`.
#include <support/catch.hpp>
#include <support/corpus.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/tokens/document_index.hpp>
#include <equinfo/tokens/token_index.hpp>

using namespace equinfo;
using test::error_of;

namespace {

/// The record of the worked example in docs/tokens.md.
token_file_info example_info() {
    token_file_info info;
    info.format = token_format::raw;
    info.type = token_type::uint32;
    info.layout = {.token_bits = 16, .window_bits = 24, .end_of_document_ids = true};
    info.special_count = 1;
    info.window_code = 1;
    info.ending = "longest_match";
    info.reset = "each_window";
    info.model = "english";
    info.model_fingerprint = 0x0123456789ABCDEF;
    return info;
}

/// Documents as bit count and byte count.
using sizes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

std::vector<std::byte> record(const token_file_info& info, const sizes& documents, std::uint32_t payload_crc) {
    memory_sink sink;
    token_index_writer<memory_sink> writer(sink, info);
    writer.begin();
    for (const auto& [bits, bytes] : documents) {
        writer.add(bits, bytes);
    }
    writer.finish(payload_crc);
    return sink.take();
}

token_index read(std::span<const std::byte> bytes) {
    memory_source source(bytes);
    return read_token_index(source);
}

/// The bytes of the fenced block that follows `heading` in docs/tokens.md; what stands behind ';' in a line is remark.
std::vector<std::byte> block_of_docs(std::string_view heading) {
    const auto page = test::read_file(test::source_directory() / "docs" / "tokens.md");
    const std::string_view text = string_of(page);
    std::size_t at = text.find(heading);
    REQUIRE(at != std::string_view::npos);
    at = text.find("```hex\n", at) + 7;
    const std::size_t end = text.find("```", at);
    std::string digits;
    while (at < end) {
        const std::size_t line_end = text.find('\n', at);
        const std::string_view line = text.substr(at, line_end - at);
        digits += line.substr(0, line.find(';'));
        at = line_end + 1;
    }
    return test::from_hex(digits);
}

/// Puts both CRC-32 right again, so that a changed field is judged by itself.
std::vector<std::byte> resealed(std::vector<std::byte> bytes) {
    const std::size_t header = load_little<std::uint16_t>(bytes.data() + 10);
    store_little(bytes.data() + header - 4, crc32(std::span(bytes).first(header - 4)));
    store_little(bytes.data() + bytes.size() - 4, crc32(std::span(bytes).first(bytes.size() - 4)));
    return bytes;
}

template <std::unsigned_integral T>
std::vector<std::byte> changed(std::vector<std::byte> bytes, std::size_t at, T value) {
    store_little(bytes.data() + at, value);
    return resealed(std::move(bytes));
}

}  // namespace

TEST_CASE("document_index: documents lie one behind the other with their special ids", "[tokens]") {
    document_index index(
        {.token_bits = 16, .window_bits = 24, .begin_of_document_ids = true, .end_of_document_ids = true});
    CHECK(index.add(48, 10) == document_entry{1, 48, 10});  // begin, 3 tokens, end
    CHECK(index.add(0, 0) == document_entry{6, 0, 0});      // begin, end
    CHECK(index.add(24, 3) == document_entry{8, 24, 3});    // begin, 2 tokens, end
    CHECK(index.token_count() == 11);
    CHECK(index.byte_count() == 13);
    CHECK(index.layout().token_count(index[2]) == 2);
    CHECK(index.layout().window_count(index[0]) == 2);
    const std::size_t owner[] = {0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2};
    for (std::uint64_t position = 0; position < 11; ++position) {
        CHECK(index.document_at(position) == owner[position]);
    }
    CHECK(index.document_at(11) == std::nullopt);

    document_index bare({.token_bits = 8, .window_bits = 0});
    bare.add(0, 0);
    bare.add(9, 2);
    bare.add(0, 0);
    CHECK(bare.document_at(0) == 1u);
    CHECK(bare.document_at(1) == 1u);
    CHECK(bare.document_at(2) == std::nullopt);
}

TEST_CASE("side record: the worked example of docs/tokens.md, byte by byte", "[tokens]") {
    const std::vector<std::byte> tokens = block_of_docs("### The token file");
    const std::vector<std::byte> bytes = record(example_info(), {{48, 17}, {24, 5}}, crc32(tokens));
    CHECK(bytes == block_of_docs("### The side record"));
    const token_index back = read(bytes);
    CHECK(back.info.document_count == 2);
    CHECK(back.info.token_count * 4 == tokens.size());
    CHECK(back.info.byte_count == 22);
}

TEST_CASE("side record: comes back whole, at every length of names", "[tokens]") {
    test::random_source random(4);
    for (unsigned round = 0; round < 300; ++round) {
        token_file_info info = example_info();
        info.ending = std::string(random.below(256), 'e');
        info.reset = std::string(round % 17, 'r');
        info.model = std::string(round % 9, 'm');
        info.layout.token_bits = static_cast<unsigned>(random.between(1, 24));
        info.layout.begin_of_document_ids = random.chance(1, 2);
        info.layout.window_bits = static_cast<unsigned>(random.between(24, 65535));
        info.special_count = static_cast<std::uint32_t>(random.between(2, 1000));
        info.model_fingerprint = random();
        sizes documents(random.below(20));
        document_index expected(info.layout);
        for (auto& [bits, bytes] : documents) {
            bits = info.layout.window_bits * random.below(1u << 20);
            bytes = random.bits(30);
            expected.add(bits, bytes);
        }
        const std::vector<std::byte> bytes = record(info, documents, 77);
        const std::size_t header = load_little<std::uint16_t>(bytes.data() + 10);
        REQUIRE(header % 8 == 0);
        REQUIRE(bytes.size() == header + 24 * documents.size() + 40);
        const token_index back = read(bytes);
        REQUIRE(back.documents == expected);
        info.document_count = documents.size();
        info.token_count = expected.token_count();
        info.byte_count = expected.byte_count();
        info.payload_crc = 77;
        REQUIRE(back.info == info);
        // Entry i lies at header + 24 * i: a document is found without reading those before it.
        for (std::size_t i = 0; i < documents.size(); ++i) {
            REQUIRE(load_little<std::uint64_t>(bytes.data() + header + 24 * i) == expected[i].first_token);
        }
    }
}

TEST_CASE("indexes: go out and come in by pieces, whatever the number of documents", "[tokens]") {
    struct {
        void write(std::span<const std::byte> bytes) {
            kept.write(bytes);
            largest = std::max(largest, bytes.size());
        }
        memory_sink kept;
        std::size_t largest = 0;
    } sink;
    token_index_writer writer(sink, example_info());
    document_index expected(example_info().layout);
    writer.begin();
    for (std::uint64_t i = 0; i < 10000; ++i) {
        writer.add(24 * (i % 100), i);
        expected.add(24 * (i % 100), i);
    }
    writer.finish(0);
    CHECK(sink.largest < 66000);
    CHECK(sink.kept.bytes().size() == 72 + 24 * 10000 + 40);
    CHECK(read(sink.kept.bytes()).documents == expected);

    decltype(sink) bin;
    decltype(sink) idx;
    megatron_token_writer megatron(bin, idx, {});
    megatron.begin();
    for (token i = 0; i < 20000; ++i) {
        megatron.tokens(std::vector<token>(i % 7, i));
        megatron.end_document();
    }
    megatron.finish();
    CHECK(idx.largest < 66000);
    CHECK(idx.kept.bytes().size() == 34 + 20000 * 12 + 20001 * 8);
    memory_source source(idx.kept.bytes());
    const megatron_index index = read_megatron_index(source);
    REQUIRE(index.lengths.size() == 20000);
    REQUIRE(index.documents.size() == 20001);
    CHECK(index.lengths[19999] == 19999 % 7);
    CHECK(index.token_total * 2 == bin.kept.bytes().size());
}

TEST_CASE("side record: facts that contradict each other are refused before anything is written", "[tokens]") {
    const auto refused_at = [](auto change) -> std::optional<std::uint64_t> {
        token_file_info info = example_info();
        change(info);
        memory_sink sink;
        const auto caught = error_of([&] { token_index_writer<memory_sink>(sink, info); });
        if (!caught) {
            return std::nullopt;
        }
        CHECK(caught->code == errc::bad_parameter);
        return caught->offset;
    };
    CHECK(refused_at([](auto&) {}) == std::nullopt);
    CHECK(refused_at([](auto& info) { info.format = static_cast<token_format>(4); }) == 12u);
    CHECK(refused_at([](auto& info) { info.type = static_cast<token_type>(3); }) == 13u);
    CHECK(refused_at([](auto& info) { info.layout.token_bits = 0; }) == 14u);
    CHECK(refused_at([](auto& info) { info.layout.token_bits = 33; }) == 14u);
    CHECK(refused_at([](auto& info) { info.layout.window_bits = 15; }) == 16u);
    CHECK(refused_at([](auto& info) { info.layout.window_bits = 65536; }) == 16u);
    CHECK(refused_at([](auto& info) { info.layout.window_bits = 0; }) == std::nullopt);
    CHECK(refused_at([](auto& info) { info.special_count = 0; }) == 15u);
    CHECK(refused_at([](auto& info) { info.layout.begin_of_document_ids = true; }) == 15u);
    CHECK(refused_at([](auto& info) { info.type = token_type::uint16; }) == 20u);
    CHECK(refused_at([](auto& info) { info.model = "a\nb"; }) == 32u);
    CHECK(refused_at([](auto& info) { info.model = std::string(256, 'x'); }) == 32u);
    memory_sink sink;
    token_index_writer<memory_sink> writer(sink, example_info());
    CHECK(error_of([&] { writer.add(25, 1); })->code == errc::bad_parameter);
    CHECK(error_of([&] { writer.add(24 * (std::uint64_t{1} << 58), 1); })->code == errc::too_large);
    CHECK(error_of([&] { writer.add(24, (std::uint64_t{1} << 60) + 1); })->code == errc::too_large);
}

TEST_CASE("side record: what is refused, and where", "[tokens]") {
    const std::vector<std::byte> good = record(example_info(), {{48, 17}, {24, 5}}, 9);
    REQUIRE(good.size() == 72 + 2 * 24 + 40);
    REQUIRE(resealed(good) == good);
    const auto check = [](const std::vector<std::byte>& bytes, errc code, std::uint64_t offset, std::string_view says) {
        const auto caught = error_of([&] { read(bytes); });
        REQUIRE(caught);
        INFO(caught->what);
        CHECK(caught->code == code);
        CHECK(caught->offset == offset);
        CHECK(test::contains(caught->what, says));
    };
    check(changed(good, 0, std::uint8_t{0}), errc::bad_magic, 0, "magic");
    check(changed(good, 8, std::uint16_t{2}), errc::bad_version, 8, "version 2");
    for (const unsigned length : {0u, 32u, 60u, 816u, 65528u}) {
        std::vector<std::byte> bytes = good;
        store_little(bytes.data() + 10, static_cast<std::uint16_t>(length));
        check(bytes, errc::corrupt, 10, "header length");
    }
    check(changed(good, 12, std::uint8_t{9}), errc::corrupt, 12, "format");
    check(changed(good, 13, std::uint8_t{3}), errc::corrupt, 13, "token type");
    check(changed(good, 15, std::uint8_t{4}), errc::corrupt, 15, "flags");
    check(changed(good, 16, std::uint16_t{15}), errc::corrupt, 16, "windows of 15 bits");
    check(changed(good, 20, 0xFFFFFFFFu), errc::corrupt, 20, "4,295,032,831 ids");
    check(changed(good, 32, std::uint8_t{255}), errc::corrupt, 32, "goes on behind its header");
    check(changed(good, 33, std::uint8_t{7}), errc::corrupt, 32, "control characters");
    check(changed(good, 72, std::uint64_t{1}), errc::corrupt, 72, "begin at token 1");
    check(changed(good, 80, std::uint64_t{47}), errc::corrupt, 80, "whole number of windows");
    check(changed(good, 80, ~std::uint64_t{0}), errc::too_large, 80, "2^60");
    check(changed(good, 88, ~std::uint64_t{0}), errc::too_large, 88, "2^60");
    check(changed(good, 96, std::uint64_t{5}), errc::corrupt, 96, "ends at 4");
    check(changed(good, 120, std::uint64_t{0}), errc::corrupt, 120, "begin at token 0");
    check(changed(good, 128, std::uint64_t{3}), errc::corrupt, 128, "sums");
    check(changed(good, 136, std::uint64_t{8}), errc::corrupt, 128, "sums");
    check(changed(good, 144, std::uint64_t{23}), errc::corrupt, 128, "sums");
    std::vector<std::byte> longer = good;
    longer.push_back(std::byte{0});
    check(longer, errc::corrupt, good.size(), "goes on");
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto caught = error_of([&] { read(std::span(good).first(size)); });
        REQUIRE(caught);
        CHECK(caught->code == errc::truncated);
        CHECK(caught->offset == size);
    }
    // Every flipped bit is noticed.
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::vector<std::byte> bytes = good;
        bytes[bit / 8] ^= std::byte{1} << bit % 8;
        CHECK(error_of([&] { read(bytes); }));
    }
}

TEST_CASE("side record: the wrong model is named", "[tokens]") {
    token_file_info info = example_info();
    CHECK_FALSE(error_of([&] { require_model(info, 0x0123456789ABCDEF, "english"); }));
    const auto caught = error_of([&] { require_model(info, 1, "mine"); });
    REQUIRE(caught);
    CHECK(caught->code == errc::wrong_model);
    CHECK(test::contains(caught->what, "'english' (fingerprint 0123456789abcdef)"));
    CHECK(test::contains(caught->what, "'mine' (0000000000000001)"));
}
