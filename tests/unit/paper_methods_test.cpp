// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>

#include "paper/methods.hpp"
#include "paper/published.hpp"

#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/english.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace equinfo;
using namespace equinfo::bench::paper;
using equinfo::test::random_source;

namespace {

constexpr std::string_view english_text =
    "The river had risen in the night, and by the time they came down to the bridge there was nothing left of it but "
    "two piers of "
    "stone, with the water going by between them as if it had never known any other way.\n\n\"We shall have to wait,\" "
    "said the "
    "driver, \"or go round by the mill, which is eleven miles, and the road is none of the best.\"\n";

const settings& with() {
    static const settings made{std::make_shared<m1_choice>("english")};
    return made;
}

std::vector<std::string> names() {
    std::vector<std::string> all = all_methods();
    std::erase(all, "sentencepiece");  // wants a model
    for (const char* kind : {"padded-16", "padded-enclosed-delay-32", "padded-bytewise-24", "self-ending-16"}) {
        for (const char* end : {"-every-other/256", "-every-other/65k", "-never/256", "-never/65k"}) {
            all.push_back(std::string(kind) + end);
        }
    }
    return all;
}

std::vector<std::vector<std::uint8_t>> texts() {
    const auto english = text_of(english_text);
    std::vector<std::vector<std::uint8_t>> all{{}, {'x'}, {0, 0, 255}, {english.begin(), english.end()}};
    random_source random(11);
    std::vector<std::uint8_t> noise(700);
    for (auto& byte : noise) {
        byte = static_cast<std::uint8_t>(random.below(256));
    }
    all.push_back(noise);
    all.emplace_back(600, 'a');
    return all;
}

}  // namespace

TEST_CASE("methods: ids are below the vocabulary, and exact ones give the text back", "[paper]") {
    for (const std::string& name : names()) {
        const std::unique_ptr<method> by = make_method(name, with());
        CHECK(by->name() == name);
        CHECK(by->is_exact() == !name.starts_with("padded-"));
        for (const auto& text : texts()) {
            const auto ids = by->code(text);
            CAPTURE(name, text.size(), ids.size());
            CHECK(std::all_of(ids.begin(), ids.end(), [&](std::uint32_t id) { return id < by->vocabulary(); }));
            const auto back = by->decode(ids, text.size());
            CHECK((!by->is_exact() || back == text));
        }
    }
}

TEST_CASE("methods: the same text, the same ids, whatever was coded before and by which clone", "[paper]") {
    const auto all = texts();
    for (const std::string& name : names()) {
        const std::unique_ptr<method> by = make_method(name, with());
        std::vector<std::span<const std::uint8_t>> examples(all.begin(), all.end());
        const auto alone = code_examples(*by, examples, 1);
        CAPTURE(name);
        CHECK(code_examples(*by, examples, 3) == alone);
        CHECK(by->code(all.back()) == alone.back());
        CHECK(by->clone()->code(all[3]) == alone[3]);
    }
}

TEST_CASE("methods: tokens of 16 bits are pairs of those of 8, and the last is filled with zero bits", "[paper]") {
    for (const std::string& name : names()) {
        if (!name.ends_with("/256")) {
            continue;
        }
        const std::string wide = name.substr(0, name.size() - 3) + "65k";
        for (const auto& text : texts()) {
            auto halves = make_method(name, with())->code(text);
            halves.resize((halves.size() + 1) / 2 * 2);
            std::vector<std::uint32_t> pairs;
            for (std::size_t i = 0; i < halves.size(); i += 2) {
                pairs.push_back(halves[i] << 8 | halves[i + 1]);
            }
            CAPTURE(name, text.size());
            CHECK(make_method(wide, with())->code(text) == pairs);
        }
    }
}

TEST_CASE("methods: tables of windows give the ids of the model's own coder", "[paper]") {
    for (const unsigned window_bits : {16u, 24u}) {
        window_encoder<ngram_model> encoder(english_model(), window_bits);
        const std::unique_ptr<method> by = make_method("equal-info-" + std::to_string(window_bits) + "/256", with());
        for (const auto& text : texts()) {
            bit_writer bits;
            encoder.restart();
            const std::uint64_t windows = encode_windows(encoder, text, bits);
            std::vector<std::uint32_t> ids;
            for (const std::byte byte : bits.take()) {
                ids.push_back(std::to_integer<std::uint32_t>(byte));
            }
            CHECK(by->code(text) == ids);
            CHECK(ids.size() == windows * window_bits / 8);
        }
    }
}

