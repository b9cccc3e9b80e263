// SPDX-License-Identifier: MIT
// ngram_model: its tables against a slow twin, and that it is frozen, shared and cheap to copy.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_trainer.hpp>

#include <reference/reference_ngram.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace equinfo;

static_assert(identified_model<ngram_model>);
static_assert(lists_frequencies<ngram_distribution>);
static_assert(std::same_as<distribution_t<ngram_model>, ngram_distribution>);

constexpr std::string_view rhyme =
    "The rain that fell on the plain ran again to the drain, and then it rained on the train that ran in the rain; "
    "the trainer ran, the drainer ran, and all that rain ran down the lane.";

ngram_content train(std::string_view text, unsigned order, std::uint64_t max_bytes = 0, std::uint32_t fresh = 64) {
    ngram_options options;
    options.order = order;
    options.max_bytes = max_bytes;
    options.min_count = 1;
    options.fresh = fresh;
    ngram_trainer trainer(options);
    trainer.feed(text_of(text));
    return trainer.build();
}

ngram_model model_of(ngram_content content, std::size_t kept_bytes = 4000) {
    return ngram_model(std::make_shared<const ngram_data>(std::move(content), kept_bytes));
}

/// That all ways to ask say the same.
void require_tiling(const ngram_distribution& prediction) {
    std::array<frequency, 256> frequencies;
    prediction.frequencies(frequencies);
    std::uint32_t low = 0;
    bool tiles = true;
    for (unsigned s = 0; s < 256; ++s) {
        const auto symbol = static_cast<std::uint8_t>(s);
        const frequency_range range = prediction.range_of(symbol);
        const located_symbol<std::uint8_t> found{symbol, range};
        tiles = tiles && range.low == low && range.freq >= 1 && range.freq == frequencies[s];
        tiles = tiles && prediction.locate(low) == found && prediction.locate(low + range.freq - 1) == found;
        low += range.freq;
    }
    REQUIRE(tiles);
    REQUIRE(low == 1u << ngram_precision);
}

std::string random_text(std::uint64_t seed, std::size_t size, unsigned alphabet) {
    test::random_source random(seed);
    std::string text(size, ' ');
    for (char& symbol : text) {
        symbol = static_cast<char>(255 - random.below(1 + random.below(alphabet)));
    }
    return text;
}

}  // namespace

TEST_CASE("ngram weights: powers of the cube root of 2", "[models]") {
    for (unsigned code = 0; code < ngram_code_count; ++code) {
        CHECK(ngram_weight(code) == static_cast<std::uint32_t>(std::lround(std::exp2(24 - code / 3.0))));
    }
}

TEST_CASE("ngram logarithm: near the true one and never falling", "[models]") {
    test::random_source random(11);
    std::int64_t before = 0;
    for (std::uint64_t x = 1; x < 100000; ++x) {
        const std::int64_t log = detail::log2_fixed(x);
        REQUIRE(log >= before);
        REQUIRE(std::abs(static_cast<double>(log) / 65536 - std::log2(static_cast<double>(x))) < 4e-5);
        before = log;
    }
    for (unsigned i = 0; i < 1000; ++i) {
        const std::uint64_t x = random() >> random.below(64);
        if (x != 0) {
            REQUIRE(std::abs(static_cast<double>(detail::log2_fixed(x)) / 65536 - std::log2(static_cast<double>(x))) < 4e-5);
        }
    }
}

TEST_CASE("ngram_model: every table is that of the slow twin", "[models]") {
    struct { std::string text; unsigned order; std::uint32_t fresh; } cases[] = {
        {std::string(rhyme), 5, 64},
        {std::string(rhyme), 0, 64},
        {std::string(rhyme), 1, 0},
        {std::string(rhyme), 9, 256},
        {"a", 3, 64},
        {std::string("abc\0abd\0\0xbcx\0", 14), 4, 64},
        {random_text(1, 3000, 40), 3, 64},
        {random_text(2, 2500, 256), 2, 64},
    };
    for (const auto& [text, order, fresh] : cases) {
        CAPTURE(order, fresh, text.size());
        const test::reference_ngram twin(text, order, fresh);
        ngram_content content = train(text, order, 0, fresh);
        REQUIRE(content.contexts.size() == twin.contexts());
        REQUIRE(content.entries.size() == twin.counts().size());
        ngram_model model = model_of(std::move(content));
        std::string so_far;
        const std::string probe = text.substr(0, 300) + "zzz the \xff\xfe trains" + '\0' + text.substr(0, 20);
        for (const char symbol : probe) {
            const auto expected = twin.frequencies(so_far);
            std::array<frequency, 256> frequencies;
            list_frequencies(model.predict(), frequencies);
            REQUIRE(frequencies == expected);
            so_far += symbol;
            model.update(static_cast<std::uint8_t>(symbol));
        }
    }
}

