// SPDX-License-Identifier: MIT
// Windows whose beginnings are looked up, against the window coder.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/codebook/window_top.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <support/catch.hpp>
#include <support/codebook_checks.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

constexpr unsigned all_window_bits[] = {9, 16, 20, 24, 32, 40, 41, 64, 128};

/// What the window coder makes of random codewords: a text that the model believes in.
template <class Ending, class Model>
std::vector<std::uint8_t> likely_text(random_source& random, const Model& model, unsigned window_bits, std::size_t windows) {
    const auto bytes = random_bytes(random, windows * window_bits / 8 + 1);
    bit_reader source(bytes);
    window_decoder<Model, Ending> decoder(model, window_bits);
    std::vector<std::uint8_t> text;
    decode_windows(decoder, source, windows, text);
    return text;
}

/// `plain` is the same model, perhaps without foresight.
template <class Ending, class Model, class Plain>
void check(const Model& model, const Plain& plain, unsigned window_bits, unsigned top_bits, std::uint64_t seed) {
    INFO(window_bits << " bits, " << top_bits << " at the top, " << (Ending::keeps_every_prefix ? "self_ending" : "longest_match"));
    random_source random(seed);
    const auto top = std::make_shared<const window_top>(compile_window_top<Ending>(model, window_bits, top_bits));
    REQUIRE(top->window_bits() == window_bits);
    top_window_encoder<Model, Ending> encoder(model, top);
    top_window_decoder<Model, Ending> decoder(model, top);
    window_encoder<Plain, Ending> expected_encoder(plain, window_bits);
    window_decoder<Plain, Ending> expected_decoder(plain, window_bits);
    REQUIRE((encoder.window_bits() == window_bits && decoder.window_bits() == window_bits));

    const auto check_text = [&](std::span<const std::uint8_t> text) {
        check_same_windows(encoder, decoder, expected_encoder, text);
    };
    check_text({});
    check_text(random_text(random, random.length(600)));
    const auto text = likely_text<Ending>(random, model, window_bits, 20);
    check_text(text);
    for (int round = 0; round < 60; ++round) {  // ends inside the top, mostly
        const auto from = static_cast<std::size_t>(random.below(text.size()));
        check_text(std::span<const std::uint8_t>(text).subspan(from, std::min(text.size() - from, random.length(9))));
        encoder.restart();
        decoder.restart();
    }

    const auto bytes = random_bytes(random, 16 * 100);
    bit_reader source(bytes);
    bit_reader expected_source(bytes);
    for (std::uint64_t windows = 1; windows <= 100; ++windows) {
        std::vector<std::uint8_t> out{1};
        std::vector<std::uint8_t> expected{1};
        REQUIRE(decoder.decode_window(source, out) == expected_decoder.decode_window(expected_source, expected));
        REQUIRE(out == expected);
        REQUIRE(source.bit_count() == windows * window_bits);
    }
}

template <class Ending, class Model>
void check(const Model& model, unsigned window_bits, unsigned top_bits, std::uint64_t seed) {
    check<Ending>(model, model, window_bits, top_bits, seed);
}

/// Counts what it is asked, together with its copies.
struct counting_model : random_model<16> {
    counting_model() : random_model<16>(4405, table_kind::geometric) {}
    const table& predict() {
        ++*predictions;
        return random_model<16>::predict();
    }
    std::shared_ptr<std::size_t> predictions = std::make_shared<std::size_t>(0);
};

}  // namespace

TEST_CASE("window top: the same bits and texts as without, for windows and tops of every size", "[codebook]") {
    std::uint64_t seed = 4401;
    for (const unsigned window_bits : all_window_bits) {
        for (const unsigned top_bits : {1u, 7u, 10u}) {
            const table_kind kind = all_table_kinds[static_cast<std::size_t>(seed) % all_table_kinds.size()];
            INFO(name_of(kind));
            check<longest_match>(random_model<16>(seed, kind), window_bits, top_bits, seed);
            check<self_ending>(random_model<16>(seed, kind), window_bits, top_bits, seed);
            ++seed;
        }
    }
}

TEST_CASE("window top: models of every kind and precision", "[codebook]") {
    std::uint64_t seed = 4501;
    for (const table_kind kind : all_table_kinds) {
        INFO(name_of(kind));
        for (const unsigned window_bits : {9u, 16u, 43u, 104u}) {
            check<longest_match>(random_model<24>(seed, kind), window_bits, 9, seed);
            check<self_ending>(random_model<12>(seed, kind), window_bits, 8, seed);
            const random_model<16> plain(seed, kind);
            check<longest_match>(foreseeing(plain), plain, window_bits, 9, seed);
            check<self_ending>(foreseeing(plain), plain, window_bits, 9, seed);
            ++seed;
        }
    }
}

TEST_CASE("window top: of 14 bits, and one that is all of the code", "[codebook]") {
    check<longest_match>(random_model<16>(4601, table_kind::geometric), 24, 14, 4601);
    check<self_ending>(random_model<16>(4602, table_kind::sparse), 128, 14, 4602);
    check<longest_match>(random_model<16>(4603, table_kind::random), 9, 20, 4603);
}

TEST_CASE("window top: its prefixes own more than the share that was asked for", "[codebook]") {
    const random_model<16> model(4604, table_kind::geometric);
    std::size_t before = 0;
    for (const unsigned top_bits : {1u, 4u, 8u, 11u}) {
        INFO(top_bits);
        const window_top top = compile_window_top(model, 32, top_bits);
        REQUIRE(top.size() > before);
        before = top.size();
        REQUIRE(top.memory() >= top.size() * sizeof(window_top::node));
        REQUIRE(top[0].state.length == 0);
        REQUIRE(top[0].state.count == std::uint64_t{1} << 32);
        std::uint32_t children = 0;
        for (std::uint32_t i = 0; i < top.size(); ++i) {
            const window_top::node& node = top[i];
            REQUIRE(node.state.count > std::uint64_t{1} << (32 - top_bits));
            children += node.child_count();
            std::uint64_t end = node.keeps ? 1 : 0;
            for (unsigned symbol = 0; symbol < 256; ++symbol) {
                if (const std::uint32_t number = top.child(node, static_cast<std::uint8_t>(symbol)); number != 0) {
                    const window_top::node& child = top[number];
                    REQUIRE(child.symbol == symbol);
                    REQUIRE(child.state.length == node.state.length + 1);
                    REQUIRE(child.first >= end);
                    end = child.first + child.state.count;
                    REQUIRE(end <= node.state.count);
                    REQUIRE(child.word.low == node.word.low + child.first);
                    REQUIRE(top.child_at(node, child.first) == number);
                    REQUIRE(top.child_at(node, end - 1) == number);
                }
            }
        }
        REQUIRE(children + 1 == top.size());
    }
}

TEST_CASE("window top: what it knows is not predicted", "[codebook]") {
    const counting_model model;
    random_source random(4605);
    const auto text = likely_text<longest_match>(random, model, 24, 500);
    const auto top = std::make_shared<const window_top>(compile_window_top(model, 24, 14));
    const auto predictions = [&](auto encoder) {
        bit_writer sink;
        *model.predictions = 0;
        encode_windows(encoder, std::span<const std::uint8_t>(text), sink);
        return *model.predictions;
    };
    const std::size_t with = predictions(top_window_encoder<counting_model>(model, top));
    const std::size_t without = predictions(window_encoder<counting_model>(model, 24));
    REQUIRE(with * 3 < without * 2);
}
