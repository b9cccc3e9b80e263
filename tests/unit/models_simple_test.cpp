// SPDX-License-Identifier: MIT
// frequency_table, quantise, and the models that need no training: uniform, static, adaptive, mixed.
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/interleaved.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/mixed_model.hpp>
#include <equinfo/models/quantise.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>

#include <support/catch.hpp>
#include <support/random.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;

/// Every slice begins where the one before ends, none is empty, all of them fill [0, 2^precision), and the ends and
/// the middle of each are found again.
template <distribution D>
void require_tiling(const D& d) {
    std::uint64_t low = 0;
    for (unsigned s = 0; s < 256; ++s) {
        const auto symbol = static_cast<std::uint8_t>(s);
        const frequency_range range = d.range_of(symbol);
        REQUIRE(range.low == low);
        REQUIRE(range.freq >= 1);
        for (const frequency point : {range.low, range.low + range.freq / 2, range.low + range.freq - 1}) {
            REQUIRE(d.locate(point) == located_symbol<std::uint8_t>{symbol, range});
            if constexpr (requires { d.locate_in_turn(point); }) {
                REQUIRE(d.locate_in_turn(point) == located_symbol<std::uint8_t>{symbol, range});
            }
        }
        low += range.freq;
    }
    REQUIRE(low == std::uint64_t{1} << D::precision);
    std::array<frequency, 256> listed{};
    list_frequencies(d, listed);
    for (unsigned s = 0; s < 256; ++s) {
        REQUIRE(listed[s] == d.range_of(static_cast<std::uint8_t>(s)).freq);
    }
}

template <byte_model Model>
void require_tiling_along(Model model, std::span<const std::uint8_t> text) {
    require_tiling(model.predict());
    for (const std::uint8_t symbol : text) {
        model.update(symbol);
        require_tiling(model.predict());
    }
}

/// Codes and decodes; the length must be within a byte of the information content.
template <byte_model Model>
std::size_t require_round_trip(Model model, std::span<const std::uint8_t> text) {
    model.reset();
    double information = 0;
    for (const std::uint8_t symbol : text) {
        const auto range = model.predict().range_of(symbol);
        information += distribution_t<Model>::precision - std::log2(static_cast<double>(range.freq));
        model.update(symbol);
    }
    model.reset();
    range_encoder encoder;
    encode_sequence(model, text, encoder);
    encoder.finish();
    REQUIRE(static_cast<double>(encoder.bytes().size()) <= information / 8 + 1.01);
    model.reset();
    std::vector<std::uint8_t> decoded(text.size());
    range_decoder decoder(encoder.bytes());
    decode_sequence(model, std::span(decoded), decoder);
    REQUIRE(std::equal(text.begin(), text.end(), decoded.begin()));
    REQUIRE(decoder.bytes_used() == encoder.bytes().size());
    return encoder.bytes().size();
}

