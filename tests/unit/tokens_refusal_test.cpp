// SPDX-License-Identifier: MIT
// What writers and readers of token files refuse, with which code and at which byte.
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/tokens/token_file.hpp>

using namespace equinfo;
using test::error_of;
using test::token_file_bytes;

namespace {

void check(const std::optional<test::caught_error>& caught, errc code, std::uint64_t offset, std::string_view says) {
    REQUIRE(caught);
    INFO(caught->what);
    CHECK(caught->code == code);
    CHECK(caught->offset == offset);
    CHECK(test::contains(caught->what, says));
}

/// The error of reading `bytes` to the end.
std::optional<test::caught_error> refusal(token_format format, const token_file_bytes& bytes) {
    return error_of([&] { static_cast<void>(test::read_tokens(format, token_type::uint16, bytes)); });
}

token_file_bytes npy(std::string_view dictionary, std::size_t payload = 6) {
    token_file_bytes bytes{test::to_bytes("\x93NUMPY\x01"), {}};
    bytes.file.push_back(std::byte{0});
    bytes.file.push_back(static_cast<std::byte>(dictionary.size()));
    bytes.file.push_back(std::byte{0});
    const auto text = test::to_bytes(dictionary);
    bytes.file.insert(bytes.file.end(), text.begin(), text.end());
    bytes.file.resize(bytes.file.size() + payload);
    return bytes;
}

template <std::unsigned_integral T>
token_file_bytes with(token_file_bytes bytes, std::vector<std::byte> token_file_bytes::*part, std::size_t at, T value) {
    store_little((bytes.*part).data() + at, value);
    return bytes;
}

constexpr auto file = &token_file_bytes::file;
constexpr auto index_part = &token_file_bytes::index;

}  // namespace

TEST_CASE("token writers: an id that the type does not hold is an error, never a wrap", "[tokens]") {
    for (const token_format format : test::all_token_formats) {
        for (const token_type type : test::all_token_types) {
            if (format == token_format::llmc && type == token_type::uint8) {
                continue;
            }
            const bool is_signed = format == token_format::megatron && type == token_type::uint32;
            if (type == token_type::uint32 && !is_signed) {
                continue;  // every token fits
            }
            CAPTURE(name_of(format), name_of(type));
            const token largest = static_cast<token>(capacity_of(type) / (is_signed ? 2 : 1) - 1);
            test::patchable_sink out;
            test::patchable_sink index;
            any_token_writer<test::patchable_sink> writer(format, {.type = type}, out, &index);
            writer.begin();
            writer.tokens(std::vector<token>{largest, largest});
            const std::size_t size = out.bytes().size();
            check(error_of([&] {
                      writer.tokens(std::vector<token>{0, 1, largest + 1, largest + 2});
                  }),
                  errc::token_overflow, size + 2 * bytes_per_token(type), "ends at " + detail::grouped(largest));
            CHECK(out.bytes().size() == size);
        }
    }
}

TEST_CASE("token writers: a header with a count needs a file or the count", "[tokens]") {
    const std::vector<token> three = {1, 2, 3};
    for (const token_format format : {token_format::npy, token_format::llmc}) {
        memory_sink pipe;
        any_token_writer<memory_sink> blind(format, {}, pipe);
        check(error_of([&] { blind.begin(); }), errc::bad_parameter, 0, "cannot go back");
        CHECK(pipe.bytes().empty());

        test::patchable_sink like_a_pipe;
        like_a_pipe.be_a_pipe();
        any_token_writer<test::patchable_sink> also_blind(format, {}, like_a_pipe);
        check(error_of([&] { also_blind.begin(); }), errc::bad_parameter, 0, "cannot go back");

        any_token_writer<memory_sink> wrong(format, {.token_count = 2}, pipe);
        wrong.begin();
        wrong.tokens(three);
        check(error_of([&] { wrong.finish(); }), errc::bad_parameter, wrong.position(),
              "was begun for 2 tokens and got 3");

        // An unfinished file is refused by its magic number.
        test::patchable_sink unfinished;
        any_token_writer<test::patchable_sink> writer(format, {}, unfinished);
        writer.begin();
        writer.tokens(three);
        check(refusal(format, {unfinished.bytes(), {}}), errc::bad_magic, 0, "begin");
    }
}

TEST_CASE("token writers: limits of the formats", "[tokens]") {
    memory_sink sink;
    check(error_of([&] { any_token_writer<memory_sink>(token_format::llmc, {.type = token_type::uint8}, sink); }),
          errc::bad_parameter, 0, "uint8");
    check(error_of([&] {
              any_token_writer<memory_sink>(token_format::llmc, {.token_count = std::uint64_t{1} << 31}, sink);
          }),
          errc::too_large, 0, "2,147,483,648");
    CHECK_FALSE(error_of([&] {
        any_token_writer<memory_sink>(token_format::llmc, {.token_count = (std::uint64_t{1} << 31) - 1}, sink);
    }));
    check(error_of([&] {
              any_token_writer<memory_sink>(token_format::npy, {.token_count = (std::uint64_t{1} << 60) + 1}, sink);
          }),
          errc::too_large, 0, "2^60");
    check(error_of([&] { any_token_writer<memory_sink>(token_format::megatron, {}, sink); }), errc::bad_parameter, 0,
          "second output");
    memory_source source({});
    check(error_of([&] { any_token_reader<memory_source>(token_format::megatron, source, token_type::uint16); }),
          errc::bad_parameter, 0, ".idx");
}

