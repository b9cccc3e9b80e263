// SPDX-License-Identifier: MIT
// english_model: that it is the model of its model card, small and good enough.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/english.hpp>
#include <equinfo/models/sequence.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace equinfo;

std::size_t coded_bytes(std::string_view message) {
    ngram_model model = english_model();
    range_encoder coder;
    encode_sequence(model, text_of(message), coder);
    coder.finish();
    return coder.bytes().size();
}

}  // namespace

TEST_CASE("english_model: pinned, since archives name it", "[models]") {
    CHECK(english_model().fingerprint() == 0x988cf8a1b6f291ecu);
    CHECK(english_model().data()->content().order == 9);
}

TEST_CASE("english_model: its file has at most 1,000,000 bytes", "[models]") {
    const auto file = decode_embedded(detail::english_data());
    CHECK(file.size() <= 1'000'000);
    CHECK(file == write_ngram(english_model().data()->content()));
}

TEST_CASE("english_model: all calls share one content", "[models]") {
    CHECK(english_model().data() == english_model().data());
}

TEST_CASE("english_model: sizes of messages, pinned", "[models]") {
    struct { std::string_view message; std::size_t bytes; } cases[] = {
        {"", 0},
        {"Please call me back when you have the time.", 10},
        {"The committee will meet again on Thursday to decide what should be done about the bridge, and whether the old one "
         "can be kept open until the spring.", 31},
        {"The committee will meet again on Thursday\nto decide what should be done about the\nbridge, and whether the old one\n"
         "can be kept open until the spring.\n", 33},
        {"\x01\x02\xff\xfe", 10},
    };
    for (const auto& [message, bytes] : cases) {
        CAPTURE(message);
        CHECK(coded_bytes(message) == bytes);
    }
}

TEST_CASE("english_model: the likeliest starts of a text", "[models]") {
    ngram_model model = english_model();
    CHECK(model.predict().range_of(' ').freq > model.predict().range_of('e').freq);
    CHECK(model.predict().range_of('e').freq > model.predict().range_of('q').freq);
    for (const char symbol : std::string_view("becaus")) {
        model.update(static_cast<std::uint8_t>(symbol));
    }
    CHECK(model.predict().range_of('e').freq > (1u << ngram_precision) / 100 * 98);
}