template <unsigned Precision, class W>
std::array<frequency, 256> frequencies_for(const std::array<W, 256>& weights) {
    const auto table = quantise<Precision>(std::span<const W, 256>(weights));
    require_tiling(table);
    std::array<frequency, 256> out{};
    table.frequencies(out);
    return out;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("frequency_table: finds what it was made of", "[models]", ((unsigned Precision), Precision), 8, 9,
                       12, 16, 23, 24) {
    test::random_source random(Precision);
    for (const test::table_kind kind : test::all_table_kinds) {
        const auto drawn = test::random_frequencies(random, Precision, 256, kind);
        std::array<frequency, 256> frequencies{};
        std::copy(drawn.begin(), drawn.end(), frequencies.begin());
        const auto table = frequency_table<Precision>::from_frequencies(frequencies);
        require_tiling(table);
        std::array<frequency, 256> back{};
        table.frequencies(back);
        REQUIRE(back == frequencies);
        std::array<frequency, 256> lows{};
        std::copy_n(table.cumulative().begin(), 256, lows.begin());
        REQUIRE(frequency_table<Precision>::from_lows(lows) == table);
    }
    require_tiling(frequency_table<Precision>{});
}

TEST_CASE("quantise: integers within two counts of their share", "[models]") {
    test::random_source random(5);
    for (int round = 0; round < 50; ++round) {
        std::array<std::uint64_t, 256> weights{};
        const unsigned width = 1 + static_cast<unsigned>(random.below(60));
        long double sum = 0;
        for (auto& weight : weights) {
            weight = random.bits(width);
            sum += static_cast<long double>(weight);
        }
        if (sum == 0) {
            continue;
        }
        const auto out = frequencies_for<20>(weights);
        for (std::size_t s = 0; s < 256; ++s) {
            const long double share =
                1 + static_cast<long double>(weights[s]) / sum * static_cast<long double>((1 << 20) - 256);
            REQUIRE(std::abs(static_cast<long double>(out[s]) - share) <= 2);
        }
    }
}

TEST_CASE("quantise: the greatest error is between two and three counts", "[models]") {
    // One weight on whose account 255 others lose nearly all of what scaling to 32 bits can take.
    std::array<double, 256> weights{};
    weights.fill(2 - 0x1p-40);
    weights[255] = 0x1p31;
    const double share = 1 + 0x1p31 / (0x1p31 + 255 * weights[0]) * ((1 << 24) - 256);
    const double error = frequencies_for<24>(weights)[255] - share;
    CHECK(error > 2);
    CHECK(error < 3);
}

TEST_CASE("quantise: only ratios matter, and float, double and integers agree", "[models]") {
    test::random_source random(6);
    std::array<std::uint32_t, 256> integers{};
    std::array<float, 256> floats{};
    std::array<double, 256> small{};
    for (std::size_t s = 0; s < 256; ++s) {
        integers[s] = static_cast<std::uint32_t>(random.bits(20));
        floats[s] = static_cast<float>(integers[s]) * 1024.0F;
        small[s] = std::ldexp(static_cast<double>(integers[s]), -1000);
    }
    const auto expected = frequencies_for<24>(integers);
    CHECK(frequencies_for<24>(floats) == expected);
    CHECK(frequencies_for<24>(small) == expected);
}

TEST_CASE("quantise: zeros, negatives, NaN, infinities and denormals", "[models]") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    std::array<float, 256> weights{};
    std::array<frequency, 256> alike{};
    alike.fill(256);
    CHECK(frequencies_for<16>(weights) == alike);  // nothing is known
    weights.fill(nan);
    CHECK(frequencies_for<16>(weights) == alike);
    weights.fill(-1.0F);
    CHECK(frequencies_for<16>(weights) == alike);
    weights.fill(-infinity);
    CHECK(frequencies_for<16>(weights) == alike);
    weights.fill(infinity);
    CHECK(frequencies_for<16>(weights) == alike);

    weights.fill(1.0F);
    weights['a'] = infinity;
    weights['b'] = infinity;
    auto out = frequencies_for<16>(weights);
    CHECK(out['c'] == 1);
    CHECK(out['a'] == 1 + (65536 - 256) / 2);
    CHECK(out['b'] == out['a']);

    weights.fill(-0.0F);
    weights['a'] = std::numeric_limits<float>::denorm_min();
    out = frequencies_for<16>(weights);
    CHECK(out['a'] == 65536 - 255);

    weights['b'] = std::numeric_limits<float>::max();  // the other is now too small to count
    out = frequencies_for<16>(weights);
    CHECK(out['a'] == 1);
    CHECK(out['b'] >= 65536 - 255 - 2);

    std::array<double, 256> doubles{};
    doubles['x'] = 0.75;
    doubles['y'] = 0.25;
    const auto exact = frequencies_for<8 + 2>(doubles);
    CHECK(exact['x'] == 1 + 576);
    CHECK(exact['y'] == 1 + 192);
}

TEST_CASE("quantise: spans and arrays of either kind are the same weights", "[models]") {
    std::array<float, 256> weights{};
    float plain[256] = {};
    for (std::size_t s = 0; s < 256; ++s) {
        weights[s] = plain[s] = static_cast<float>(s * s + 1);
    }
    const auto expected = quantise<16>(std::span<const float, 256>(weights));
    CHECK(quantise<16>(weights) == expected);
    CHECK(quantise<16>(plain) == expected);
}

