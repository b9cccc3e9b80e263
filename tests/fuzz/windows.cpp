// SPDX-License-Identifier: MIT
// The input as text through windows of a random size: comes back, in whole windows, twice the same bits; and the input as
// windows: decodes to at most what a window may hold, on lanes as well.
// rounds: 1 of 10

#include <support/fuzz.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

template <class Model, class Ending>
void try_windows(std::span<const std::uint8_t> text, unsigned window_bits) {
    window_encoder<Model, Ending> encoder(Model{}, window_bits);
    bit_writer writer;
    const std::uint64_t windows = encode_windows(encoder, text, writer);
    test::promise(writer.bit_count() == windows * window_bits, "every window has its bits");
    const std::vector<std::byte> code = writer.take();

    bit_writer again;
    encoder.restart();
    encode_windows(encoder, text, again);
    test::promise(again.take() == code, "the same text gives the same bits");

    window_encoder<test::foreseeing<Model>, Ending> ahead(test::foreseeing(Model{}), window_bits);
    bit_writer foreseen;
    encode_windows(ahead, text, foreseen);
    test::promise(foreseen.take() == code, "and so does a model that foresees it");

    window_decoder<Model, Ending> decoder(Model{}, window_bits);
    bit_reader reader(code);
    std::vector<std::uint8_t> decoded;
    decode_windows(decoder, reader, windows, decoded);
    test::promise(reader.overrun() == 0, "nothing is read behind the windows");
    test::promise(std::ranges::equal(decoded, text), "the text comes back");

    bit_reader arbitrary(bytes_of(text));
    const std::uint64_t count = 8 * text.size() / window_bits;
    decoder.restart();
    decoded.clear();
    for (std::uint64_t window = 0; window < count; ++window) {
        const std::size_t got = decoder.decode_window(arbitrary, decoded);
        test::promise(got <= max_window_symbols(window_bits), "a window holds no more than it may");
    }

    lane_window_decoder<independent_lanes<Model>, Ending> many(independent_lanes<Model>(Model{}, 3), window_bits);
    bit_reader same(bytes_of(text));
    std::vector<std::uint8_t> together;
    decode_windows(many, same, count, together);
    test::promise(together == decoded, "lanes decode the same");
    test::promise(same.bit_count() == count * window_bits, "and read as much");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::span<const std::uint8_t> text = std::span(data, size).subspan(1);
    const unsigned window_bits = min_window_bits + data[0] % (max_window_bits - min_window_bits + 1);
    try_windows<adaptive_model, self_ending>(text, window_bits);
    try_windows<adaptive_model, longest_match>(text, window_bits);
    try_windows<uniform_model, self_ending>(text, window_bits);
    try_windows<uniform_model, longest_match>(text, window_bits);
    return 0;
}
