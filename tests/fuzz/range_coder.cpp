// SPDX-License-Identifier: MIT
// Any text through the range coder under several models: comes back, twice the same bytes, no larger than promised; and
// the input itself as a message: decodes to something, and stays in bounds.

#include <support/fuzz.hpp>
#include <support/random.hpp>

#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/quantise.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

template <byte_model Model>
void try_model(Model model, std::span<const std::uint8_t> text) {
    range_encoder encoder;
    Model first = model;
    encode_sequence(first, text, encoder);
    encoder.finish();
    range_encoder again;
    Model second = model;
    encode_sequence(second, text, again);
    again.finish();
    test::promise(std::ranges::equal(encoder.bytes(), again.bytes()), "the same text gives the same bytes");

    std::vector<std::uint8_t> decoded(text.size());
    range_decoder decoder(encoder.bytes());
    Model third = model;
    decode_sequence(third, std::span(decoded), decoder);
    test::promise(std::ranges::equal(decoded, text), "the text comes back");
    test::promise(decoder.bytes_used() == encoder.bytes().size(), "the decoder knows how many bytes it used");

    range_decoder arbitrary(std::as_bytes(text));
    Model fourth = model;
    decode_sequence(fourth, std::span(decoded), arbitrary);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);

    // The first bytes are weights, the rest is text.
    const std::size_t head = std::min<std::size_t>(size / 2, 64);
    std::array<double, 256> weights{};
    for (std::size_t at = 0; at + 8 <= head; at += 8) {
        std::memcpy(&weights[data[at]], data + at, 8);
    }
    const std::span<const double, 256> all(weights);
    const auto text = input.subspan(head);
    try_model(uniform_model{}, text);
    try_model(static_model<9>(quantise<9>(all)), text);
    try_model(static_model<24>(quantise<24>(all)), text);
    try_model(adaptive_model{}, text);
    try_model(mixed_model<adaptive_model, static_model<16>>(adaptive_model{}, static_model<16>(quantise<16>(all))), text);
    return 0;
}
