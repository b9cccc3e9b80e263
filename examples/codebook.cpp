// SPDX-License-Identifier: MIT
// Windows at memory speed: the embedded codebook of English, and a column of strings of which each is read alone.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/string_column.hpp>
#include <equinfo/english_codebook.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

// [snippet]
int main() {
    const std::shared_ptr<const equinfo::codebook> book = equinfo::english_codebook();
    const std::string_view text = "It was the best of times, it was the worst of times.";

    std::vector<std::uint16_t> tokens;
    book->encode(equinfo::text_of(text), tokens);
    for (const std::uint16_t token : tokens) {
        const std::string_view piece = equinfo::string_of((*book)[token]);
        std::printf("%.*s|", static_cast<int>(piece.size()), piece.data());
    }
    std::printf("\n");

    std::vector<std::uint8_t> back;
    book->decode(std::span<const std::uint16_t>(tokens), back);

    equinfo::string_column column(book);
    for (const std::string_view name : {"Great Expectations", "Bleak House", "Hard Times"}) {
        column.push_back(equinfo::text_of(name));
    }
    std::array<std::uint8_t, 100> room;
    const std::size_t size = column.read(1, room);
    const std::string_view read = equinfo::string_of(std::span(room).first(size));
    std::printf("%.*s, one of %zu strings in %zu bytes\n",  // prints: Bleak House, one of 3 strings in 34 bytes
                static_cast<int>(read.size()), read.data(), column.size(), column.memory());
    return equinfo::string_of(back) == text && read == "Bleak House" ? 0 : 1;
}
// [/snippet]
