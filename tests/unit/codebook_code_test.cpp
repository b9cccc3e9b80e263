// SPDX-License-Identifier: MIT
// Texts as the codewords of a codebook, in any number of threads, and back into any room.
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/error.hpp>

#include <reference/reference_codebook.hpp>
#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

template <codebook_token Token>
std::vector<Token> encoded(const codebook& book, const byte_string& text, unsigned threads = 1) {
    std::vector<Token> tokens;
    book.encode(std::span<const std::uint8_t>(text), tokens, threads);
    return tokens;
}

template <codebook_token Token>
byte_string decoded(const codebook& book, const std::vector<Token>& tokens, unsigned threads = 1) {
    byte_string text;
    book.decode(std::span<const Token>(tokens), text, threads);
    return text;
}

/// The offset at which these tokens are refused.
template <codebook_token Token>
std::uint64_t refusal_offset(const codebook& book, const std::vector<Token>& tokens) {
    try {
        static_cast<void>(book.decoded_size(std::span<const Token>(tokens)));
    } catch (const error& refused) {
        REQUIRE(refused.code() == errc::corrupt);
        return refused.offset();
    }
    return ~std::uint64_t{0};
}

string_list strings_of(const codebook& book) {
    string_list strings;
    for (std::size_t i = 0; i < book.size(); ++i) {
        strings.push_back(book[i]);
    }
    return strings;
}

}  // namespace

TEST_CASE("codebook: texts come back, as 16 bits a token and as 32", "[codebook]") {
    random_source random(4801);
    for (const unsigned window_bits : {9u, 12u}) {
        for (const string_kind kind : all_string_kinds) {
            INFO(name_of(kind) << ", " << window_bits << " bits");
            const codebook book = random_book(random, window_bits, kind);
            const string_list strings = strings_of(book);
            const reference::codebook twin(strings);
            for (int round = 0; round < 10; ++round) {
                const std::size_t length = random.length(1000);
                const byte_string text = round % 2 == 0 ? random_text(random, length) : text_of_strings(random, strings, length);
                const auto wide = encoded<std::uint32_t>(book, text);
                REQUIRE(wide == twin.parse(text));
                const auto narrow = encoded<std::uint16_t>(book, text);
                REQUIRE(std::equal(wide.begin(), wide.end(), narrow.begin(), narrow.end()));
                REQUIRE(decoded(book, wide) == text);
                REQUIRE(decoded(book, narrow) == text);
                REQUIRE(book.decoded_size(std::span<const std::uint16_t>(narrow)) == text.size());
            }
        }
    }
}

TEST_CASE("codebook: appends to what is there", "[codebook]") {
    random_source random(4802);
    const codebook book = random_book(random, 10, string_kind::text_like);
    const byte_string text = text_of_strings(random, strings_of(book), 300);
    std::vector<std::uint16_t> tokens{5};
    book.encode(std::span<const std::uint8_t>(text), tokens);
    REQUIRE(tokens.front() == 5);
    byte_string out{'o', 'u', 't'};
    book.decode(std::span<const std::uint16_t>(tokens).subspan(1), out);
    REQUIRE(byte_string(out.begin(), out.begin() + 3) == byte_string{'o', 'u', 't'});
    REQUIRE(byte_string(out.begin() + 3, out.end()) == text);
}

TEST_CASE("codebook: of 16 bits, which 16 bits just hold, and of 18", "[codebook]") {
    random_source random(4803);
    for (const unsigned window_bits : {16u, 18u}) {
        const codebook book = random_book(random, window_bits, string_kind::text_like);
        const string_list strings = strings_of(book);
        byte_string text = text_of_strings(random, strings, 5000);
        text.push_back(0xff);  // near the last codeword
        const auto tokens = encoded<std::uint32_t>(book, text);
        REQUIRE(tokens == reference::codebook(strings).parse(text));
        REQUIRE(decoded(book, tokens) == text);
        if (window_bits == 16) {
            const auto narrow = encoded<std::uint16_t>(book, text);
            REQUIRE(std::equal(tokens.begin(), tokens.end(), narrow.begin(), narrow.end()));
            REQUIRE(decoded(book, narrow) == text);
        }
    }
}

