// SPDX-License-Identifier: MIT
#include <reference/reference_window_code.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/shares.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <set>
#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

std::uint64_t first_bits(std::vector<std::byte> bytes, unsigned count) { return bit_reader(bytes).read(count); }

std::vector<std::byte> bytes_of(std::uint64_t word, unsigned bits) {
    bit_writer writer;
    writer.write(word, bits);
    return writer.take();
}

/// A text that follows the model's strings for a while and then leaves them.
std::vector<std::uint8_t> text_near(random_source& random, const std::vector<reference::text>& strings) {
    const auto& drawn = strings[static_cast<std::size_t>(random.below(strings.size()))];
    std::vector<std::uint8_t> result(drawn.begin(), drawn.end());
    result.resize(static_cast<std::size_t>(random.below(result.size() + 1)));
    const auto& tail = strings[static_cast<std::size_t>(random.below(strings.size()))];
    result.insert(result.end(), tail.begin(), tail.end());
    return result;
}

template <class Ending, class Model>
void check_code(const Model& model, unsigned window_bits, std::uint64_t seed) {
    const reference::window_code<Model> code(model, window_bits, Ending::keeps_every_prefix);
    const auto& strings = code.strings();

    // A bijection: no string twice, but where the greatest length leaves codewords over.
    std::set<reference::text> different;
    for (const auto& string : strings) {
        const bool is_new = different.insert(string).second;
        REQUIRE((is_new || string.size() == max_window_symbols(window_bits)));
        REQUIRE(!string.empty());
    }
    for (unsigned symbol = 0; symbol < 256; ++symbol) {
        REQUIRE(different.count(reference::text(1, static_cast<std::uint8_t>(symbol))) == 1);
    }
    if (Ending::keeps_every_prefix) {
        for (const auto& string : strings) {
            REQUIRE((string.size() == 1 || different.count(string.substr(0, string.size() - 1)) == 1));
        }
    }

    // Every codeword decodes to its string, and every string encodes to its codeword.
    window_decoder<Model, Ending> decoder(model, window_bits);
    window_encoder<Model, Ending> encoder(model, window_bits);
    for (std::size_t word = 0; word < strings.size(); ++word) {
        const auto bytes = bytes_of(word, window_bits);
        bit_reader source(bytes);
        std::vector<std::uint8_t> out;
        REQUIRE(decoder.decode_window(source, out) == strings[word].size());
        REQUIRE(std::equal(out.begin(), out.end(), strings[word].begin(), strings[word].end()));
        bit_writer sink;
        REQUIRE(encoder.encode_window(out, sink) == out.size());
        REQUIRE(first_bits(sink.take(), window_bits) == code.longest_match(out).second);
    }

    // Any text: the longest match.
    random_source random(seed);
    for (int round = 0; round < 300; ++round) {
        const auto text = round % 4 == 0 ? random_text(random, 1 + random.length(300)) : text_near(random, strings);
        if (text.empty()) {
            continue;
        }
        const auto [length, word] = code.longest_match(text);
        bit_writer sink;
        REQUIRE(encoder.encode_window(text, sink) == length);
        REQUIRE(sink.bit_count() == window_bits);
        REQUIRE(first_bits(sink.take(), window_bits) == word);
    }
}

}  // namespace

TEST_CASE("shares: the fast search gives what handing out one by one gives", "[windows]") {
    random_source random(41);
    for (int round = 0; round < 350; ++round) {
        const auto kind = all_table_kinds[static_cast<std::size_t>(round) % all_table_kinds.size()];
        const auto drawn = random_frequencies(random, 20, 256, kind);
        const auto table = frequency_table<20>::from_frequencies(std::span<const frequency, 256>(drawn.data(), 256));
        std::array<std::uint64_t, 256> cut;
        for (std::size_t i = 0; i < 256; ++i) {
            cut[i] = drawn[i] >> 4;
        }
        const std::uint64_t codewords = random.length(max_listed_codewords);
        const std::uint64_t weight = 2 + random.length(6000);
        INFO(name_of(kind) << ", " << codewords << " codewords, weight " << weight);
        const reference::share_list expected = reference::share_out(cut, codewords, weight);
        codeword_shares shares;
        shares.list(table);
        shares.share_out(codewords, weight);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < 256; ++i) {
            REQUIRE(shares.counts()[i] == expected.counts[i]);
            sum += shares.counts()[i];
        }
        REQUIRE(sum == codewords);
    }
}

TEST_CASE("window code: codewords and strings are a bijection, and the coder finds the longest match", "[windows]") {
    std::uint64_t seed = 1;
    for (const table_kind kind : all_table_kinds) {
        INFO(name_of(kind));
        for (const unsigned window_bits : {9u, 10u}) {
            check_code<longest_match>(random_model<14>(seed, kind), window_bits, seed);
            check_code<self_ending>(random_model<14>(seed, kind), window_bits, seed);
            ++seed;
        }
        check_code<longest_match>(random_model<24>(seed, kind), 10, seed);
        check_code<longest_match>(random_model<8>(seed, table_kind::even), 10, seed);
    }
}

TEST_CASE("window code: of 13 bits, where many codewords are shared out by frequency alone", "[windows]") {
    check_code<longest_match>(random_model<16>(7, table_kind::geometric), 13, 7);
    check_code<self_ending>(random_model<16>(8, table_kind::sparse), 13, 8);
    check_code<longest_match>(uniform_model(), 12, 9);
}