TEST_CASE("quantise: at the least precision every symbol has one count", "[models]") {
    std::array<std::uint32_t, 256> weights{};
    weights[3] = 4000000000u;
    std::array<frequency, 256> ones{};
    ones.fill(1);
    CHECK(frequencies_for<8>(weights) == ones);
}

TEST_CASE("uniform_model: a byte takes eight bits", "[models]") {
    require_tiling(uniform_model{}.predict());
    test::random_source random(7);
    for (const std::size_t length : {0u, 1u, 2u, 1000u}) {
        const auto text = test::random_text(random, length, test::text_kind::uniform);
        const std::size_t size = require_round_trip(uniform_model{}, text);
        CHECK(size <= length);  // a final zero byte need not be written
        CHECK(size + 1 >= length);
    }
}

TEST_CASE("static_model: from counts, and bytes that it never saw", "[models]") {
    const auto model = static_model<>::from_text(text_of("abracadabra"));
    require_tiling(model.predict());
    const auto range = model.predict().range_of('a');
    CHECK(std::abs(static_cast<double>(range.freq) - (1 + 65280 * 5.0 / 11)) <= 2);
    CHECK(model.predict().range_of('z').freq == 1);
    CHECK(require_round_trip(model, text_of("abracadabra")) == 3);
    require_round_trip(model, text_of("an unseen text"));
    CHECK(model.fingerprint() != static_model<>::from_text(text_of("abracadabrb")).fingerprint());
    CHECK(model.fingerprint() != static_model<20>::from_text(text_of("abracadabra")).fingerprint());
}

TEST_CASE("adaptive_model: tiles at every step and learns", "[models]") {
    test::random_source random(8);
    require_tiling_along(adaptive_model{}, test::random_text(random, 300));
    const std::vector<std::uint8_t> same(100000, 'x');
    CHECK(require_round_trip(adaptive_model{}, same) < 1300);
    for (const test::text_kind kind : test::all_text_kinds) {
        require_round_trip(adaptive_model{}, test::random_text(random, 20000, kind));
    }
}

TEST_CASE("adaptive_model: counts halve and stay exact, and reset forgets", "[models]") {
    test::random_source random(9);
    const auto text = test::random_text(random, 9000, test::text_kind::skewed);  // halves about every 2,000 symbols
    adaptive_model model;
    std::array<std::uint32_t, 256> counts{};
    counts.fill(1);
    for (const std::uint8_t symbol : text) {
        counts[symbol] += 32;
        std::uint64_t total = 0;
        for (const auto count : counts) {
            total += count;
        }
        if (total > 65536) {
            for (auto& count : counts) {
                count = (count + 1) / 2;
            }
        }
        model.update(symbol);
    }
    std::uint64_t total = 0;
    for (const auto count : counts) {
        total += count;
    }
    std::uint64_t below = 0;
    for (unsigned s = 0; s < 256; ++s) {
        const auto low = static_cast<frequency>((below << 20) / total);
        below += counts[s];
        const auto high = static_cast<frequency>((below << 20) / total);
        REQUIRE(model.predict().range_of(static_cast<std::uint8_t>(s)) == frequency_range{low, high - low});
    }
    require_tiling(model.predict());
    model.reset();
    adaptive_model fresh;
    for (unsigned s = 0; s < 256; ++s) {
        const auto symbol = static_cast<std::uint8_t>(s);
        REQUIRE(model.predict().range_of(symbol) == fresh.predict().range_of(symbol));
    }
}

TEST_CASE("mixed_model: tiles, and is about as good as the best of its models", "[models]") {
    using mixture = mixed_model<uniform_model, adaptive_model, static_model<12>>;
    static_assert(identified_model<mixture>);
    test::random_source random(10);
    const auto typical = test::random_text(random, 5000, test::text_kind::text_like);
    const mixture model(uniform_model{}, adaptive_model{}, static_model<12>::from_text(typical));
    require_tiling_along(model, std::span(typical).first(40));
    for (const test::text_kind kind : test::all_text_kinds) {
        const auto text = test::random_text(random, 20000, kind);
        const std::size_t mixed = require_round_trip(model, text);
        const std::size_t best =
            std::min({require_round_trip(uniform_model{}, text), require_round_trip(adaptive_model{}, text),
                      require_round_trip(static_model<12>::from_text(typical), text)});
        CHECK(static_cast<double>(mixed) <= static_cast<double>(best) * 1.01 + 40);
    }
}

