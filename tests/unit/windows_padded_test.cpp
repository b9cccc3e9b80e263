// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/statistics.hpp>

#include <utility>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

struct counts {
    std::uint64_t windows = 0;
    std::uint64_t wrong = 0;
    std::uint64_t bytes = 0;
};

/// Decodes every window by itself and counts those that come out otherwise than they went in.
template <class Model>
counts wrong_windows(const Model& model, padded_params params, std::span<const std::uint8_t> text) {
    padded_window_encoder<Model> encoder(model, params);
    padded_window_decoder<Model> decoder(model, params);
    counts result;
    while (!text.empty()) {
        bit_writer sink;
        const std::size_t taken = encoder.encode_window(text, sink);
        REQUIRE(sink.bit_count() == params.window_bits);
        const auto bytes = sink.take();
        bit_reader source(bytes);
        std::vector<std::uint8_t> out;
        decoder.decode_window(source, out);
        REQUIRE(source.bit_count() == params.window_bits);
        const auto meant = text.first(taken);
        result.wrong += std::equal(out.begin(), out.end(), meant.begin(), meant.end()) ? 0u : 1u;
        result.windows += 1;
        result.bytes += taken;
        text = text.subspan(taken);
    }
    return result;
}

}  // namespace

TEST_CASE("padded windows: a uniform model fills whole bytes", "[windows]") {
    const std::vector<std::uint8_t> text = {0xf0, 0x0f, 0x12, 0x34, 0x56, 0x78, 0x9a};
    for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
        for (const unsigned window_bits : {16u, 24u, 64u, 128u}) {
            padded_window_encoder<uniform_model> encoder(uniform_model{}, {window_bits, fit, padded_end::greedy});
            bit_writer sink;
            const std::size_t taken = encoder.encode_window(text, sink);
            REQUIRE(taken == std::min<std::size_t>(text.size(), window_bits / 8));
            const auto bytes = sink.take();
            REQUIRE(bytes.size() == window_bits / 8);
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                REQUIRE(std::to_integer<unsigned>(bytes[i]) == (i < taken ? text[i] : 0u));
            }
        }
    }
}

TEST_CASE("padded windows: a point fits more text than an interval", "[windows]") {
    random_source random(50);
    const auto text = random_text(random, 6000, text_kind::text_like);
    const auto model = static_model<14>::from_text(text);
    for (const unsigned window_bits : {16u, 32u, 128u}) {
        const counts point = wrong_windows(model, {window_bits, padded_fit::point, padded_end::greedy}, text);
        const counts enclosed = wrong_windows(model, {window_bits, padded_fit::enclosed, padded_end::greedy}, text);
        REQUIRE(point.windows < enclosed.windows);
        REQUIRE(enclosed.windows < 2 * point.windows);
    }
}

TEST_CASE("padded windows: greedy ones are not uniquely decodable, delayed ones are", "[windows]") {
    random_source random(51);
    const auto text = random_text(random, 4000, text_kind::text_like);
    const auto model = static_model<14>::from_text(text);
    for (const unsigned window_bits : {16u, 24u, 64u}) {
        for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
            const counts greedy = wrong_windows(model, {window_bits, fit, padded_end::greedy}, text);
            const counts delay = wrong_windows(model, {window_bits, fit, padded_end::delay}, text);
            CHECK(greedy.wrong > 0);
            CHECK(delay.wrong == 0);
            CHECK(delay.windows > greedy.windows);
        }
    }
}

TEST_CASE("padded windows: by whole bytes they hold the same text, and their last bits are less often zero", "[windows]") {
    random_source random(53);
    const auto text = random_text(random, 20000, text_kind::text_like);
    const auto model = static_model<14>::from_text(text);
    for (const unsigned window_bits : {16u, 24u, 64u}) {
        INFO(window_bits << " bits");
        padded_window_encoder by_bits(model, {window_bits});
        padded_window_encoder by_bytes(model, {window_bits, padded_fit::point, padded_end::greedy, 8});
        std::size_t windows = 0, zero = 0, even_by_bits = 0, even_by_bytes = 0;
        for (std::span<const std::uint8_t> rest = text; !rest.empty();) {
            bit_writer sink, other;
            const std::size_t taken = by_bits.encode_window(rest, sink);
            REQUIRE(by_bytes.encode_window(rest, other) == taken);
            const unsigned last = std::to_integer<unsigned>(sink.take().back());
            const unsigned last_by_bytes = std::to_integer<unsigned>(other.take().back());
            REQUIRE((last == 0) == (last_by_bytes == 0));
            windows += 1;
            zero += last == 0 ? 1 : 0;
            even_by_bits += last != 0 && last % 2 == 0 ? 1 : 0;
            even_by_bytes += last_by_bytes != 0 && last_by_bytes % 2 == 0 ? 1 : 0;
            rest = rest.subspan(taken);
        }
        CHECK(zero < windows / 4);
        CHECK(even_by_bits > 7 * (windows - zero) / 10);  // the fewest bits that name a window seldom reach its end
        CHECK(even_by_bytes < 6 * (windows - zero) / 10);
    }
    // Delayed windows are uniquely decodable in any units, the whole window as one included.
    for (const auto& [window_bits, granule] : {std::pair{16u, 8u}, {24u, 12u}, {16u, 16u}, {128u, 64u}, {96u, 96u}, {128u, 128u}}) {
        INFO(window_bits << " bits, in units of " << granule);
        for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
            CHECK(wrong_windows(model, {window_bits, fit, padded_end::delay, granule}, std::span(text).first(3000)).wrong == 0);
        }
    }
    CHECK(padded_params{24, padded_fit::point, padded_end::greedy, 8}.is_valid());
    CHECK_FALSE(padded_params{20, padded_fit::point, padded_end::greedy, 8}.is_valid());
    CHECK_FALSE(padded_params{16, padded_fit::point, padded_end::greedy, 0}.is_valid());
}

TEST_CASE("padded windows: a first symbol that does not fit is lost, and nothing stops", "[windows]") {
    const random_model<24> model(9, table_kind::one_huge, 1);
    const std::vector<std::uint8_t> text = {1, 2, 3, 4, 5, 250, 251, 252};
    const counts result = wrong_windows(model, {16, padded_fit::enclosed, padded_end::greedy}, text);
    REQUIRE(result.bytes == text.size());
    REQUIRE(result.wrong > 0);
}

TEST_CASE("padded windows: random bits decode to at most the greatest length", "[windows]") {
    random_source random(52);
    for (const table_kind kind : all_table_kinds) {
        for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
            for (const unsigned window_bits : {9u, 16u, 64u, 65u, 128u}) {
                padded_window_decoder<random_model<16>> decoder(random_model<16>(random(), kind),
                                                               {window_bits, fit, padded_end::greedy});
                const auto bytes = random_bytes(random, 64);
                bit_reader source(bytes);
                std::vector<std::uint8_t> out;
                for (int window = 0; window < 4; ++window) {
                    out.clear();
                    decoder.decode_window(source, out);
                    REQUIRE(out.size() <= max_window_symbols(window_bits));
                }
            }
        }
    }
}