TEST_CASE("raw files: a cut token is refused", "[tokens]") {
    check(refusal(token_format::raw, {test::from_hex("0100 02"), {}}), errc::truncated, 3, "inside token 1");
}

TEST_CASE("llm.c files: what is refused", "[tokens]") {
    const auto good = test::write_tokens(token_format::llmc, token_type::uint16, {{1, 2, 3}});
    CHECK_FALSE(refusal(token_format::llmc, good));
    check(refusal(token_format::llmc, {{}, {}}), errc::truncated, 0, "header");
    check(refusal(token_format::llmc, {test::from_hex("88d83401"), {}}), errc::truncated, 4, "header");
    check(refusal(token_format::llmc, with(good, file, 0, 20240519u)), errc::bad_magic, 0, "20240520");
    check(refusal(token_format::llmc, with(good, file, 0, 20240522u)), errc::bad_magic, 0, "multiple-choice");
    check(refusal(token_format::llmc, with(good, file, 4, 2u)), errc::bad_version, 4, "version 2");
    check(refusal(token_format::llmc, with(good, file, 0, 20240801u)), errc::bad_version, 4, "version 1");
    check(refusal(token_format::llmc, with(good, file, 8, 0xFFFFFFFFu)), errc::corrupt, 8, "negative");
    check(refusal(token_format::llmc, with(good, file, 8, 0x7FFFFFFFu)), errc::truncated, 1030, "3 of 2,147,483,647");
    check(refusal(token_format::llmc, with(good, file, 8, 2u)), errc::corrupt, 1028, "goes on behind its 2 tokens");
    auto cut = good;
    cut.file.pop_back();
    check(refusal(token_format::llmc, cut), errc::truncated, 1029, "inside token 2");
}

TEST_CASE("npy files: other headers that are right are read", "[tokens]") {
    for (const std::string_view dictionary : {
             "{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }\n",
             "{\"shape\": (3,),\"descr\":'<u2','fortran_order':False}",
             "{'fortran_order' : False , 'shape' : ( 3 , ) , 'descr' : '<u2' }  \n",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (0006,), }\n",
         }) {
        CAPTURE(dictionary);
        CHECK_FALSE(refusal(token_format::npy, npy(dictionary)));
    }
}

TEST_CASE("npy files: what is refused", "[tokens]") {
    const auto good = test::write_tokens(token_format::npy, token_type::uint16, {{1, 2, 3}});
    check(refusal(token_format::npy, {{}, {}}), errc::truncated, 0, "first 10 bytes");
    check(refusal(token_format::npy, with(good, file, 0, std::uint8_t{'P'})), errc::bad_magic, 0, "NUMPY");
    check(refusal(token_format::npy, with(good, file, 6, std::uint8_t{2})), errc::bad_version, 6, "2.0");
    check(refusal(token_format::npy, with(good, file, 8, std::uint16_t{65535})), errc::truncated, 134, "header");
    auto longer = good;
    longer.file.push_back(std::byte{0});
    check(refusal(token_format::npy, longer), errc::corrupt, 134, "goes on");
    longer.file.resize(132);
    check(refusal(token_format::npy, longer), errc::truncated, 132, "2 of 3");

    struct {
        std::string_view dictionary;
        errc code;
        std::uint64_t offset;
        std::string_view says;
    } const cases[] = {
        {"{'descr': '>u2', 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 20, "big-endian"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 20, "another type"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 20, "another type"},
        {"{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 20, "records"},
        {"{'descr': '<u2', 'fortran_order': True, 'shape': (3,), }", errc::corrupt, 44, "Fortran"},
        {"{'descr': '<u2', 'fortran_order': 1, 'shape': (3,), }", errc::corrupt, 44, "neither True nor False"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (), }", errc::corrupt, 60, "shape"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (3), }", errc::corrupt, 60, "shape"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (3, 1), }", errc::corrupt, 60, "shape"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (-3,), }", errc::corrupt, 60, "shape"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (1152921504606846977,), }", errc::too_large, 61, "2^60"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (99999999999999999999999,), }", errc::too_large, 61,
         "2^60"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (1152921504606846976,), }", errc::truncated, 91, "3 of"},
        {"{'descr': '<u2', 'fortran_order': False, }", errc::corrupt, 52, "lacks descr"},
        {"{'descr': '<u2', 'descr': '<u2', 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 27, "twice"},
        {"{'descr': '<u2', 'extra': 1, 'fortran_order': False, 'shape': (3,), }", errc::corrupt, 27, "key"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (3,), } x", errc::corrupt, 68, "behind the dictionary"},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (3,), ", errc::corrupt, 66, "quotes"},
        {"{'descr': '<u2', 'fortran_order': False 'shape': (3,), }", errc::corrupt, 50, "'}'"},
        {"{'descr': '<u2, }", errc::corrupt, 20, "without an end"},
        {"", errc::corrupt, 10, "'{'"},
    };
    for (const auto& wrong : cases) {
        CAPTURE(wrong.dictionary);
        check(refusal(token_format::npy, npy(wrong.dictionary)), wrong.code, wrong.offset, wrong.says);
    }
}

