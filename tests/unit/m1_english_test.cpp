// SPDX-License-Identifier: MIT
// fast_english_model: that it is the model of its model card, and good enough.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/models/sequence.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string_view>

namespace {

using namespace equinfo;

std::size_t coded_bytes(std::string_view message) {
    static m1_model model = fast_english_model();
    model.reset();
    range_encoder coder;
    encode_sequence(model, text_of(message), coder);
    coder.finish();
    return coder.bytes().size();
}

}  // namespace

TEST_CASE("fast_english_model: pinned, since archives name it", "[m1]") {
    CHECK(fast_english_model().fingerprint() == 0xa92e85f131000e79u);
    CHECK(fast_english_model().data()->shape().products() == 405'504);
    CHECK(fast_english_model().data() == fast_english_model().data());
}

TEST_CASE("fast_english_model: sizes of messages, pinned", "[m1]") {
    CHECK(coded_bytes("") == 0);
    CHECK(coded_bytes("Please call me back when you have the time.") == 8);
    CHECK(coded_bytes("The committee will meet again on Thursday to decide what should be done about the bridge, and whether the old one "
                      "can be kept open until the spring.") == 27);
    CHECK(coded_bytes("The committee will meet again on Thursday\nto decide what should be done about the\nbridge, and whether the old one\n"
                      "can be kept open until the spring.\n") == 30);
}