TEST_CASE("ngram_model: tables tile, whatever came before", "[models]") {
    test::random_source random(5);
    ngram_model model = model_of(train(rhyme, 9));
    for (unsigned i = 0; i < 300; ++i) {
        require_tiling(model.predict());
        model.update(random.chance(3, 4) ? static_cast<std::uint8_t>(rhyme[i % rhyme.size()]) : static_cast<std::uint8_t>(random.bits(8)));
    }
}

TEST_CASE("ngram_model: the empty model predicts all symbols alike", "[models]") {
    ngram_model model = model_of(train("", 4));
    for (unsigned i = 0; i < 3; ++i) {
        require_tiling(model.predict());
        CHECK(model.predict().table() == ngram_table{});
        model.update('x');
    }
}

TEST_CASE("ngram_model: all bytes can be entries of one context", "[models]") {
    std::string text;
    for (unsigned i = 0; i < 2000; ++i) {
        text += static_cast<char>(1 + i * i % 255);
    }
    text += random_text(9, 4000, 255);
    ngram_model model = model_of(train(text, 2));
    for (const char symbol : text) {
        require_tiling(model.predict());
        model.update(static_cast<std::uint8_t>(symbol));
    }
}

TEST_CASE("ngram_model: it is frozen", "[models]") {
    ngram_model model = model_of(train(rhyme, 4));
    const ngram_table before = model.predict().table();
    for (const char symbol : rhyme.substr(0, rhyme.size() - 2)) {
        static_cast<void>(model.predict());
        model.update(static_cast<std::uint8_t>(symbol));
    }
    CHECK_FALSE(model.predict().table() == before);
    model.reset();
    CHECK(model.predict().table() == before);
}

TEST_CASE("ngram_model: copies go on by themselves", "[models]") {
    ngram_model model = model_of(train(rhyme, 4), 0);
    model.update('t');
    model.update('h');
    static_cast<void>(model.predict());
    ngram_model copy = model;
    CHECK(copy.predict().table() == model.predict().table());
    CHECK(copy.fingerprint() == model.fingerprint());
    const ngram_table before = model.predict().table();
    copy.update('e');
    static_cast<void>(copy.predict());
    CHECK(model.predict().table() == before);
    CHECK_FALSE(copy.predict().table() == before);
}

TEST_CASE("ngram_model: which tables are kept changes nothing", "[models]") {
    const ngram_content content = train(rhyme, 6);
    ngram_model none = model_of(content, 0);
    ngram_model some = model_of(content, 2000);
    ngram_model all = model_of(content, 1u << 24);
    for (unsigned round = 0; round < 2; ++round) {
        for (const char symbol : rhyme) {
            const ngram_table table = none.predict().table();
            REQUIRE(table == some.predict().table());
            REQUIRE(table == all.predict().table());
            for (ngram_model* model : {&none, &some, &all}) {
                model->update(static_cast<std::uint8_t>(symbol));
            }
        }
    }
    CHECK(none.fingerprint() == all.fingerprint());
}

TEST_CASE("ngram_model: contexts are followed alike, asked for a prediction or not", "[models]") {
    const std::string text = random_text(3, 3000, 12);
    const ngram_content content = train(text, 6);
    ngram_model asked = model_of(content, 1u << 24);
    ngram_model silent = model_of(content, 0);
    for (unsigned round = 0; round < 2; ++round) {  // the second time with all records made
        for (const char symbol : text + "zz" + text.substr(7, 100)) {
            static_cast<void>(asked.predict());
            asked.update(static_cast<std::uint8_t>(symbol));
            silent.update(static_cast<std::uint8_t>(symbol));
            ngram_model copy = silent;
            REQUIRE(copy.predict().table() == asked.predict().table());
        }
    }
}

TEST_CASE("ngram_model: threads share one content", "[models]") {
    const auto data = std::make_shared<const ngram_data>(train(rhyme, 6));
    std::array<std::uint64_t, 4> sums{};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        threads.emplace_back([&, i] {
            ngram_model model(data);
            for (const char symbol : rhyme) {
                const frequency_range range = model.predict().range_of(static_cast<std::uint8_t>(symbol));
                sums[i] = sums[i] * 31 + range.low * 7u + range.freq;
                model.update(static_cast<std::uint8_t>(symbol));
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const std::uint64_t sum : sums) {
        CHECK(sum == sums[0]);
    }
}

TEST_CASE("ngram_model: the fingerprint tells contents apart", "[models]") {
    const std::uint64_t fingerprint = train(rhyme, 4).fingerprint();
    CHECK(train(rhyme, 4).fingerprint() == fingerprint);
    CHECK(train(rhyme, 3).fingerprint() != fingerprint);
    ngram_content changed = train(rhyme, 4);
    changed.entries.back().code ^= 1;
    CHECK(changed.fingerprint() != fingerprint);
    changed = train(rhyme, 4);
    changed.contexts[3].escape ^= 1;
    CHECK(changed.fingerprint() != fingerprint);
}