TEST_CASE("Megatron files: what is refused", "[tokens]") {
    const auto good = test::write_tokens(token_format::megatron, token_type::uint16, {{1, 2, 3}, {4}});
    // 0 magic, 9 version, 17 type, 18 sequences, 26 borders, 34 lengths, 42 offsets, 58 borders, 82 end
    REQUIRE(good.index.size() == 82);
    CHECK_FALSE(refusal(token_format::megatron, good));
    const auto wrong = [&](std::size_t at, auto value) {
        return refusal(token_format::megatron, with(good, index_part, at, value));
    };
    check(wrong(3, std::uint8_t{0}), errc::bad_magic, 0, "MMIDIDX");
    check(wrong(9, std::uint64_t{2}), errc::bad_version, 9, "version 2");
    check(wrong(17, std::uint8_t{6}), errc::corrupt, 17, "float64");
    check(wrong(17, std::uint8_t{99}), errc::corrupt, 17, "unknown");
    check(wrong(18, ~std::uint64_t{0}), errc::truncated, 82, "lengths");
    check(wrong(26, std::uint64_t{0}), errc::corrupt, 26, "border 0");
    check(wrong(26, ~std::uint64_t{0}), errc::truncated, 82, "documents");
    check(wrong(26, std::uint64_t{2}), errc::corrupt, 66, "rise");
    check(wrong(34, 0x80000000u), errc::corrupt, 34, "negative");
    check(wrong(42, std::uint64_t{2}), errc::corrupt, 42, "sequence 0 at byte 2");
    check(wrong(50, std::uint64_t{0}), errc::corrupt, 50, "ends at 6");
    check(wrong(58, std::uint64_t{1}), errc::corrupt, 58, "rise");
    check(wrong(66, std::uint64_t{3}), errc::corrupt, 66, "rise");
    check(wrong(74, std::uint64_t{1}), errc::corrupt, 74, "rise");
    check(wrong(38, 2u), errc::truncated, 8, "4 of 5 tokens");
    check(wrong(38, 0u), errc::corrupt, 6, "goes on behind its 3 tokens");
    const auto three = test::write_tokens(token_format::megatron, token_type::uint16, {{1}, {2}, {3}});
    // 34 lengths, 46 offsets, 70 borders 0 1 2 3: here 0 2 1 3
    auto falling = with(with(three, index_part, 78, std::uint64_t{2}), index_part, 86, std::uint64_t{1});
    check(refusal(token_format::megatron, falling), errc::corrupt, 86, "rise");
    // Several sequences to a document are read: borders 0 2 3 3.
    falling = with(with(three, index_part, 78, std::uint64_t{2}), index_part, 86, std::uint64_t{3});
    CHECK_FALSE(refusal(token_format::megatron, falling));
    auto modes = good;
    modes.index.resize(84);
    check(refusal(token_format::megatron, modes), errc::corrupt, 82, "goes on");
    for (std::size_t size = 0; size < 82; ++size) {
        auto cut = good;
        cut.index.resize(size);
        CHECK(refusal(token_format::megatron, cut)->code == errc::truncated);
        CHECK(refusal(token_format::megatron, cut)->offset == size);
    }
    auto negative = test::write_tokens(token_format::megatron, token_type::uint32, {{1, 2}});
    negative.file[7] = std::byte{0x80};
    check(refusal(token_format::megatron, negative), errc::corrupt, 4, "negative token id");
}

TEST_CASE("token writers: 2^31 tokens are too many for llm.c, and for one document of Megatron", "[.slow]") {
    struct {
        void write(std::span<const std::byte>) {}
        bool can_patch() const { return true; }
        void patch(std::uint64_t, std::span<const std::byte>) {}
    } nowhere;
    using sink = decltype(nowhere);
    const std::vector<token> ids(std::size_t{1} << 20, 7);
    llmc_token_writer<sink> llmc(nowhere, {});
    megatron_token_writer<sink> megatron(nowhere, nowhere, {.type = token_type::uint8});
    llmc.begin();
    megatron.begin();
    for (int part = 0; part < 2047; ++part) {
        llmc.tokens(ids);
        megatron.tokens(ids);
    }
    check(error_of([&] { llmc.tokens(ids); }), errc::too_large, 1024 + 2 * (std::uint64_t{2047} << 20),
          "several files");
    check(error_of([&] { megatron.tokens(ids); }), errc::too_large, std::uint64_t{2047} << 20, "too long for Megatron");
    llmc.tokens(std::span(ids).first(ids.size() - 1));
    CHECK(llmc.token_count() == 0x7FFFFFFF);
    llmc.finish();
    megatron.end_document();
    megatron.tokens(ids);
    megatron.finish();
}
