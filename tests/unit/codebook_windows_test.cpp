// SPDX-License-Identifier: MIT
// Windows compiled into strings, against the window coder: every codeword and every text the same.
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/codebook_windows.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <support/catch.hpp>
#include <support/codebooks.hpp>
#include <support/codebook_checks.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

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

/// The same bits as the window coder's, and the text comes back.
template <class Ending, class Model>
void check_texts(const Model& model, unsigned window_bits, const string_list& strings, std::uint64_t seed) {
    const auto book = std::make_shared<const codebook>(window_bits, strings);
    codebook_encoder encoder(book);
    codebook_decoder decoder(book);
    REQUIRE((encoder.window_bits() == window_bits && decoder.window_bits() == window_bits));
    window_encoder<Model, Ending> expected(model, window_bits);
    random_source random(seed);
    for (int round = 0; round < 12; ++round) {
        const auto text = round % 2 == 0 ? random_text(random, random.length(2000)) : text_of_strings(random, strings, random.length(2000));
        check_same_windows(encoder, decoder, expected, text);
        encoder.restart();
        decoder.restart();
    }
}

template <class Ending, class Model>
void check(const Model& model, unsigned window_bits, std::uint64_t seed, std::size_t step = 1) {
    INFO(window_bits << " bits, " << (Ending::keeps_every_prefix ? "self_ending" : "longest_match"));
    const string_list strings = window_strings<Ending>(model, window_bits);
    check_strings<Ending>(model, window_bits, strings, step);
    if (strings.total_bytes() <= codebook::max_bytes_a_string * strings.size()) {
        check_texts<Ending>(model, window_bits, strings, seed);
    }
    REQUIRE(window_strings<Ending>(model, window_bits, 2 + static_cast<unsigned>(seed % 2)) == strings);  // 2 or 3 threads
}

/// A model with many lanes, each a copy: with branch(), where Branches.
template <bool Branches>
class random_lanes : public independent_lanes<random_model<16>> {
public:
    random_lanes(const random_model<16>& model, std::size_t count) : independent_lanes(model, count), m_texts(count) {}

    void update(std::size_t lane, std::uint8_t symbol) {
        independent_lanes::update(lane, symbol);
        m_texts[lane].push_back(symbol);
    }
    void reset(std::size_t lane) {
        independent_lanes::reset(lane);
        m_texts[lane].clear();
    }
    void branch(std::size_t lane, std::span<const std::uint8_t> prefix, std::uint8_t symbol)
        requires(Branches)
    {
        const byte_string kept(prefix.begin(), prefix.end());
        if (kept.size() > m_texts[lane].size() || !std::equal(kept.begin(), kept.end(), m_texts[lane].begin())) {
            throw std::logic_error("the lane's text does not begin with the prefix");
        }
        reset(lane);
        for (const std::uint8_t before : kept) {
            update(lane, before);
        }
        update(lane, symbol);
    }

private:
    std::vector<byte_string> m_texts;
};

template <bool Branches>
struct random_model_with_lanes : random_model<16> {
    using random_model<16>::random_model;
    random_lanes<Branches> lanes(std::size_t count) const { return {*this, count}; }
};

static_assert(branches_lane<random_lanes<true>> && !branches_lane<random_lanes<false>>);
static_assert(makes_lanes<random_model_with_lanes<true>> && makes_lanes<random_model_with_lanes<false>>);

}  // namespace

TEST_CASE("window strings: of 9 and 12 bits, for models of every kind", "[codebook]") {
    std::uint64_t seed = 4201;
    for (const table_kind kind : all_table_kinds) {
        INFO(name_of(kind));
        for (const unsigned window_bits : {9u, 12u}) {
            check<longest_match>(random_model<16>(seed, kind), window_bits, seed);
            check<self_ending>(random_model<16>(seed, kind), window_bits, seed);
            ++seed;
        }
        check<longest_match>(random_model<24>(seed, kind), 10, seed);
        check<longest_match>(random_model<8>(seed, table_kind::even), 11, seed);
    }
}

TEST_CASE("window strings: of 16 bits", "[codebook]") {
    check<longest_match>(random_model<16>(4231, table_kind::geometric, 5), 16, 4231);
    check<self_ending>(random_model<14>(4232, table_kind::aligned, 5), 16, 4232, 5);
    check<longest_match>(random_model<24>(4233, table_kind::one_huge, 1), 16, 4233, 5);  // nearly certain for ever
}

TEST_CASE("window strings: of 18 bits", "[codebook]") {
    const random_model<16> model(4241, table_kind::geometric, 1);
    const string_list strings = window_strings(model, 18, 2);
    check_strings<longest_match>(model, 18, strings, 197);
}

TEST_CASE("window strings: of 20 bits", "[.slow]") {
    const string_list strings = window_strings<self_ending>(uniform_model(), 20, 2);
    check_strings<self_ending>(uniform_model(), 20, strings, 97);
    check_texts<self_ending>(uniform_model(), 20, strings, 4242);
}

TEST_CASE("window strings: a model in the midst of a text gives the same as a new one", "[codebook]") {
    const random_model<16> fresh(4251, table_kind::geometric);
    random_model<16> used = fresh;
    used.update('x');
    for (const unsigned window_bits : {9u, 12u}) {
        INFO(window_bits);
        REQUIRE(window_strings(used, window_bits) == window_strings(fresh, window_bits));
        REQUIRE(window_strings<self_ending>(used, window_bits, 2) == window_strings<self_ending>(fresh, window_bits));
    }
}

TEST_CASE("window strings: lanes, with branches and without, give what one text at a time gives", "[codebook]") {
    for (const table_kind kind : all_table_kinds) {
        INFO(name_of(kind));
        for (const unsigned window_bits : {9u, 11u}) {
            const string_list strings = window_strings(random_model<16>(4261, kind), window_bits);
            REQUIRE(window_strings(random_model_with_lanes<true>(4261, kind), window_bits) == strings);
            REQUIRE(window_strings(random_model_with_lanes<true>(4261, kind), window_bits, 2) == strings);
            REQUIRE(window_strings(random_model_with_lanes<false>(4261, kind), window_bits) == strings);
            const string_list ending = window_strings<self_ending>(random_model<16>(4261, kind), window_bits);
            REQUIRE(window_strings<self_ending>(random_model_with_lanes<true>(4261, kind), window_bits) == ending);
            REQUIRE(window_strings<self_ending>(random_model_with_lanes<false>(4261, kind), window_bits) == ending);
        }
    }
}
