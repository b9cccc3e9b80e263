// SPDX-License-Identifier: MIT
// Strings fitted to a text: as many as before, a codebook again, and fewer tokens for such text.
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/refine.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

using bytes = std::vector<std::uint8_t>;

/// Sentences of few words, some of them with characters of two and three bytes.
bytes sentences(random_source& random, std::size_t size) {
    constexpr std::string_view words[] = {"the ", "old ", "house ", "of ", "na\xC3\xAFve ", "people ", "\xE2\x80\x9Cquoted\xE2\x80\x9D ", "was ",
                                          "sold, ", "and ", "they ", "went ", "home. ", "again ", "never ", "\xC3\xA9t\xC3\xA9 "};
    bytes text;
    while (text.size() < size) {
        const std::string_view word = words[random.below(std::size(words)) * random.below(std::size(words)) / std::size(words)];
        text.insert(text.end(), word.begin(), word.end());
        if (random.below(40) == 0) {
            text.push_back(0);
        }
    }
    return text;
}

string_list start(unsigned window_bits) { return window_strings(uniform_model{}, window_bits); }

refine_options small_options(std::size_t size) {
    refine_options options = refine_options_for(size);
    options.table_bits = 18;
    return options;
}

string_list refined(const bytes& text, unsigned window_bits, const refine_options& options) {
    return refine_strings(text, start(window_bits), options, [](double) {});
}

std::size_t token_count(const string_list& strings, unsigned window_bits, const bytes& text) {
    std::vector<std::uint32_t> tokens;
    codebook(window_bits, strings).encode(std::span<const std::uint8_t>(text), tokens);
    return tokens.size();
}

}  // namespace

TEST_CASE("refine: a codebook again, that holds more of the text and of others like it", "[codebook]") {
    random_source random(5201);
    const bytes text = sentences(random, 60000);
    const bytes other = sentences(random, 20000);
    for (const unsigned window_bits : {9u, 10u, 12u}) {
        const string_list fitted = refined(text, window_bits, small_options(text.size()));
        REQUIRE(fitted.size() == std::size_t{1} << window_bits);
        REQUIRE(5 * token_count(fitted, window_bits, text) < 2 * token_count(start(window_bits), window_bits, text));
        REQUIRE(5 * token_count(fitted, window_bits, other) < 2 * token_count(start(window_bits), window_bits, other));
    }
}

TEST_CASE("refine: what repeats becomes one string, up to the longest that windows have", "[codebook]") {
    bytes text;
    for (int i = 0; i < 4000; ++i) {
        const std::string_view line = "a line that is always the same, ";
        text.insert(text.end(), line.begin(), line.end());
    }
    const string_list strings = refine_strings(text, start(9), small_options(text.size()), [](double) {});
    std::size_t longest = 0;
    for (std::size_t i = 0; i < strings.size(); ++i) {
        longest = std::max(longest, strings[i].size());
    }
    REQUIRE(longest <= 143);  // 16 * 9 - 1
    REQUIRE(longest >= 100);
}

TEST_CASE("refine: no string cuts a character or has a NUL, unless they may", "[codebook]") {
    random_source random(5202);
    const bytes text = sentences(random, 60000);
    for (const bool whole : {true, false}) {
        refine_options options = small_options(text.size());
        options.whole_characters = whole;
        const string_list fitted = refined(text, 11, options);
        std::size_t cut = 0;
        for (std::size_t i = 0; i < fitted.size(); ++i) {
            if (fitted[i].size() > 1) {
                REQUIRE(std::find(fitted[i].begin(), fitted[i].end(), std::uint8_t{0}) == fitted[i].end());
                cut += detail::is_whole_characters(fitted[i]) ? 0 : 1;
            }
        }
        REQUIRE((cut == 0) == whole);
    }
}

TEST_CASE("refine: the same again, and each round is told", "[codebook]") {
    random_source random(5203);
    const bytes text = sentences(random, 30000);
    const refine_options options = small_options(text.size());
    std::vector<double> told;
    const string_list first = refine_strings(text, start(10), options, [&](double bytes_a_token) { told.push_back(bytes_a_token); });
    REQUIRE(told.size() == options.rounds.size());
    REQUIRE(told.back() > 4);
    REQUIRE(refined(text, 10, options) == first);
}

TEST_CASE("refine: a table that is too small, shares of the text, and rounds that change nothing", "[codebook]") {
    random_source random(5204);
    const bytes text = sentences(random, 200000);
    refine_options options = small_options(text.size());
    options.table_bits = 6;
    REQUIRE(refined(text, 9, options).size() <= 512);  // a few candidates at a time
    options.table_bits = 11;
    const string_list crowded = refined(text, 9, options);
    REQUIRE(crowded.size() == 512);
    REQUIRE(2 * token_count(crowded, 9, text) < token_count(start(9), 9, text));
    options = small_options(text.size());
    options.rounds = {{100, 3}, {50, 2}, {10, 1}};
    options.count_all_prefixes = false;
    const string_list shared = refined(text, 9, options);
    REQUIRE(2 * token_count(shared, 9, text) < token_count(start(9), 9, text));
    options.rounds = {{0, 1}};
    const string_list none = refined(text, 9, options);
    REQUIRE(none.size() <= 512);  // those that cut characters are gone
    REQUIRE(none.size() >= 256);
}

TEST_CASE("refine: texts with nothing to learn give what there is", "[codebook]") {
    for (const bytes& text : {bytes{}, bytes{'a'}, bytes(100, 0), bytes{0xff, 0xfe, 0x80}}) {
        const string_list few = refined(text, 9, small_options(text.size()));
        REQUIRE(few.size() >= 256);
        REQUIRE(few.size() <= 512);
        std::set<std::uint8_t> singles;
        for (std::size_t i = 0; i < few.size(); ++i) {
            if (few[i].size() == 1) {
                singles.insert(few[i][0]);
            }
        }
        REQUIRE(singles.size() == 256);
    }
}

TEST_CASE("refine: well-formed characters are told from others", "[codebook]") {
    const auto whole = [](std::string_view text) { return detail::is_whole_characters(text_of(text)); };
    for (const std::string_view good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z"}) {
        REQUIRE(whole(good));
    }
    for (const std::string_view bad : {"\x80", "\xC2", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80", "\xFF", "a\xC3", "\xA9z"}) {
        REQUIRE_FALSE(whole(bad));
    }
}
