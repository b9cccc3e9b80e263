// SPDX-License-Identifier: MIT
// The embedded transformers: that they are the models of their card, and good enough.
#include <equinfo/base_english.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/models/sequence.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;

/// A sixteenth of the lower ends before each byte of a text, others each time, as a CRC-32.
std::uint32_t checksum_of_predictions(m1_model model, std::size_t length) {
    constexpr std::string_view text = "\"I don't know,\" said the old man, 1847, and went on reading.\r\n\tAnd so -- at last -- they came: \xe9\xff\x01 ";
    std::vector<std::byte> all;
    model.reset();
    for (std::size_t i = 0; i < length; ++i) {
        const auto lows = model.predict().cumulative();
        for (std::size_t s = i % 16; s < 256; s += 16) {
            const std::size_t at = all.size();
            all.resize(at + 4);
            store_little(all.data() + at, lows[s]);
        }
        model.update(static_cast<std::uint8_t>(text[i % text.size()]));
    }
    return crc32(all);
}

std::size_t coded_bytes(m1_model& model, std::string_view message) {
    model.reset();
    range_encoder coder;
    encode_sequence(model, text_of(message), coder);
    coder.finish();
    return coder.bytes().size();
}

}  // namespace

TEST_CASE("fast_english_model: pinned, since archives name it", "[m1]") {
    CHECK(fast_english_model().fingerprint() == 0xd415ee3649ec01eeu);
    CHECK(fast_english_model().data()->shape().products() == 405'504);
    CHECK(fast_english_model().data() == fast_english_model().data());
}

TEST_CASE("base_english_model: pinned, since archives name it", "[m1]") {
    CHECK(base_english_model().fingerprint() == 0x5434b10692800f54u);
    CHECK(base_english_model().data()->shape().products() == 2'875'392);
    CHECK(base_english_model().data()->shape().contexts == std::vector<std::size_t>{128, 128, 128, 512});
    CHECK(base_english_model().data() == base_english_model().data());
}

TEST_CASE("fast_english_model, base_english_model: sizes of messages, pinned", "[m1]") {
    struct expected {
        std::string_view message;
        std::size_t fast;
        std::size_t base;
    };
    m1_model fast = fast_english_model();
    m1_model base = base_english_model();
    for (const expected& each :
         {expected{"", 0, 0},
          {"Please call me back when you have the time.", 8, 8},
          {"The committee will meet again on Thursday to decide what should be done about the bridge, and whether the old one "
           "can be kept open until the spring.",
           27, 27},
          {"The committee will meet again on Thursday\nto decide what should be done about the\nbridge, and whether the old one\n"
           "can be kept open until the spring.\n",
           29, 30}}) {
        INFO(each.message);
        CHECK(coded_bytes(fast, each.message) == each.fast);
        CHECK(coded_bytes(base, each.message) == each.base);
    }
}

TEST_CASE("fast_english_model, base_english_model: predictions, pinned, the same on every processor", "[m1]") {
    CHECK(checksum_of_predictions(fast_english_model(), 400) == 0xa9266eecu);
    CHECK(checksum_of_predictions(base_english_model(), 700) == 0xb1907b7du);
}
