// SPDX-License-Identifier: MIT
// context_model and primed_context_model: exact, lazy without anybody noticing, bounded, and good.
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/context_model.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_trainer.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/models/static_model.hpp>

#include <reference/reference_context_model.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using equinfo::context_model;
using equinfo::context_model_options;
using equinfo::test::random_source;
using equinfo::test::random_text;
using equinfo::test::text_kind;

namespace {

using text = std::vector<std::uint8_t>;

context_model_options small(unsigned order = 6, unsigned table_bits = 12) {
    context_model_options options;
    options.order = order;
    options.table_bits = table_bits;
    return options;
}

template <class Model>
std::vector<std::byte> encoded(Model& model, const text& bytes) {
    equinfo::range_encoder encoder;
    equinfo::encode_sequence(model, bytes, encoder);
    encoder.finish();
    return encoder.take();
}

template <class Model>
text decoded(Model& model, const std::vector<std::byte>& code, std::size_t size) {
    text bytes(size);
    equinfo::range_decoder decoder(code);
    equinfo::decode_sequence(model, std::span<std::uint8_t>(bytes), decoder);
    return bytes;
}

/// All 256 slices tile [0, 2^precision), and every point at a border belongs to the slice it should.
template <class Model>
bool tiles(const Model& model) {
    const auto d = model.predict();
    equinfo::frequency next = 0;
    for (unsigned symbol = 0; symbol < 256; ++symbol) {
        const auto slice = d.range_of(static_cast<std::uint8_t>(symbol));
        const auto first = d.locate(slice.low);
        const auto last = d.locate(slice.low + slice.freq - 1);
        if (slice.low != next || slice.freq < 1 || first.symbol != symbol || !(first.range == slice) ||
            !(last == first)) {
            return false;
        }
        next += slice.freq;
    }
    return next == equinfo::frequency{1} << d.precision;
}

/// Words, a long repetition and some binary in one text.
text mixed_text(std::uint64_t seed, std::size_t length) {
    random_source random(seed);
    text bytes = random_text(random, length / 2, text_kind::text_like);
    const text noise = random_text(random, length / 8, text_kind::uniform);
    bytes.insert(bytes.end(), noise.begin(), noise.end());
    bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length - bytes.size()));
    return bytes;
}

/// An n-gram model of text like random_text's text_like, but not of the very same.
equinfo::ngram_model trained_prior() {
    random_source random(30);
    equinfo::ngram_options options;
    options.order = 4;
    options.max_bytes = 0;
    options.min_count = 1;
    equinfo::ngram_trainer trainer(options);
    trainer.feed(random_text(random, 6000, text_kind::text_like));
    return equinfo::ngram_model(std::make_shared<const equinfo::ngram_data>(trainer.build(), 100));
}

/// Frequencies of 1 as well as of nearly everything.
equinfo::static_model<24> uneven_prior(std::uint64_t seed) {
    random_source random(seed);
    std::array<std::uint64_t, 256> counts{};
    for (auto& count : counts) {
        count = random.bits(static_cast<unsigned>(random.below(25)));
    }
    return equinfo::static_model<24>::from_counts(counts);
}

/// By value, and with references into itself: what a copy must not go on using.
using two_priors = equinfo::mixed_model<equinfo::static_model<24>, equinfo::ngram_model>;

two_priors mixed_prior() { return two_priors(uneven_prior(31), trained_prior()); }

/// For the twin: what `prior` predicts behind a text that grows.
template <class Prior>
auto predictions_of(Prior prior) {
    return [prior, seen = std::size_t{0}](const text& bytes) mutable {
        for (; seen < bytes.size(); ++seen) {
            prior.update(bytes[seen]);
        }
        std::vector<std::uint32_t> frequencies(256);
        equinfo::list_frequencies(prior.predict(), std::span<equinfo::frequency, 256>(frequencies));
        return frequencies;
    };
}

