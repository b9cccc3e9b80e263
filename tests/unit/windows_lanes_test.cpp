// SPDX-License-Identifier: MIT
// Windows decoded many at a time: the same symbols as one after the other.
#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

/// Decodes so many windows both ways. The decoders go on over several calls of different sizes.
template <class Ending, class Model, class Lanes>
void compare(const Model& model, const Lanes& lanes, unsigned window_bits, const std::vector<std::byte>& bits, std::uint64_t windows) {
    INFO(window_bits << " bits, " << lanes.lane_count() << " lanes, " << windows << " windows");
    window_decoder<Model, Ending> one(model, window_bits);
    lane_window_decoder<Lanes, Ending> many(lanes, window_bits);
    REQUIRE(many.window_bits() == window_bits);
    bit_reader source(bits), other(bits);
    std::vector<std::uint8_t> alone, together;
    for (std::uint64_t done = 0, next = 1; done < windows; done += next, next = std::min(3 * next, windows - done)) {
        const std::size_t symbols = decode_windows(one, source, next, alone);
        REQUIRE(decode_windows(many, other, next, together) == symbols);
        REQUIRE(together == alone);
        REQUIRE(other.bit_count() == source.bit_count());
        REQUIRE(other.overrun() == source.overrun());
    }
    REQUIRE(many.decode_windows(other, 0, together) == 0);
    REQUIRE(together == alone);
}

template <class Ending, class Model, class Lanes>
void compare_text(const Model& model, const Lanes& lanes, unsigned window_bits, std::span<const std::uint8_t> text) {
    window_encoder<Model, Ending> encoder(model, window_bits);
    bit_writer sink;
    const std::uint64_t windows = encode_windows(encoder, text, sink);
    const std::vector<std::byte> bits = sink.take();
    compare<Ending>(model, lanes, window_bits, bits, windows);
    lane_window_decoder<Lanes, Ending> many(lanes, window_bits);
    bit_reader source(bits);
    std::vector<std::uint8_t> back;
    decode_windows(many, source, windows, back);
    REQUIRE(std::equal(back.begin(), back.end(), text.begin(), text.end()));
}

/// Throws at the read of that number.
class failing_reader {
public:
    failing_reader(std::span<const std::byte> bytes, std::size_t reads) : m_source(bytes), m_left(reads) {}
    std::uint64_t read(unsigned count) {
        if (m_left-- == 0) {
            throw std::runtime_error("no more");
        }
        return m_source.read(count);
    }
    [[nodiscard]] std::uint64_t bit_count() const { return m_source.bit_count(); }
    [[nodiscard]] std::uint64_t overrun() const { return m_source.overrun(); }

private:
    bit_reader m_source;
    std::size_t m_left;
};
static_assert(bit_source<failing_reader>);

}  // namespace

TEST_CASE("codeword_reader: a codeword's bits in pieces of any size", "[windows]") {
    random_source random(60);
    for (int round = 0; round < 500; ++round) {
        const auto window_bits = static_cast<unsigned>(1 + random.below(128));
        const auto bytes = random_bytes(random, 16);
        bit_reader whole(bytes), source(bytes);
        codeword_reader reader(read_codeword(source, window_bits), window_bits);
        for (unsigned left = window_bits; left > 0;) {
            const auto count = static_cast<unsigned>(1 + random.below(std::min(left, 64u)));
            REQUIRE(reader.read(count) == whole.read(count));
            left -= count;
        }
    }
    codeword_reader all({~std::uint64_t{0}, 5}, 128);
    CHECK(all.read(64) == ~std::uint64_t{0});
    CHECK(all.read(64) == 5);
}

TEST_CASE("lane windows: random bits of any model decode as one after the other", "[windows]") {
    random_source random(61);
    for (const table_kind kind : all_table_kinds) {
        const random_model<16> model(random(), kind);
        for (const unsigned window_bits : {9u, 16u, 39u, 40u, 41u, 64u, 65u, 128u}) {
            const auto bits = random_bytes(random, 40 * window_bits / 8);
            for (const std::size_t lanes : {1u, 3u}) {
                compare<longest_match>(model, independent_lanes(model, lanes), window_bits, bits, 40);
                compare<self_ending>(model, independent_lanes(model, lanes), window_bits, bits, 40);
            }
        }
    }
}

TEST_CASE("lane windows: more windows than lanes hold at a time, and none, and bits that are not there", "[windows]") {
    random_source random(62);
    const auto text = random_text(random, 3000, text_kind::text_like);
    const auto model = static_model<14>::from_text(text);
    for (const unsigned window_bits : {16u, 64u}) {
        for (const std::size_t lanes : {1u, 2u, 16u}) {
            compare_text<longest_match>(model, independent_lanes(model, lanes), window_bits, text);
            compare_text<self_ending>(model, independent_lanes(model, lanes), window_bits, text);
        }
        const auto few = random_bytes(random, 21);
        compare<longest_match>(model, independent_lanes(model, 5), window_bits, few, 60);
        compare<longest_match>(model, independent_lanes(model, 5), window_bits, {}, 7);
    }
    compare_text<longest_match>(model, independent_lanes(model, 4), 16, {});
}

TEST_CASE("lane windows: models that learn forget at every window, and the state of the lanes before does not matter", "[windows]") {
    random_source random(63);
    const auto text = random_text(random, 2000, text_kind::text_like);
    independent_lanes<adaptive_model> used(adaptive_model{}, 6);
    for (std::size_t lane = 0; lane < 6; ++lane) {
        for (std::size_t i = 0; i < 50 * lane; ++i) {
            used.update(lane, text[i]);
        }
    }
    compare_text<longest_match>(adaptive_model{}, used, 32, text);
    compare_text<self_ending>(adaptive_model{}, used, 16, text);
}

TEST_CASE("lane windows: a source that throws in the midst of a batch leaves a decoder that works", "[windows]") {
    random_source random(65);
    const random_model<16> model(9, table_kind::geometric);
    const auto bits = random_bytes(random, 200);
    lane_window_decoder many(independent_lanes(model, 3), 16);
    window_decoder one(model, 16);
    std::vector<std::uint8_t> alone, together;
    bit_reader whole(bits);
    decode_windows(one, whole, 100, alone);
    for (const std::size_t reads : {0u, 1u, 5u, 99u}) {
        failing_reader source(bits, reads);
        together.clear();
        CHECK_THROWS_AS(decode_windows(many, source, 100, together), std::runtime_error);
        CHECK(together.empty());
        bit_reader again(bits);
        decode_windows(many, again, 100, together);
        REQUIRE(together == alone);
    }
}

TEST_CASE("lane windows: a transformer's windows on 1, 7 and 16 of its lanes", "[windows]") {
    random_source random(64);
    for (const std::size_t shape : {0u, 1u, 4u, 6u}) {
        const m1_model model = small_m1(shape, random);
        const auto text = random_text(random, 700, text_kind::text_like);
        for (const unsigned window_bits : {12u, 64u}) {
            const auto bits = random_bytes(random, 40 * window_bits / 8);
            for (const std::size_t lanes : {1u, 7u, 16u}) {
                compare<longest_match>(model, model.lanes(lanes), window_bits, bits, 40);
                compare<self_ending>(model, model.lanes(lanes), window_bits, bits, 40);
                compare_text<longest_match>(model, model.lanes(lanes), window_bits, text);
                compare_text<self_ending>(model, model.lanes(lanes), window_bits, text);
            }
        }
    }
}
