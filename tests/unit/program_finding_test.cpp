// SPDX-License-Identifier: MIT
// What "equinfo evaluate --learnability" says of what it measured.
#include <support/catch.hpp>

#include "equinfo/finding.hpp"

#include <string>

using namespace program;

namespace {

finding of_windows() {
    return {.name = "english -b 16 -t 16", .model = "english", .rule = "longest_match", .window_bits = 16, .token_bits = 16, .bytes_a_token = 5,
            .uniform = 3.2, .unigram = 2.5, .learnt = 2.0, .decompressed = 0.73, .compressed = 0.3, .alone = 0.585};
}

finding of_bytes(double learnt) {
    finding bytes;
    bytes.name = "bytes";
    bytes.unigram = 4.5;
    bytes.learnt = learnt;
    return bytes;
}

}  // namespace

TEST_CASE("finding: what is learnt is told beside the bytes of the same text", "[program]") {
    finding bytes = of_bytes(1.6);
    CHECK(meaning(of_windows(), &bytes) ==
          "english -b 16 -t 16: M2 takes 20.0 % less than how often each token occurs would, and 25.0 % more than for the bytes of "
          "the same text, in sequences 5.0 times as short. It reads text in them: 73.0 % of bytes right, 58.5 % without the tokens.");
    bytes.learnt = 2.5;
    CHECK(meaning(of_windows(), &bytes).find("and 20.0 % less than for the bytes") != std::string::npos);
}

TEST_CASE("finding: nothing is compared with bytes that were not learnt to their end, or not at all", "[program]") {
    finding bytes = of_bytes(1.6);
    bytes.by_the_clock = true;
    for (const finding* const other : {static_cast<const finding*>(nullptr), static_cast<const finding*>(&bytes)}) {
        CHECK(meaning(of_windows(), other) ==
              "english -b 16 -t 16: M2 takes 20.0 % less than how often each token occurs would. It reads text in them: 73.0 % of "
              "bytes right, 58.5 % without the tokens.");
    }
}

TEST_CASE("finding: a gain below one per cent is none", "[program]") {
    const finding bytes = of_bytes(1.6);
    finding each = of_windows();
    for (const double learnt : {2.4751, 2.5, 2.6}) {
        each.learnt = learnt;
        INFO(learnt);
        CHECK(meaning(each, &bytes).find("english -b 16 -t 16: not learnt. M2 predicts these tokens no better than by how often "
                                         "each occurs (" + decimal(learnt, 2) + " bits a byte).") == 0);
    }
    each.learnt = 2.4749;
    CHECK(meaning(each, &bytes).find("english -b 16 -t 16: M2 takes 1.0 % less") == 0);
}

TEST_CASE("finding: text is read only where the tokens help by two in a hundred bytes", "[program]") {
    finding each = of_windows();
    for (const double right : {0.2, 0.585, 0.6049}) {
        each.decompressed = right;
        CHECK(meaning(each, nullptr).find("would. It cannot read the text in them: " + percent(right) + " of bytes right") != std::string::npos);
    }
    each.decompressed = 0.6051;
    CHECK(meaning(each, nullptr).find("would. It reads text in them: 60.5 % of bytes right") != std::string::npos);
    each.decompressed.reset();
    CHECK(meaning(each, nullptr) == "english -b 16 -t 16: M2 takes 20.0 % less than how often each token occurs would.");
}

TEST_CASE("finding: a run that the clock cut says nothing else", "[program]") {
    const finding bytes = of_bytes(1.6);
    finding each = of_windows();
    each.by_the_clock = true;
    CHECK(meaning(each, &bytes) == "english -b 16 -t 16: not decided. The time ran out before all text was seen (--minutes); M2 "
                                   "stands at 2.00 bits a byte.");
}
