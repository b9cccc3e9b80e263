// SPDX-License-Identifier: MIT
// ngram_trainer: what is counted, what is kept, and that the size asked for is kept to.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_trainer.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;

/// Words of a small vocabulary, common ones first, so that there is something to learn.
std::string babble(std::uint64_t seed, std::size_t words) {
    test::random_source random(seed);
    std::vector<std::string> vocabulary;
    for (unsigned i = 0; i < 200; ++i) {
        std::string word;
        for (std::uint64_t length = random.between(1, 8); length > 0; --length) {
            word += static_cast<char>('a' + random.below(1 + random.below(26)));
        }
        vocabulary.push_back(word);
    }
    std::string text;
    for (std::size_t i = 0; i < words; ++i) {
        text += vocabulary[random.below(1 + random.below(vocabulary.size()))];
        text += random.chance(1, 200) ? '\0' : ' ';
    }
    return text;
}

ngram_content train(std::string_view text, const ngram_options& options) {
    ngram_trainer trainer(options);
    trainer.feed(text_of(text));
    return trainer.build();
}

double bits_per_byte(ngram_content content, std::string_view text) {
    ngram_model model(std::make_shared<const ngram_data>(std::move(content)));
    double bits = 0;
    for (const char symbol : text) {
        bits += ngram_precision - std::log2(model.predict().range_of(static_cast<std::uint8_t>(symbol)).freq);
        model.update(static_cast<std::uint8_t>(symbol));
    }
    return bits / static_cast<double>(text.size());
}

/// All n-grams of a level, with their counts.
std::map<std::string, std::uint32_t> counts_of(const detail::ngram_counts& counts, unsigned length) {
    std::vector<std::string> names{""};
    for (unsigned l = 1; l <= length; ++l) {
        std::vector<std::string> longer(counts.level(l).size());
        for (std::size_t context = 0; context < names.size(); ++context) {
            for (auto i = counts.level(l - 1).first_child[context]; i < counts.level(l - 1).first_child[context + 1]; ++i) {
                longer[i] = names[context] + static_cast<char>(counts.level(l).symbol[i]);
            }
        }
        names = std::move(longer);
    }
    std::map<std::string, std::uint32_t> result;
    for (std::size_t i = 0; i < names.size(); ++i) {
        result[names[i]] = counts.level(length).count[i];
    }
    return result;
}

}  // namespace

TEST_CASE("ngram_counts: every n-gram, however little is sorted at a time", "[models]") {
    const std::string text = babble(1, 3000) + std::string(50, 'z') + '\0' + "q";
    for (const unsigned order : {0u, 1u, 2u, 5u, 9u}) {
        for (const std::size_t memory : {std::size_t{8}, std::size_t{4096}, std::size_t{1} << 30}) {
            for (const std::uint32_t min_count : {1u, 3u}) {
                CAPTURE(order, memory, min_count);
                const detail::ngram_counts counts(text_of(text), order, min_count, memory, [](std::size_t, std::size_t) {});
                for (unsigned length = 1; length <= order + 1; ++length) {
                    std::map<std::string, std::uint32_t> expected;
                    for (std::size_t i = 0; i + length <= text.size(); ++i) {
                        const std::string ngram = text.substr(i, length);
                        if (ngram.find('\0') == std::string::npos) {
                            ++expected[ngram];
                        }
                    }
                    std::erase_if(expected, [&](const auto& known) { return known.second < min_count; });
                    REQUIRE(counts_of(counts, length) == expected);
                }
            }
        }
    }
}

TEST_CASE("ngram_trainer: the model file is as small as asked, and not much smaller", "[models]") {
    const std::string text = babble(2, 20000);
    ngram_options options;
    options.order = 6;
    options.min_count = 1;
    std::uint64_t before = 0;
    for (const std::uint64_t bytes : {300u, 1000u, 3000u, 10000u}) {
        options.max_bytes = bytes;
        const std::uint64_t size = write_ngram(train(text, options)).size();
        CAPTURE(bytes, size);
        CHECK(size <= bytes);
        CHECK(size > before);
        if (bytes < 10000) {
            CHECK(size * 10 > bytes * 7);
        }
        before = size;
    }
    options.max_bytes = 40;
    CHECK_THROWS_AS(train(text, options), error);
}

TEST_CASE("ngram_trainer: larger models predict better", "[models]") {
    const std::string text = babble(3, 20000);
    const std::string_view learnt = std::string_view(text).substr(0, text.size() / 2);
    const std::string_view rest = std::string_view(text).substr(text.size() / 2);
    ngram_options options;
    options.order = 6;
    options.min_count = 1;
    double before = 8;
    for (const std::uint64_t bytes : {200u, 1000u, 4000u}) {
        options.max_bytes = bytes;
        const double bits = bits_per_byte(train(learnt, options), rest);
        CAPTURE(bytes, bits, before);
        CHECK(bits < before);
        before = bits;
    }
    CHECK(before < 2.4);
}

TEST_CASE("ngram_trainer: the same text gives the same file, however it is fed", "[models]") {
    const std::string text = babble(4, 5000);
    ngram_options options;
    options.order = 5;
    options.max_bytes = 2000;
    options.min_count = 1;
    const std::vector<std::byte> file = write_ngram(train(text, options));
    ngram_trainer pieces(options);
    for (std::size_t at = 0; at < text.size(); at += 777) {
        const std::string_view piece = std::string_view(text).substr(at, 777);
        pieces.feed(text_of(piece));
    }
    CHECK(pieces.size() == text.size());
    CHECK(write_ngram(pieces.build()) == file);
    options.sort_memory = 1000;
    CHECK(write_ngram(train(text, options)) == file);
}

TEST_CASE("ngram_trainer: nothing is learnt across documents", "[models]") {
    ngram_options options;
    options.max_bytes = 0;
    options.order = 3;
    ngram_trainer apart(options);
    apart.feed(text_of(std::string_view("ab")));
    apart.end_document();
    apart.feed(text_of(std::string_view("cd")));
    const ngram_content content = apart.build();
    CHECK(content.entries.size() == 6);  // a, b, c, d, ab, cd
    CHECK(write_ngram(content) == write_ngram(train({"ab\0cd\0\0", 7}, options)));
    CHECK(write_ngram(content) != write_ngram(train("abcd", options)));
}

TEST_CASE("ngram_trainer: progress reaches its end", "[models]") {
    ngram_options options;
    options.max_bytes = 1000;
    ngram_trainer trainer(options);
    trainer.feed(text_of(std::string_view(babble(5, 2000))));
    std::map<ngram_stage, std::pair<std::uint64_t, std::uint64_t>> last;
    static_cast<void>(trainer.build([&](ngram_stage stage, std::uint64_t done, std::uint64_t total) {
        REQUIRE(done <= total);
        REQUIRE(done >= last[stage].first);
        last[stage] = {done, total};
    }));
    CHECK(last.size() == 2);
    CHECK(last[ngram_stage::selecting].first == last[ngram_stage::selecting].second);
}

TEST_CASE("ngram_options: values out of range are refused", "[models]") {
    ngram_options options;
    options.order = 10;
    CHECK_THROWS_AS(ngram_trainer(options), error);
    options.order = 9;
    options.fresh = 257;
    CHECK_THROWS_AS(ngram_trainer(options), error);
}