template <class Prior>
void agree_with_prior(const Prior& prior, const context_model_options& o, const text& bytes) {
    random_source random(32);
    equinfo::primed_context_model<Prior> model(prior, o);
    equinfo::reference::reference_context_model twin(o.order, o.table_bits, o.words, o.matches, predictions_of(prior));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (const unsigned symbol : {unsigned{bytes[i]}, static_cast<unsigned>(random.bits(8))}) {
            const auto slice = model.predict().range_of(static_cast<std::uint8_t>(symbol));
            const auto expected = twin.range_of(symbol);
            CAPTURE(o.order, o.table_bits, i, symbol);
            REQUIRE(slice.low == expected[0]);
            REQUIRE(slice.freq == expected[1]);
        }
        model.update(bytes[i]);
        twin.update(bytes[i]);
    }
}

}  // namespace

static_assert(equinfo::identified_model<context_model>);
static_assert(equinfo::identified_model<equinfo::primed_context_model<equinfo::ngram_model>>);
static_assert(equinfo::identified_model<equinfo::primed_context_model<two_priors>>);
static_assert(noexcept(std::declval<context_model&>().update(0)));
static_assert(noexcept(std::declval<equinfo::primed_context_model<equinfo::static_model<24>>&>().update(0)));

TEST_CASE("context_model: every kind of text comes back", "[models]") {
    random_source random(11);
    for (const auto kind : equinfo::test::all_text_kinds) {
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{300}, std::size_t{9000}}) {
            const text bytes = random_text(random, length, kind);
            context_model writer(small());
            context_model reader(small());
            CHECK(decoded(reader, encoded(writer, bytes), length) == bytes);
        }
    }
}

TEST_CASE("context_model: orders and switches come back, and longer contexts pay", "[models]") {
    const text bytes = mixed_text(12, 20000);
    std::vector<std::size_t> sizes;
    for (unsigned order = 1; order <= 6; ++order) {
        for (const bool extras : {false, true}) {
            context_model_options options = small(order, 16);
            options.words = extras;
            options.matches = extras;
            context_model writer(options);
            context_model reader(options);
            const auto code = encoded(writer, bytes);
            CHECK(decoded(reader, code, bytes.size()) == bytes);
            sizes.push_back(code.size());
        }
    }
    CHECK(sizes[2] < sizes[0]);  // order 2 against order 1
    CHECK(sizes[4] < sizes[2]);
    CHECK(sizes[1] < sizes[0]);  // words and matches at order 1
}

TEST_CASE("context_model: the smallest table is overfilled and stays exact", "[models]") {
    const text bytes = mixed_text(13, 60000);  // history and slots are 1,024: rings turn, contexts push each other out
    context_model writer(small(6, 10));
    context_model reader(small(6, 10));
    CHECK(decoded(reader, encoded(writer, bytes), bytes.size()) == bytes);
    CHECK(tiles(writer));
}

TEST_CASE("context_model: slices tile the whole range at every state", "[models]") {
    random_source random(14);
    for (const auto kind : equinfo::test::all_text_kinds) {
        context_model model(small());
        CHECK(tiles(model));
        for (const std::uint8_t symbol : random_text(random, 400, kind)) {
            model.update(symbol);
            if (random.chance(1, 40)) {
                REQUIRE(tiles(model));
            }
        }
    }
    context_model sure(small());
    for (int i = 0; i < 20000; ++i) {
        sure.update(0);
    }
    CHECK(tiles(sure));
    CHECK(sure.predict().range_of(0).freq > (equinfo::frequency{1} << 22) / 1000 * 997);
}

TEST_CASE("context_model: questions leave no trace", "[models]") {
    random_source random(15);
    const text bytes = mixed_text(15, 3000);
    context_model asked(small(6, 10));
    context_model quiet(small(6, 10));
    for (const std::uint8_t symbol : bytes) {
        for (std::uint64_t i = random.below(4); i > 0; --i) {
            if (random.chance(1, 2)) {
                static_cast<void>(asked.predict().range_of(static_cast<std::uint8_t>(random.bits(8))));
            } else {
                static_cast<void>(asked.predict().locate(static_cast<equinfo::frequency>(random.bits(22))));
            }
        }
        REQUIRE(asked.predict().range_of(symbol) == quiet.predict().range_of(symbol));
        asked.update(symbol);
        quiet.update(symbol);
        quiet.update('x');  // without any question
        asked.update('x');
    }
}

