// SPDX-License-Identifier: MIT
// A message in memory, with the embedded model of English.
#include <equinfo/english.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// [snippet]
int main() {
    const std::string_view text = "The meeting has been moved to Thursday afternoon, since half of us are travelling.";

    const std::vector<std::byte> message = equinfo::compress(text);
    const std::string again = equinfo::decompress(message);

    std::printf("%zu bytes of text in %zu bytes\n", text.size(), message.size());  // prints: 82 bytes of text in 19 bytes
    return again == text ? 0 : 1;
}
// [/snippet]
