// SPDX-License-Identifier: MIT
// Windows of models that foresee a known text and go back from it: the same bits as symbol by symbol.
#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>
#include <support/window_models.hpp>

#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_match.hpp>

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

/// A transformer without foresight.
class stepwise {
public:
    explicit stepwise(const m1_model& model) : m_model(model) {}
    const auto& predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) { m_model.update(symbol); }
    void reset() { m_model.reset(); }

private:
    m1_model m_model;
};

static_assert(foresees_text<foreseeing<adaptive_model>> && branches_text<foreseeing<adaptive_model>>);
static_assert(foresees_text<m1_model> && branches_text<m1_model>);
static_assert(!foresees_text<stepwise> && !branches_text<stepwise>);

template <class Ending, class Model>
std::vector<std::byte> encoded(const Model& model, unsigned window_bits, std::span<const std::uint8_t> text) {
    window_encoder<Model, Ending> encoder(model, window_bits);
    bit_writer sink;
    encode_windows(encoder, text, sink);
    return sink.take();
}

template <class Ahead, class Plain>
void compare(const Ahead& ahead, const Plain& plain, unsigned window_bits, std::span<const std::uint8_t> text) {
    INFO(window_bits << " bits, " << text.size() << " bytes");
    REQUIRE(encoded<longest_match>(ahead, window_bits, text) == encoded<longest_match>(plain, window_bits, text));
    REQUIRE(encoded<self_ending>(ahead, window_bits, text) == encoded<self_ending>(plain, window_bits, text));
}

}  // namespace

TEST_CASE("windows ahead: any model and text, to the end of the text", "[windows]") {
    random_source random(70);
    for (const table_kind kind : all_table_kinds) {
        const random_model<16> model(random(), kind);
        for (const text_kind of : {text_kind::uniform, text_kind::text_like}) {
            const auto text = random_text(random, 400 + random.below(100), of);
            for (const unsigned window_bits : {9u, 16u, 40u, 64u, 128u}) {
                compare(foreseeing(model), model, window_bits, text);
            }
        }
    }
    const auto text = random_text(random, 1000, text_kind::text_like);
    for (std::size_t size = 0; size < 40; ++size) {
        compare(foreseeing(adaptive_model{}), adaptive_model{}, 64, std::span(text).first(size));
    }
}

TEST_CASE("windows ahead: where the likeliest symbols run on and the text does not", "[windows]") {
    // A few symbols are nearly all there is, so that chains are long, and texts leave them at any place.
    random_source random(71);
    std::size_t branches = 0;
    for (int round = 0; round < 30; ++round) {
        const random_model<24> model(random(), round % 2 == 0 ? table_kind::one_huge : table_kind::geometric, 1 + random.below(3));
        random_model<24> chain = model;
        std::vector<std::uint8_t> text;
        for (int i = 0; i < 600; ++i) {
            std::size_t likeliest = 0;
            for (std::size_t symbol = 0; symbol < 256; ++symbol) {
                const auto& d = chain.predict();
                likeliest = d.range_of(static_cast<std::uint8_t>(symbol)).freq > d.range_of(static_cast<std::uint8_t>(likeliest)).freq ? symbol : likeliest;
            }
            text.push_back(random.chance(1, 12) ? static_cast<std::uint8_t>(random.below(256)) : static_cast<std::uint8_t>(likeliest));
            chain.update(text.back());
        }
        for (const unsigned window_bits : {9u, 16u, 64u}) {
            const foreseeing ahead(model);
            compare(ahead, model, window_bits, text);
            branches += ahead.branches();
        }
    }
    CHECK(branches > 100);
}

TEST_CASE("windows ahead: a transformer's windows, also longer than its ring", "[windows]") {
    random_source random(72);
    for (const std::size_t shape : {0u, 1u, 4u, 6u}) {
        const m1_model model = small_m1(shape, random);
        for (const unsigned window_bits : {9u, 16u, 64u, 128u}) {
            compare(model, stepwise(model), window_bits, random_text(random, 500, text_kind::text_like));
            compare(model, stepwise(model), window_bits, random_text(random, 200, text_kind::uniform));
        }
    }
    const m1_shape shape{.width = 32, .layers = 1, .heads = 1, .shared = 1, .head_width = 16, .hidden = 32, .context = 16, .tables = {}};
    m1_content certain = m1_content::zeros(shape);
    certain.bias['a'] = 1 << 20;
    const m1_model model(std::make_shared<const m1_data>(certain));
    std::vector<std::uint8_t> text(5000, 'a');
    for (const std::size_t place : {1000u, 1001u, 2300u, 4500u}) {
        text[place] = 'b';
    }
    compare(model, stepwise(model), 128, text);
    compare(model, stepwise(model), 20, text);
    CHECK(encoded<longest_match>(model, 128, std::span(text).first(900)).size() == 16);  // one window, of more symbols than the ring has
}

TEST_CASE("m1: a branch predicts as a reset and all symbols anew, beyond the ring too", "[windows]") {
    random_source random(73);
    for (const std::size_t shape : {0u, 1u, 2u, 6u}) {
        INFO("shape " << shape);
        const m1_model fresh = small_m1(shape, random);
        m1_model model = fresh;
        std::vector<std::uint8_t> text;
        const auto add = [&](std::size_t length) {
            const auto more = random_text(random, length, text_kind::text_like);
            model.foresee(more, [](const auto&, std::uint8_t) {});
            text.insert(text.end(), more.begin(), more.end());
        };
        for (int round = 0; round < 60; ++round) {
            add(random.chance(1, 10) ? 400 : random.below(20));
            const std::size_t back = random.chance(1, 3) ? 0 : random.below(random.chance(1, 2) ? 130 : text.size() + 1);
            const std::size_t kept = text.size() - std::min(back, text.size());
            const auto symbol = static_cast<std::uint8_t>(random.below(256));
            model.branch(std::span(text).first(kept), symbol);
            text.resize(kept);
            text.push_back(symbol);
            m1_model anew = fresh;
            for (const std::uint8_t before : text) {
                anew.update(before);
            }
            const auto found = model.predict().cumulative();
            REQUIRE(std::equal(found.begin(), found.end(), anew.predict().cumulative().begin()));
        }
    }
}