TEST_CASE("context_model: reset gives a new object", "[models]") {
    const text bytes = mixed_text(16, 4000);
    for (const std::size_t before : {std::size_t{1}, std::size_t{20}, std::size_t{4000}}) {  // few touched, all touched
        context_model used(small(6, 14));
        for (std::size_t i = 0; i < before; ++i) {
            used.update(bytes[i]);
        }
        static_cast<void>(used.predict().range_of('q'));
        used.reset();
        context_model fresh(small(6, 14));
        CHECK(encoded(used, bytes) == encoded(fresh, bytes));
    }
}

TEST_CASE("context_model: copies go their own ways", "[models]") {
    const text bytes = mixed_text(17, 2000);
    context_model model(small(6, 14));
    for (const std::uint8_t symbol : bytes) {
        model.update(symbol);
    }
    static_cast<void>(model.predict().range_of('a'));
    context_model copy(model);
    context_model assigned(small(2, 10));
    assigned = model;
    model.update('z');
    model.update('z');
    const auto code = encoded(copy, bytes);
    CHECK(code == encoded(assigned, bytes));
    CHECK(code != encoded(model, bytes));
    context_model moved(std::move(copy));
    copy = context_model(small(6, 14));
    context_model other(std::move(assigned));
    CHECK(encoded(moved, bytes) == encoded(other, bytes));
    context_model fresh(small(6, 14));
    moved.reset();
    CHECK(encoded(moved, bytes) == encoded(fresh, bytes));
}

TEST_CASE("context_model: the slow twin sees the same integers", "[models]") {
    struct setting {
        unsigned order;
        unsigned table_bits;
        bool words;
        bool matches;
    };
    for (const setting& s : {setting{6, 14, true, true}, setting{6, 10, true, true}, setting{1, 12, false, false},
                             setting{3, 10, false, true}, setting{4, 12, true, false}}) {
        random_source random(18 + s.order);
        text bytes = mixed_text(18, 1200);
        const text run(300, std::uint8_t{'a'});
        bytes.insert(bytes.end(), run.begin(), run.end());
        context_model model({s.order, s.table_bits, s.words, s.matches});
        equinfo::reference::reference_context_model twin(s.order, s.table_bits, s.words, s.matches);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            for (const unsigned symbol : {unsigned{bytes[i]}, static_cast<unsigned>(random.bits(8))}) {
                const auto slice = model.predict().range_of(static_cast<std::uint8_t>(symbol));
                const auto expected = twin.range_of(symbol);
                CAPTURE(s.order, s.table_bits, i, symbol);
                REQUIRE(slice.low == expected[0]);
                REQUIRE(slice.freq == expected[1]);
            }
            model.update(bytes[i]);
            twin.update(bytes[i]);
        }
    }
}

TEST_CASE("context_model: exact sizes", "[models]") {
    // These are the format: a change of any needs a new number in the fingerprint.
    const auto size = [](const text& bytes, const context_model_options& options) {
        context_model model(options);
        return encoded(model, bytes).size();
    };
    random_source random(19);
    const text words = random_text(random, 20000, text_kind::text_like);
    const text noise = random_text(random, 20000, text_kind::uniform);
    const text runs = random_text(random, 20000, text_kind::runs);
    CHECK(size(words, small(6, 16)) == 4312);
    CHECK(size(words, small(2, 16)) == 4209);
    CHECK(size(noise, small(6, 16)) == 20068);
    CHECK(size(runs, small(6, 16)) == 1151);
    CHECK(size(mixed_text(20, 20000), context_model_options{}) == 5161);
    CHECK(size(noise, small(6, 16)) < noise.size() * 81 / 80);  // at most 8.1 bits a byte
    CHECK(size(text(20000, 0), small()) < 40);
}

TEST_CASE("context_model: options out of range are refused", "[models]") {
    for (const context_model_options& options : {small(0), small(7), small(6, 9), small(6, 25), small(~0u), small(6, ~0u)}) {
        try {
            const context_model model(options);
            FAIL("taken");
        } catch (const equinfo::error& e) {
            CHECK(e.code() == equinfo::errc::bad_parameter);
        }
    }
    CHECK(context_model_options::for_size(0).table_bits == 12);
    CHECK(context_model_options::for_size(200).table_bits == 12);
    CHECK(context_model_options::for_size(65536).table_bits == 19);
    CHECK(context_model_options::for_size(~std::uint64_t{0}).table_bits == 22);
}

