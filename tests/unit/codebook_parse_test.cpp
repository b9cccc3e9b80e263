// SPDX-License-Identifier: MIT
// Parses side by side against the single walk.
#include <equinfo/codebook/greedy_parse.hpp>
#include <equinfo/codebook/string_table.hpp>
#include <equinfo/codebook/string_trie.hpp>

#include <reference/reference_codebook.hpp>
#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

constexpr std::size_t tile = 6 * 4096;  // bytes that are parsed side by side, from 2 * tile on

/// The same strings in all forms.
struct forms {
    explicit forms(string_list list) : strings(std::move(list)), trie(strings), table(strings), parse(trie, table), twin(strings) {}

    string_list strings;
    string_trie trie;
    string_table table;
    greedy_parse parse;
    reference::codebook twin;

    /// From `begin` to `stop`; behind the text is no byte that may be read.
    template <class Token = std::uint16_t>
    void check(const byte_string& whole, std::size_t begin, std::size_t stop) const {
        INFO(whole.size() << " bytes, from " << begin << " to " << stop);
        const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[whole.size()]);
        std::copy(whole.begin(), whole.end(), exact.get());
        const std::span<const std::uint8_t> text(exact.get(), whole.size());
        const std::vector<std::uint32_t> expected = twin.parse(text, begin, stop);
        std::vector<Token> tokens{7};  // what is there stays
        const std::size_t end = parse.append(text, begin, stop, tokens);
        REQUIRE(tokens.front() == 7);
        REQUIRE(tokens.size() == 1 + expected.size());
        REQUIRE(std::equal(expected.begin(), expected.end(), tokens.begin() + 1));
        REQUIRE(end == begin + twin.text_of(expected).size());
    }

    template <class Token = std::uint16_t>
    void check(const byte_string& text) const {
        check<Token>(text, 0, text.size());
    }
};

byte_string repeated(const byte_string& part, std::size_t length) {
    byte_string text(length);
    for (std::size_t i = 0; i < length; ++i) {
        text[i] = part[i % part.size()];
    }
    return text;
}

byte_string letters(std::size_t count) { return byte_string(count, 'a'); }

/// All bytes, and runs of an a of these lengths.
forms runs(std::initializer_list<std::size_t> lengths) {
    std::vector<byte_string> strings = single_bytes();
    for (const std::size_t length : lengths) {
        strings.push_back(letters(length));
    }
    return forms(sorted(strings));
}

}  // namespace

TEST_CASE("greedy parse: short texts, with every stop", "[codebook]") {
    random_source random(4101);
    for (const string_kind kind : all_string_kinds) {
        INFO(name_of(kind));
        const forms book(random_strings(random, 1024, kind, 40));
        book.check({});
        book.check({'a'});
        const byte_string text = text_of_strings(random, book.strings, 150);
        for (std::size_t begin = 0; begin <= text.size(); begin += 7) {
            for (std::size_t stop = begin; stop <= text.size(); stop += 5) {
                book.check(text, begin, stop);
            }
        }
    }
}

TEST_CASE("greedy parse: texts of several tiles", "[codebook]") {
    random_source random(4102);
    for (const string_kind kind : all_string_kinds) {
        INFO(name_of(kind));
        const forms book(random_strings(random, 2048, kind, kind == string_kind::few_letters ? 255 : 30));
        book.check<std::uint32_t>(text_of_strings(random, book.strings, 3 * tile + 1000));
        book.check(random_text(random, 2 * tile + random.length(2 * tile)));
        const byte_string text = text_of_strings(random, book.strings, 5 * tile);
        for (int round = 0; round < 2; ++round) {
            const std::size_t begin = random.below(tile);
            book.check(text, begin, begin + 2 * tile + random.below(2 * tile));
        }
    }
}

TEST_CASE("greedy parse: every length about where tiles begin", "[codebook]") {
    random_source random(4103);
    const forms book(random_strings(random, 512, string_kind::few_letters, 12));
    const byte_string text = text_of_strings(random, book.strings, 4 * tile);
    for (std::size_t more = 0; more < 200; more += 1 + random.below(30)) {
        book.check(byte_string(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(2 * tile + more)));
        book.check(text, 0, 2 * tile + more);
    }
}

TEST_CASE("greedy parse: parses that never meet", "[codebook]") {
    // A text of one letter has as many parses as its longest string has bytes, and none meets another.
    for (const std::size_t longest : {2u, 3u, 5u, 7u, 100u, 143u, 255u}) {
        INFO("runs of " << longest);
        const forms book = runs({longest});
        for (const std::size_t more : {0u, 1u, 70u, 300u, 1000u, 30000u}) {
            book.check(letters(2 * tile + more));
        }
        const forms many = runs({2, 3, longest / 2 + 1, longest});
        many.check(letters(3 * tile + 600));
    }
    std::vector<byte_string> strings = single_bytes();
    strings.insert(strings.end(), {{'a', 'b'}, {'b', 'c'}, {'c', 'a'}});
    const forms cycle(sorted(strings));
    cycle.check(repeated({'a', 'b', 'c'}, 3 * tile + 1));
    cycle.check(repeated({'a', 'b', 'c', 'a'}, 3 * tile + 2));
}

TEST_CASE("greedy parse: nothing behind the text is read or counted", "[codebook]") {
    // Strings of two bytes are walked two bytes a step; a few single ones among them put the lanes out of step with the looks
    // at who is done, so that they go as far beyond the end of their pieces as they can.
    for (const std::size_t longest : {2u, 3u, 20u}) {
        const forms book = [&] {
            std::vector<byte_string> strings = single_bytes();
            strings.push_back(letters(2));
            strings.push_back(byte_string(longest, 'z'));
            return forms(sorted(strings));
        }();
        for (const std::size_t singles : {1u, 4u}) {
            for (std::size_t more = 0; more < 300; more += 11) {
                byte_string text = letters(2 * tile + more);
                for (std::size_t at = 2000; at + singles < text.size(); at += 4096) {
                    std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), singles, std::uint8_t{'b'});
                }
                book.check(text);
            }
        }
    }
}

TEST_CASE("greedy parse: a parse that began elsewhere is joined where both meet", "[codebook]") {
    random_source random(4104);
    const auto check = [&](const forms& book, const byte_string& text) {
        for (int round = 0; round < 20; ++round) {
            const std::size_t first = random.below(text.size() + 1);
            const std::size_t second = random.chance(1, 2) ? random.below(text.size() + 1) : first;
            std::vector<std::uint32_t> tokens;
            std::vector<std::uint32_t> more;
            const std::size_t at = book.parse.append(text, 0, first, tokens);
            book.parse.append(text, second, text.size(), more);
            const std::size_t end = book.parse.join(text, at, tokens, second, std::span<const std::uint32_t>(more));
            REQUIRE(end == book.twin.text_of(tokens).size());
            REQUIRE(end >= std::min(second, text.size()));
            book.parse.append(text, end, text.size(), tokens);
            REQUIRE(tokens == book.twin.parse(text));
        }
    };
    for (const string_kind kind : all_string_kinds) {
        INFO(name_of(kind));
        const forms book(random_strings(random, 1024, kind, 60));
        check(book, text_of_strings(random, book.strings, 2000));
    }
    check(runs({7}), letters(1000));
}
