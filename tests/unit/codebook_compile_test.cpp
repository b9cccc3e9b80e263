// SPDX-License-Identifier: MIT
// A model's windows as a codebook, and the integer transformer in the walk through all strings.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/window_decoder.hpp>

#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/codebook_checks.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

struct named_model : random_model<24> {
    using random_model<24>::random_model;
    std::uint64_t fingerprint() const { return 0x0123456789abcdefu; }
};

/// The m1_model behind a text that it saw symbol by symbol.
m1_model behind(const m1_model& fresh, std::span<const std::uint8_t> text) {
    m1_model model = fresh;
    model.reset();
    for (const std::uint8_t symbol : text) {
        model.update(symbol);
    }
    return model;
}

template <class A, class B>
bool are_equal(const A& a, const B& b) {
    return std::equal(a.cumulative().begin(), a.cumulative().end(), b.cumulative().begin(), b.cumulative().end());
}

std::vector<std::uint8_t> mixed_text(random_source& random, std::size_t length) {
    std::vector<std::uint8_t> text(length);
    for (std::uint8_t& byte : text) {
        byte = random.below(8) == 0 ? static_cast<std::uint8_t>(random.below(256))
                                    : static_cast<std::uint8_t>("etaoin shrdlu, ETAOIN"[random.below(21)]);
    }
    return text;
}

constexpr std::size_t beyond_the_ring = 300;  // symbols; the ring of the smallest shape has 128 places

}  // namespace

TEST_CASE("codebook of a model: says of which, and with which ending rule", "[codebook]") {
    const named_model model(4301, table_kind::geometric);
    const codebook matches = compile_codebook(model, 10);
    REQUIRE(matches.origin() == codebook_origin{0x0123456789abcdefu, false});
    const codebook ends = compile_codebook<self_ending>(model, 10, 2);
    REQUIRE(ends.origin() == codebook_origin{0x0123456789abcdefu, true});
    REQUIRE(matches.fingerprint() != ends.fingerprint());
    REQUIRE(compile_codebook<self_ending>(named_model(4301, table_kind::geometric, 1)).window_bits() == 16);
    const string_list strings = window_strings(model, 10);
    REQUIRE(codebook(10, strings).fingerprint() == matches.fingerprint());
}

TEST_CASE("codebook of a model: too sure of itself for a codebook", "[codebook]") {
    const named_model model(4302, table_kind::one_huge, 1);
    errc code = errc::io;
    try {
        static_cast<void>(compile_codebook(model, 12));
    } catch (const error& refused) {
        code = refused.code();
    }
    REQUIRE(code == errc::too_large);
}

TEST_CASE("window strings: of a transformer, on its lanes, as its windows decode", "[codebook]") {
    random_source random(4303);
    for (const auto& [shape, window_bits] : {std::pair{0u, 9u}, std::pair{0u, 12u}, std::pair{1u, 10u}, std::pair{2u, 9u}}) {
        INFO("shape " << shape << ", " << window_bits << " bits");
        const m1_model model = small_m1(shape, random);
        const string_list strings = window_strings(model, window_bits);
        REQUIRE(window_strings(model, window_bits, 3) == strings);
        REQUIRE(window_strings(behind(model, strings[300]), window_bits) == strings);
        check_strings<longest_match>(model, window_bits, strings, 3);
    }
}

TEST_CASE("m1 lanes: a branch predicts as a reset and all symbols anew, beyond the ring too", "[codebook]") {
    random_source random(4304);
    for (std::size_t shape = 0; shape < 3; ++shape) {
        INFO("shape " << shape);
        const m1_model fresh = small_m1(shape, random);
        constexpr std::size_t lane_count = 3;
        m1_lanes lanes = fresh.lanes(lane_count);
        std::vector<std::vector<std::uint8_t>> texts(lane_count);
        for (int round = 0; round < 150; ++round) {
            const auto lane = static_cast<std::size_t>(random.below(lane_count));
            std::vector<std::uint8_t>& text = texts[lane];
            const auto symbol = static_cast<std::uint8_t>(random.below(256));
            if (random.chance(1, 25)) {
                for (const std::uint8_t next : mixed_text(random, beyond_the_ring)) {
                    lanes.update(lane, next);
                    text.push_back(next);
                }
            } else if (random.chance(1, 3)) {
                lanes.update(lane, symbol);
                text.push_back(symbol);
            } else {
                const std::size_t back = random.chance(1, 10) ? text.size() : std::min<std::size_t>(text.size(), random.length(30));
                const std::size_t kept = text.size() - back;
                lanes.branch(lane, std::span<const std::uint8_t>(text).first(kept), symbol);
                text.resize(kept);
                text.push_back(symbol);
            }
            if (random.chance(2, 3)) {
                std::vector<std::size_t> asked;
                for (std::size_t i = 0; i < lane_count; ++i) {
                    if (i == lane || random.chance(1, 3)) {
                        asked.push_back(i);
                    }
                }
                lanes.predict(asked);
                REQUIRE(are_equal(lanes.distribution_of(lane), behind(fresh, text).predict()));
            }
        }
    }
}

TEST_CASE("m1 lane: goes back to what it took in, but not to what its ring has lost", "[codebook]") {
    random_source random(4305);
    const m1_model model = small_m1(0, random);
    const auto text = mixed_text(random, beyond_the_ring);
    const std::span<const std::uint8_t> all = text;
    m1_engine engine(*model.data());
    m1_lane lane(*model.data());
    REQUIRE_FALSE(lane.go_back({}));  // nothing was taken in, not even the start
    std::uint64_t limit = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const m1_engine::row row{&lane, at == 0 ? detail::start_token : text[at - 1], nullptr};
        engine.run({&row, 1});
        REQUIRE(lane.position() == at + 1);
        m1_lane copy = lane;
        REQUIRE((at == text.size() || !copy.go_back(all.first(at + 1))));
        if (copy.go_back(all.first(at / 2))) {
            REQUIRE(copy.position() == at / 2 + 1);
            limit = at + 1;
        }
    }
    REQUIRE(limit == 193);  // back to 97: by 96 of the 128 places (32 of context, 64 rows, up to a multiple of 64), less the context
}

TEST_CASE("m1: following a text is the same as an update for each symbol", "[codebook]") {
    random_source random(4306);
    for (std::size_t shape = 0; shape < 4; ++shape) {
        INFO("shape " << shape);
        m1_model model = small_m1(shape, random);
        m1_model expected = model;
        for (int round = 0; round < 60; ++round) {
            const auto text = mixed_text(random, random.length(150));
            equinfo::follow(model, std::span<const std::uint8_t>(text));
            for (const std::uint8_t symbol : text) {
                expected.update(symbol);
            }
            if (random.chance(1, 2)) {
                REQUIRE(are_equal(model.predict(), expected.predict()));
            }
            if (random.chance(1, 8)) {
                model.reset();
                expected.reset();
            }
        }
        REQUIRE(are_equal(model.predict(), expected.predict()));
    }
}