TEST_CASE("codebook: several threads give the tokens of one, and the text", "[codebook]") {
    random_source random(4804);
    std::vector<byte_string> runs = single_bytes();
    runs.push_back(byte_string(7, 'a'));
    runs.resize(512, byte_string(140, 'a'));
    const auto check = [](const codebook& book, const byte_string& text) {
        const auto expected = encoded<std::uint16_t>(book, text);
        REQUIRE(decoded(book, expected) == text);
        for (unsigned threads = 2; threads <= 5; ++threads) {
            INFO(threads << " threads, " << text.size() << " bytes");
            REQUIRE(encoded<std::uint16_t>(book, text, threads) == expected);
            REQUIRE(decoded(book, expected, threads) == text);
        }
        const auto wide = encoded<std::uint32_t>(book, text, 4);
        REQUIRE(std::equal(wide.begin(), wide.end(), expected.begin(), expected.end()));
    };
    for (const string_kind kind : all_string_kinds) {
        INFO(name_of(kind));
        const codebook book = random_book(random, 12, kind);
        check(book, text_of_strings(random, strings_of(book), 1'300'000));
    }
    const codebook book(9, sorted(runs));
    for (const std::size_t size : {std::size_t{1} << 18, std::size_t{1} << 19, (std::size_t{1} << 20) + 3}) {
        check(book, byte_string(size, 'a'));  // the parses of the pieces never meet
    }
    const codebook one = random_book(random, 9, string_kind::nested);
    REQUIRE(encoded<std::uint16_t>(one, {}, 4).empty());
    REQUIRE(encoded<std::uint16_t>(one, {'a'}, 4).size() == 1);
}

TEST_CASE("codebook: whole strings into any room, and no byte beyond", "[codebook]") {
    random_source random(4805);
    for (const string_kind kind : all_string_kinds) {
        INFO(name_of(kind));
        const codebook book = random_book(random, 10, kind);
        const byte_string text = text_of_strings(random, strings_of(book), 400);
        const auto tokens = encoded<std::uint16_t>(book, text);
        std::size_t whole = 0;  // the strings that have room, and their bytes
        std::size_t bytes = 0;
        for (std::size_t room = 0; room <= text.size() + book.longest(); ++room) {
            while (whole < tokens.size() && bytes + book[tokens[whole]].size() <= room) {
                bytes += book[tokens[whole++]].size();
            }
            byte_string out(room + 64, 0xa5);
            const codebook::decoded done = book.decode_some(std::span<const std::uint16_t>(tokens), std::span(out).first(room));
            REQUIRE(done.tokens == whole);
            REQUIRE(done.bytes == bytes);
            REQUIRE(std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes), out.begin()));
            REQUIRE(std::count(out.end() - 64, out.end(), 0xa5) == 64);
        }
        REQUIRE(whole == tokens.size());
        const codebook::decoded nothing = book.decode_some(std::span<const std::uint16_t>(), {});
        REQUIRE((nothing.tokens == 0 && nothing.bytes == 0));
    }
}

TEST_CASE("codebook: numbers that are no codewords are refused where they stand", "[codebook]") {
    random_source random(4806);
    const codebook book = random_book(random, 9, string_kind::few_letters);
    const auto check = [&]<class Token>(Token bad) {
        for (const std::size_t place : {0u, 1u, 40u, 99u}) {
            INFO("token " << bad << " at " << place);
            std::vector<Token> tokens(100);
            for (Token& token : tokens) {
                token = static_cast<Token>(random.below(512));
            }
            const auto end = tokens.begin() + static_cast<std::ptrdiff_t>(place);
            const byte_string before = decoded(book, std::vector<Token>(tokens.begin(), end));
            tokens[place] = bad;
            REQUIRE(refusal_offset(book, tokens) == place * sizeof(Token));
            byte_string text{'t'};
            REQUIRE_THROWS_AS(book.decode(std::span<const Token>(tokens), text), error);
            REQUIRE(text == byte_string{'t'});
            for (const std::size_t spare : {std::size_t{0}, std::size_t{10000}}) {
                byte_string room(before.size() + spare);
                const codebook::decoded done = book.decode_some(std::span<const Token>(tokens), room);
                REQUIRE(done.tokens == place);
                REQUIRE(done.bytes == before.size());
                REQUIRE(std::equal(before.begin(), before.end(), room.begin()));
            }
        }
    };
    check(std::uint16_t{512});
    check(std::uint16_t{65535});
    check(std::uint32_t{512});
    check(std::uint32_t{65536 + 5});
    check(std::uint32_t{0xffffffffu});
    REQUIRE(refusal_offset(book, std::vector<std::uint16_t>{511}) == ~std::uint64_t{0});
}
