// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>

#include "paper/sentencepiece.hpp"

#include <equinfo/bits/byte_stream.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace equinfo;
using namespace equinfo::bench::paper;
using equinfo::test::random_source;

namespace {

bool is_near(double a, double b, double margin = 1e-6) { return std::abs(a - b) <= margin; }

enum : char { normal = 1, unknown = 2, byte = 6 };

/// One field of ModelProto: a piece with its score and type.
std::string piece(std::string_view text, float score, char type) {
    std::string fields = "\x0a" + std::string(1, static_cast<char>(text.size())) + std::string(text) + "\x15";
    const auto bits = std::bit_cast<std::uint32_t>(score);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        fields += static_cast<char>(bits >> shift & 255);
    }
    fields += "\x18" + std::string(1, type);
    return "\x0a" + std::string(1, static_cast<char>(fields.size())) + fields;
}

using scored = std::vector<std::pair<std::string, float>>;

/// Id 0 is unknown, 1 to 256 are the bytes, and then the pieces.
std::string model_file(const scored& pieces, unsigned bytes = 256) {
    std::string file = piece("<unk>", 0, unknown);
    for (unsigned value = 0; value < bytes; ++value) {
        char name[16];
        std::snprintf(name, sizeof name, "<0x%02X>", value);
        file += piece(name, 0, byte);
    }
    for (const auto& [text, score] : pieces) {
        file += piece(text, score, normal);
    }
    return file;
}

/// The best sum of scores of all ways to cut the text.
float best_score(const scored& pieces, std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    float best = -1e30F;
    for (const auto& [piece_text, score] : pieces) {
        if (text.starts_with(piece_text)) {
            best = std::max(best, score + best_score(pieces, text.substr(piece_text.size())));
        }
    }
    return best;
}

}  // namespace

TEST_CASE("sentencepiece: takes the most probable way to cut", "[paper]") {
    random_source random(6);
    for (int round = 0; round < 50; ++round) {
        scored pieces{{"a", -3}, {"b", -4}, {"c", -5}};
        for (const char* text : {"ab", "abc", "bc", "ca", "aab", "cab", "bb"}) {
            pieces.emplace_back(text, -1 - static_cast<float>(random.below(1000)) / 100);
        }
        const std::string file = model_file(pieces);
        const sentencepiece_model model(text_of(file));
        CHECK(model.size() == 257 + pieces.size());
        std::string text;
        for (int i = 0; i < 9; ++i) {
            text += static_cast<char>('a' + random.below(3));
        }
        float sum = 0;
        std::string back;
        for (const std::uint32_t id : model.encode(text_of(text))) {
            REQUIRE(id >= 257);
            sum += pieces[id - 257].second;
            back += model.text_of_piece(id);
        }
        CAPTURE(text);
        CHECK(back == text);
        CHECK(is_near(sum, best_score(pieces, text), 1e-3));
    }
}

TEST_CASE("sentencepiece: every byte string comes back, and the piece for a blank is one", "[paper]") {
    const std::string file = model_file({{"\xe2\x96\x81the", -2}, {"\xe2\x96\x81", -3}, {"t", -5}, {"he", -4}});
    const auto model = std::make_shared<const sentencepiece_model>(text_of(file));
    sentencepiece_method by(model);
    CHECK(by.code(text_of(" the")) == std::vector<std::uint32_t>{257});
    CHECK(by.code(text_of("the\n")) == std::vector<std::uint32_t>{259, 260, 1 + '\n'});
    const std::string texts[] = {"", " the  the", "\n\xc3\xa9\xff\xe2\x96", std::string("\0x", 2)};
    for (const std::string& text : texts) {
        const auto back = by.decode(by.code(text_of(text)), text.size());
        CHECK(string_of(back) == text);
    }
}

TEST_CASE("sentencepiece: files that are none are refused", "[paper]") {
    const std::string file = model_file({{"a", -1}});
    CHECK_THROWS_AS(sentencepiece_model(text_of(std::string_view(file).substr(0, file.size() - 3))), std::runtime_error);
    CHECK_THROWS_AS(sentencepiece_model(text_of(model_file({{"a", -1}}, 255))), std::runtime_error);
    CHECK_THROWS_AS(sentencepiece_model(text_of("something else")), std::runtime_error);
    CHECK_THROWS_AS(sentencepiece_method(nullptr), std::runtime_error);
}
