// SPDX-License-Identifier: MIT
// A probability model of your own in the coder: here one that expects the letters of the alphabet in order.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/quantise.hpp>
#include <equinfo/models/sequence.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

// [snippet]
struct alphabet_model {
    std::array<float, 256> weights;  // in any scale; quantise makes exact integers of them
    std::uint8_t last = 'z';

    equinfo::frequency_table<16> predict() {
        weights.fill(0.0001F);
        weights[last == 'z' ? 'a' : last + 1u] = 0.9F;
        return equinfo::quantise<16>(weights);
    }
    void update(std::uint8_t symbol) { last = symbol; }
    void reset() { last = 'z'; }
};
static_assert(equinfo::probability_model<alphabet_model>);

int main() {
    const std::string_view text = "abcdefghijklmnopqrstuvwxyzabcdefghijklm?";

    alphabet_model model;
    equinfo::range_encoder encoder;
    equinfo::encode_sequence(model, equinfo::text_of(text), encoder);
    encoder.finish();
    std::printf("%zu bytes of text in %zu bytes\n", text.size(), encoder.bytes().size());  // prints: 40 bytes of text in 2 bytes

    model.reset();
    equinfo::range_decoder decoder(encoder.bytes());
    std::string decoded(text.size(), ' ');
    for (char& c : decoded) {
        c = static_cast<char>(equinfo::decode_symbol(model, decoder));
    }
    std::printf("%s\n", decoded.c_str());  // prints: abcdefghijklmnopqrstuvwxyzabcdefghijklm?
}
// [/snippet]
