// SPDX-License-Identifier: MIT
// Documents into the tokens of a language model's training file, and back.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/english.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/vocabulary.hpp>
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
    const equinfo::vocabulary vocabulary(16);  // 65,536 window tokens, and one that ends a document
    const equinfo::token_packer packer(vocabulary.token_bits());
    equinfo::window_encoder encoder(equinfo::english_model(), 16);

    std::vector<equinfo::token> tokens;
    for (const std::string_view document : {"The first document.", "And here is the second one."}) {
        equinfo::bit_writer bits;
        equinfo::encode_windows(encoder, equinfo::text_of(document), bits);
        const std::uint64_t bit_count = bits.bit_count();
        packer.pack_bytes(bits.take(), bit_count, tokens);
        tokens.push_back(vocabulary.special(equinfo::special_token::end_of_document));
    }
    for (const equinfo::token id : tokens) {
        std::printf("%u ", static_cast<unsigned>(id));
    }
    std::printf("\n");

    equinfo::window_decoder decoder(equinfo::english_model(), 16);
    for (const equinfo::token id : tokens) {
        if (vocabulary.is_special(id)) {
            std::printf("\n");
            continue;
        }
        equinfo::bit_writer bits;
        packer.unpack({&id, 1}, bits);  // with 16-bit windows, a token is a window: each decodes on its own
        const std::vector<std::byte> codeword = bits.take();
        equinfo::bit_reader reader(codeword);
        std::vector<std::uint8_t> piece;
        decoder.decode_window(reader, piece);
        std::fwrite(piece.data(), 1, piece.size(), stdout);
    }
}
// [/snippet]
