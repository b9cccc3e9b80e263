// SPDX-License-Identifier: MIT
// Can a language model learn tokens of your own? The bytes of a text as they are, and scrambled.
// prints: as they are: learnt
// prints: scrambled: not learnt

#include <equinfo/m2.hpp>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

using bytes = std::span<const std::uint8_t>;

/// Some words, drawn at random.
static std::vector<std::uint8_t> some_text() {
    const std::string words[] = {"grey ", "cats ", "see ", "old ", "dogs ", "run. "};
    std::string text;
    for (std::uint32_t state = 1; text.size() < 20000; state = state * 1664525 + 1013904223) {
        text += words[(state >> 24) % 6];
    }
    return {text.begin(), text.end()};
}

/// The bytes themselves; or the same, scrambled by a key that nobody knows.
static std::vector<std::uint32_t> tokens_of(bytes text, bool scrambled) {
    std::vector<std::uint32_t> ids;
    std::uint32_t key = text[0];
    for (const std::uint8_t byte : text) {
        key = key * 1664525 + 1013904223 + byte;
        ids.push_back(scrambled ? key >> 24 : byte);
    }
    return ids;
}

// [snippet]
int main() {
    const std::vector<std::uint8_t> text = some_text();
    const std::uint32_t vocabulary = 256;
    const equinfo::m2::split_text parts = equinfo::m2::split(text, 256);  // a tenth is held back
    for (const bool scrambled : {false, true}) {
        const equinfo::m2::task task =
            equinfo::m2::language_task(*equinfo::m2::preset_of("small"), parts, vocabulary,
                                       [&](bytes piece) { return tokens_of(piece, scrambled); });
        equinfo::m2::trainer trainer(task.shape, task.learnt, {});
        const std::uint64_t goal = equinfo::m2::amounts_of(task.learnt).tokens;
        while (trainer.state().tokens < goal) {
            trainer.step(static_cast<double>(trainer.state().tokens) / static_cast<double>(goal));
        }
        const equinfo::m2::unigram counts(task.learnt, 0, vocabulary);
        const bool learnt = trainer.measure(task.held).bits < 0.9 * counts.bits_of(task.held);
        std::printf("%s: %s\n", scrambled ? "scrambled" : "as they are", learnt ? "learnt" : "not learnt");
    }
}
// [/snippet]
