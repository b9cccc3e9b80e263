// SPDX-License-Identifier: MIT
// What is learnt about a tokenization, as sequences of ids.
#include <support/catch.hpp>

#include <equinfo/m2/sequence.hpp>
#include <equinfo/m2/shape.hpp>
#include <equinfo/m2/tasks.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

using bytes = std::vector<std::uint8_t>;
using ids = std::vector<std::uint32_t>;

bytes counting(std::size_t size) {
    bytes text(size);
    std::iota(text.begin(), text.end(), std::uint8_t{0});
    return text;
}

bytes copy_of(std::span<const std::uint8_t> text) { return {text.begin(), text.end()}; }

/// Half as many ids as bytes: the sums of two, at most 510.
ids code_of_pairs(std::span<const std::uint8_t> text) {
    ids made;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        made.push_back(std::uint32_t{text[i]} + text[i + 1]);
    }
    return made;
}

constexpr std::uint32_t vocabulary = 511;

/// Learnt: bytes 0..3 and 4..7; held: 254, 255, 0, 1.
struct some_texts {
    bytes learnt = counting(8);
    bytes held{254, 255, 0, 1};
    split_text parts{{std::span(learnt).first(4), std::span(learnt).last(4)}, {held}};
};

}  // namespace

TEST_CASE("m2: a text is split into pieces of one size, some of them held back, and its rest is left out", "[m2]") {
    const bytes text = counting(48);
    const split_text parts = split(text, 5, 4);  // nine pieces, three bytes left
    REQUIRE(parts.learnt.size() == 7);
    REQUIRE(parts.held.size() == 2);
    CHECK(copy_of(parts.held[0]) == bytes{15, 16, 17, 18, 19});
    CHECK(copy_of(parts.held[1]) == bytes{35, 36, 37, 38, 39});
    const std::vector<std::uint8_t> starts = {0, 5, 10, 20, 25, 30, 40};
    for (std::size_t i = 0; i < 7; ++i) {
        REQUIRE(parts.learnt[i].size() == 5);
        CHECK(parts.learnt[i].front() == starts[i]);
        CHECK(parts.learnt[i].data() == text.data() + starts[i]);  // no copies
    }
    const split_text tenths = split(text, 2);
    CHECK(tenths.held.size() == 2);
    CHECK(tenths.learnt.size() == 22);
    CHECK(tenths.held[1].front() == 38);
    CHECK(split(text, 48, 1).held.size() == 1);
    CHECK(split(text, 48, 1).learnt.empty());
    CHECK(split(text, 48).learnt.size() == 1);
    CHECK(split(text, 49).learnt.empty());
    CHECK(split({}, 1).learnt.empty());
    CHECK(split({}, 1, 1).held.empty());
}

TEST_CASE("m2: a language is the tokens of each piece", "[m2]") {
    const some_texts texts;
    const m1_shape layers = *preset_of("small");
    const task made = language_task(layers, texts.parts, vocabulary, code_of_pairs);
    CHECK((made.shape == model_shape{layers, 511, 0, 511}));
    REQUIRE(made.learnt.size() == 2);
    REQUIRE(made.held.size() == 1);
    CHECK(made.learnt[0].ids == ids{1, 5});
    CHECK(made.learnt[1].ids == ids{9, 13});
    CHECK(made.held[0].ids == ids{509, 1});
    for (const sequence& each : {made.learnt[0], made.learnt[1], made.held[0]}) {
        CHECK(each.given == 0);
        CHECK(each.bytes == 4);
    }
    CHECK(fault_of(made.shape) == nullptr);
}

TEST_CASE("m2: decompression is bytes behind tokens, compression tokens behind bytes", "[m2]") {
    const some_texts texts;
    const m1_shape layers = *preset_of("small");
    const task apart = decompression_task(layers, texts.parts, vocabulary, code_of_pairs);
    CHECK((apart.shape == model_shape{layers, 511 + 257, 512, 256}));
    REQUIRE(apart.learnt.size() == 2);
    REQUIRE(apart.held.size() == 1);
    CHECK(apart.learnt[1].ids == ids{9, 13, 511, 516, 517, 518, 519});
    CHECK(apart.held[0].ids == ids{509, 1, 511, 766, 767, 512, 513});
    CHECK(apart.held[0].given == 3);
    CHECK(apart.held[0].bytes == 4);
    CHECK(apart.held[0].predicted() == 4);

    const task together = compression_task(layers, texts.parts, vocabulary, code_of_pairs);
    CHECK((together.shape == model_shape{layers, 511 + 257, 0, 511}));
    REQUIRE(together.learnt.size() == 2);
    REQUIRE(together.held.size() == 1);
    CHECK(together.learnt[1].ids == ids{516, 517, 518, 519, 511, 9, 13});
    CHECK(together.held[0].ids == ids{766, 767, 512, 513, 511, 509, 1});
    CHECK(together.held[0].given == 5);
    CHECK(together.held[0].bytes == 4);
    CHECK(together.held[0].predicted() == 2);

    for (const task* const each : {&apart, &together}) {
        CHECK(fault_of(each->shape) == nullptr);
        for (const sequence& text : each->learnt) {
            for (std::size_t i = 0; i < text.ids.size(); ++i) {
                CHECK(text.ids[i] < each->shape.symbols);
                const bool is_output = text.ids[i] >= each->shape.first_output &&
                                       text.ids[i] < each->shape.first_output + each->shape.outputs;
                CHECK(is_output == (i >= text.given));
            }
        }
    }
}

TEST_CASE("m2: of later halves the earlier is given", "[m2]") {
    const std::vector<sequence> texts = {{{1, 2, 3, 4}, 0, 8}, {{1, 2, 3, 4, 5}, 0, 9}, {{1, 2, 3, 4, 5}, 1, 7},
                                         {{1}, 0, 1},          {{1, 2}, 2, 0},          {{}, 0, 0}};
    const std::vector<sequence> later = later_halves(texts);
    REQUIRE(later.size() == texts.size());
    const std::vector<std::size_t> given = {2, 2, 3, 0, 2, 0};
    const std::vector<std::size_t> of_text = {4, 5, 4, 1, 0, 0};
    for (std::size_t i = 0; i < later.size(); ++i) {
        INFO(i);
        CHECK(later[i].ids == texts[i].ids);
        CHECK(later[i].given == given[i]);
        CHECK(later[i].bytes == of_text[i]);
    }
    CHECK(later_halves({}).empty());
}