TEST_CASE("methods: zlib's header and checksum are six bytes, and begin as the paper's do", "[paper]") {
    const auto text = text_of(english_text);
    const auto framed = make_method("gzip/256", with())->code(text);
    const auto raw = make_method("deflate/256", with())->code(text);
    REQUIRE(framed.size() == raw.size() + 6);
    CHECK(framed[0] == 0x78);  // deflate, window of 32 KiB
    CHECK(framed[1] == 0x9c);  // default level
    CHECK(std::equal(raw.begin(), raw.end(), framed.begin() + 2));
}

TEST_CASE("methods: static-ac codes likely bytes of its text shorter", "[paper]") {
    settings counted = with();
    counted.static_text.assign(1000, 'z');
    const std::vector<std::uint8_t> text(1000, 'z');
    CHECK(make_method("static-ac/256", counted)->code(text).size() < 10);
    CHECK(make_method("static-ac/256", with())->code(text).size() > 500);
}

namespace {

/// Whether the ids from the window `count` on are those of some end of the text: M1 is reset there.
bool starts_afresh_at(const std::string& name, std::span<const std::uint8_t> text, std::size_t count) {
    const std::unique_ptr<method> by = make_method(name, with());
    const auto ids = by->code(text);
    const std::vector<std::uint32_t> rest(ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end());
    for (std::size_t begin = 1; begin < text.size(); ++begin) {
        if (by->code(text.subspan(begin)) == rest) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("methods: M1 is reset at every window, at every other, or never", "[paper]") {
    const auto text = text_of(english_text);
    for (const std::string kind : {"padded-16", "self-ending-16"}) {
        CAPTURE(kind);
        for (const std::size_t count : {1u, 2u, 3u, 4u}) {
            CAPTURE(count);
            CHECK(starts_afresh_at(kind + "/65k", text, count));
            CHECK(starts_afresh_at(kind + "-every-other/65k", text, count) == (count % 2 == 0));
            CHECK_FALSE(starts_afresh_at(kind + "-never/65k", text, count));
        }
        const auto windows = [&](const char* end) {
            return make_method(kind + end + "/65k", with())->code(text).size();
        };
        CHECK(windows("-never") < windows("-every-other"));
        CHECK(windows("-every-other") < windows(""));
    }
}

TEST_CASE("methods: names that are none are refused", "[paper]") {
    for (const char* name :
         {"", "ac", "ac/8", "ac/65536", "equal-info/256", "equal-info-8/256", "equal-info-129/65k",
          "equal-info-16x/65k", "equal-info-12/65k", "padded-12/65k", "padded-bytewise-20/65k", "padded-delay/256", "equal-info-16-never/256",
          "padded-never/256", "padded-16-never-every-other/256", "ac-never/256", "huffman/256"}) {
        CAPTURE(name);
        CHECK_THROWS_AS(make_method(name, with()), std::invalid_argument);
    }
    CHECK_THROWS_AS(make_method("sentencepiece", with()), std::runtime_error);
    CHECK_THROWS_AS(make_method("ac/256", settings{}), std::invalid_argument);
    CHECK_NOTHROW(make_method("equal-info-12/256", with()));
    CHECK_NOTHROW(make_method("padded-enclosed-delay-16/65k", with()));
}

TEST_CASE("examples_of: whole examples only", "[paper]") {
    const std::vector<std::uint8_t> text(25);
    CHECK(examples_of(text, 10).size() == 2);
    CHECK(examples_of(text, 26).empty());
}

TEST_CASE("published: this library's windows stand beside the paper's of the same size", "[paper]") {
    CHECK(published("equal-info-16/65k")->ratio == 5.31);
    CHECK(published("english16/256")->ratio == 2.66);
    CHECK(published("padded-delay-16/256")->ratio == 2.20);
    CHECK(published("padded-bytewise-16/65k")->ratio == 5.31);
    CHECK(published("equal-info-16/65k")->learnt == 1.25);
    CHECK(published("equal-info-128/256")->unigram == 1.735);
    CHECK(published("padded-24/65k")->learnt == 0);  // the paper learnt none
    CHECK_FALSE(published("equal-info-20/256").has_value());
}