TEST_CASE("context_model: the fingerprint tells options apart", "[models]") {
    std::vector<std::uint64_t> seen;
    for (const context_model_options& options :
         {small(), small(5), small(6, 13), context_model_options{6, 12, false, true}, context_model_options{6, 12, true, false}}) {
        seen.push_back(context_model(options).fingerprint());
    }
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
    CHECK(context_model(small()).fingerprint() == context_model(small()).fingerprint());
}

TEST_CASE("context_model: a decoder fed with noise ends and stays in bounds", "[models]") {
    random_source random(21);
    const auto noise = equinfo::test::random_bytes(random, 3000);
    context_model model(small(6, 10));
    const text bytes = decoded(model, noise, 10000);
    CHECK(bytes.size() == 10000);
    CHECK(tiles(model));
}

TEST_CASE("primed_context_model: every kind of text comes back", "[models]") {
    random_source random(33);
    for (const auto kind : equinfo::test::all_text_kinds) {
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{3000}}) {
            const text bytes = random_text(random, length, kind);
            equinfo::primed_context_model<equinfo::ngram_model> model(trained_prior(), small());
            const auto code = encoded(model, bytes);
            model.reset();
            CHECK(decoded(model, code, length) == bytes);
            equinfo::primed_context_model<two_priors> other(mixed_prior(), small(3, 10));
            const auto other_code = encoded(other, bytes);
            other.reset();
            CHECK(decoded(other, other_code, length) == bytes);
            CHECK(tiles(other));
        }
    }
}

TEST_CASE("primed_context_model: the slow twin sees the same integers", "[models]") {
    text bytes = mixed_text(34, 900);
    bytes.insert(bytes.end(), 200, std::uint8_t{'a'});
    agree_with_prior(trained_prior(), {6, 14, true, true}, bytes);
    agree_with_prior(uneven_prior(35), {6, 10, true, true}, bytes);
    agree_with_prior(uneven_prior(36), {1, 12, false, false}, bytes);
    agree_with_prior(mixed_prior(), {3, 12, true, false}, bytes);
}

TEST_CASE("primed_context_model: slices tile the whole range, however sure the prior", "[models]") {
    random_source random(37);
    std::array<std::uint64_t, 256> counts{};
    counts['e'] = 1;  // 2^24 - 255 of 2^24, and the least possible for all others
    const auto sure = equinfo::static_model<24>::from_counts(counts);
    for (const auto kind : equinfo::test::all_text_kinds) {
        equinfo::primed_context_model<equinfo::static_model<24>> model(sure, small());
        CHECK(tiles(model));
        for (const std::uint8_t symbol : random_text(random, 300, kind)) {
            model.update(symbol);
            if (random.chance(1, 40)) {
                REQUIRE(tiles(model));
            }
        }
    }
}

TEST_CASE("primed_context_model: it starts as its prior, and learns", "[models]") {
    random_source random(38);
    const text bytes = random_text(random, 20000, text_kind::text_like);
    const auto size = [](auto model, std::span<const std::uint8_t> part) {
        return encoded(model, text(part.begin(), part.end())).size();
    };
    using primed = equinfo::primed_context_model<equinfo::ngram_model>;
    const auto message = std::span(bytes).first(150);
    CHECK(size(primed(trained_prior(), small()), message) <= size(trained_prior(), message) * 104 / 100);
    CHECK(size(primed(trained_prior(), small(6, 16)), bytes) < size(trained_prior(), bytes));
    CHECK(size(primed(trained_prior(), small(6, 16)), bytes) < size(context_model(small(6, 16)), bytes));
    // A prior that knows nothing of the text is soon outvoted.
    const text noise = random_text(random, 20000, text_kind::uniform);
    CHECK(size(primed(trained_prior(), small(6, 16)), noise) < noise.size() * 103 / 100);
}

