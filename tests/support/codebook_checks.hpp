// SPDX-License-Identifier: MIT
// What tables of windows are held against: the window coders.
#pragma once

#include <support/catch.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::test {

/// String i is what codeword i, and each `step`th one after it, decodes to.
template <class Ending, class Model>
void check_strings(const Model& model, unsigned window_bits, const string_list& strings, std::size_t step = 1) {
    REQUIRE(strings.size() == std::size_t{1} << window_bits);
    window_decoder<Model, Ending> decoder(model, window_bits);
    for (std::size_t word = 0; word < strings.size(); word += step) {
        bit_writer sink;
        sink.write(word, window_bits);
        const auto bytes = sink.take();
        bit_reader source(bytes);
        std::vector<std::uint8_t> out;
        decoder.decode_window(source, out);
        REQUIRE(std::equal(out.begin(), out.end(), strings[word].begin(), strings[word].end()));
    }
}

/// The same bits as `expected` makes of the text, and the text comes back.
template <class Encoder, class Decoder, class Expected>
void check_same_windows(Encoder& encoder, Decoder& decoder, Expected& expected, std::span<const std::uint8_t> text) {
    bit_writer sink;
    bit_writer expected_sink;
    const std::uint64_t windows = encode_windows(encoder, text, sink);
    REQUIRE(windows == encode_windows(expected, text, expected_sink));
    const auto bytes = sink.take();
    REQUIRE(bytes == expected_sink.take());
    bit_reader source(bytes);
    std::vector<std::uint8_t> out;
    REQUIRE(decode_windows(decoder, source, windows, out) == text.size());
    REQUIRE(std::equal(out.begin(), out.end(), text.begin(), text.end()));
    REQUIRE(source.bit_count() == windows * expected.window_bits());
}

}  // namespace equinfo::test
