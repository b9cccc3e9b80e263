// SPDX-License-Identifier: MIT
// Text as equal-info windows: each piece is exactly 16 bits, and each decodes on its own.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/english.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

// [snippet]
int main() {
    const std::string_view text = "It was the best of times, it was the worst of times.";

    equinfo::window_encoder encoder(equinfo::english_model(), 16);
    equinfo::bit_writer bits;
    const std::uint64_t windows = equinfo::encode_windows(encoder, equinfo::text_of(text), bits);
    const std::vector<std::byte> codewords = bits.take();
    std::printf("%zu bytes of text in %zu bytes\n", text.size(), codewords.size());

    equinfo::window_decoder decoder(equinfo::english_model(), 16);
    equinfo::bit_reader reader(codewords);
    std::vector<std::uint8_t> decoded;
    for (std::uint64_t window = 0; window < windows; ++window) {
        const std::size_t start = decoded.size();
        decoder.decode_window(reader, decoded);
        std::printf("%.*s|", static_cast<int>(decoded.size() - start), reinterpret_cast<char*>(&decoded[start]));
    }
    std::printf("\n");
    return equinfo::string_of(decoded) == text ? 0 : 1;
}
// [/snippet]