TEST_CASE("mixed_model: the mean of cumulative frequencies, rounded down", "[models]") {
    mixed_model<uniform_model, static_model<10>> model(uniform_model{}, static_model<10>::from_text(text_of("aab")));
    const auto second = static_model<10>::from_text(text_of("aab"));
    for (unsigned s = 0; s < 256; ++s) {
        const auto symbol = static_cast<std::uint8_t>(s);
        const frequency expected = (4 * s * 32768 + second.predict().range_of(symbol).low * 32768) >> 16;
        REQUIRE(model.predict().range_of(symbol).low == expected);
    }
}

TEST_CASE("decode_lanes: texts of different lengths, together as alone", "[models]") {
    test::random_source random(11);
    constexpr std::size_t count = 5;
    const std::array<std::size_t, count> lengths = {1000, 0, 1, 999, 1500};
    std::vector<std::vector<std::uint8_t>> texts;
    std::vector<range_encoder> encoders(count);
    std::vector<std::vector<std::uint8_t>> decoded;
    std::vector<range_decoder> decoders;
    for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(test::random_text(random, lengths[i], test::text_kind::skewed));
        adaptive_model model;
        encode_sequence(model, std::span<const std::uint8_t>(texts[i]), encoders[i]);
        encoders[i].finish();
        decoders.emplace_back(encoders[i].bytes());
        decoded.emplace_back(lengths[i]);
    }
    std::vector<lane_text<std::uint8_t, range_decoder>> lanes;
    for (std::size_t i = 0; i < count; ++i) {
        lanes.push_back({decoded[i], &decoders[i]});
    }
    independent_lanes<adaptive_model> model(adaptive_model{}, count);
    static_assert(batched_model<independent_lanes<adaptive_model>>);
    decode_lanes(model, std::span<const lane_text<std::uint8_t, range_decoder>>(lanes));
    CHECK(decoded == texts);
}

TEST_CASE("independent_lanes: a copy predicts from its own models", "[models]") {
    const std::size_t lane[1]{0};
    independent_lanes<adaptive_model> model(adaptive_model{}, 1);
    model.predict(lane);
    const independent_lanes<adaptive_model> copy = model;
    independent_lanes<adaptive_model> assigned(adaptive_model{}, 1);
    assigned = model;
    const frequency_range before = adaptive_model{}.predict().range_of('a');
    for (int i = 0; i < 100; ++i) {
        model.update(0, 'a');
    }
    CHECK(copy.distribution_of(0).range_of('a') == before);
    CHECK(assigned.distribution_of(0).range_of('a') == before);
}

TEST_CASE("interleaved coders: lanes decode what they coded, at a byte a lane at most", "[coding]") {
    test::random_source random(12);
    for (const std::size_t length : {0u, 1u, 3u, 4u, 5u, 10000u}) {
        const auto text = test::random_text(random, length, test::text_kind::skewed);
        auto model = static_model<>::from_text(text);
        interleaved_encoder<4> encoder;
        encode_sequence(model, std::span<const std::uint8_t>(text), encoder);
        encoder.finish();
        const std::size_t together = require_round_trip(model, text);
        CHECK(encoder.bit_count() / 8 <= together + 4);
        interleaved_decoder<4> decoder({encoder.bytes(0), encoder.bytes(1), encoder.bytes(2), encoder.bytes(3)});
        std::vector<std::uint8_t> decoded(length);
        decode_sequence(model, std::span(decoded), decoder);
        REQUIRE(decoded == text);
    }
}

TEST_CASE("fingerprints of the simple models: pinned, since archives hold them", "[models]") {
    CHECK(uniform_model{}.fingerprint() == 0x82729cbf8f9b7496u);
    CHECK(adaptive_model{}.fingerprint() == 0xa8df193c903a0264u);
    CHECK(static_model<16>(frequency_table<16>{}).fingerprint() == 0x3385155f12020d7cu);
    CHECK(mixed_model<uniform_model, adaptive_model>{}.fingerprint() == 0xe95754af9d28c397u);
}