TEST_CASE("primed_context_model: reset gives a new object, whatever state the prior came in", "[models]") {
    const text bytes = mixed_text(39, 3000);
    auto used_prior = mixed_prior();
    used_prior.update('q');
    equinfo::basic_context_model used(used_prior, small(6, 14));
    equinfo::basic_context_model fresh(mixed_prior(), small(6, 14));
    const auto code = encoded(fresh, bytes);
    CHECK(encoded(used, bytes) == code);
    static_cast<void>(used.predict().range_of('q'));
    used.reset();
    CHECK(encoded(used, bytes) == code);
}

TEST_CASE("primed_context_model: copies go their own ways", "[models]") {
    const text bytes = mixed_text(40, 2000);
    const equinfo::basic_context_model fresh(mixed_prior(), small(6, 14));
    auto model = std::make_unique<equinfo::primed_context_model<two_priors>>(fresh);
    for (const std::uint8_t symbol : bytes) {
        model->update(symbol);
    }
    static_cast<void>(model->predict().range_of('a'));
    auto copy = *model;
    auto assigned = fresh;
    assigned = *model;
    const auto code = encoded(*model, bytes);
    model.reset();  // a prediction that still lay in it would be gone
    auto moved = std::move(copy);
    CHECK(encoded(moved, bytes) == code);
    auto again = fresh;
    again = std::move(assigned);
    CHECK(encoded(again, bytes) == code);

    // The predictions of this prior change under whoever holds them when it learns, or is overwritten.
    using learning = equinfo::primed_context_model<equinfo::adaptive_model>;
    const learning start(equinfo::adaptive_model{}, small());
    learning learned(start);
    for (int i = 0; i < 50; ++i) {
        learned.update('z');
    }
    const auto check_unlearned = [&start](const learning& other) {
        for (const std::uint8_t symbol : text{120, 122, 97}) {
            CHECK(other.predict().range_of(symbol) == start.predict().range_of(symbol));
        }
    };
    learning source(start);
    source.reset();  // so that its prediction is of its own prior, even if copies kept that of another
    learning copied(source);
    learning copy_assigned(learned);
    copy_assigned = source;
    source = learned;
    check_unlearned(copied);
    check_unlearned(copy_assigned);
    learning move_assigned(learned);
    move_assigned = std::move(copied);
    learning move_made(std::move(copy_assigned));
    copied = learned;
    copy_assigned = learned;
    check_unlearned(move_assigned);
    check_unlearned(move_made);
}

TEST_CASE("primed_context_model: the fingerprint covers the prior and the options", "[models]") {
    const auto of = [](auto prior, const context_model_options& options) {
        return equinfo::basic_context_model(std::move(prior), options).fingerprint();
    };
    const auto plain = of(trained_prior(), small());
    CHECK(plain == of(trained_prior(), small()));
    CHECK(plain != context_model(small()).fingerprint());
    CHECK(plain != of(trained_prior(), small(5)));
    CHECK(plain != of(trained_prior(), small(6, 13)));
    CHECK(plain != of(uneven_prior(41), small()));
    CHECK(of(uneven_prior(41), small()) != of(uneven_prior(42), small()));
    CHECK(of(uneven_prior(41), small()) == 2690800080543510433u);
}

TEST_CASE("primed_context_model: exact sizes", "[models]") {
    // As above: the format.
    const auto size = [](auto prior, const text& bytes, const context_model_options& options) {
        equinfo::basic_context_model model(std::move(prior), options);
        return encoded(model, bytes).size();
    };
    random_source random(19);
    const text words = random_text(random, 20000, text_kind::text_like);
    const text noise = random_text(random, 20000, text_kind::uniform);
    CHECK(size(trained_prior(), words, small(6, 16)) == 4108);
    CHECK(size(uneven_prior(43), words, small(6, 16)) == 4445);
    CHECK(size(uneven_prior(43), noise, small(2, 12)) == 20616);
    CHECK(size(trained_prior(), mixed_text(20, 20000), context_model_options{}) == 5027);
}

TEST_CASE("primed_context_model: options out of range are refused", "[models]") {
    using primed = equinfo::primed_context_model<equinfo::static_model<24>>;
    CHECK_THROWS_AS(primed(uneven_prior(44), small(0)), equinfo::error);
    CHECK_THROWS_AS(primed(uneven_prior(44), small(6, 25)), equinfo::error);
}
