// SPDX-License-Identifier: MIT
// M2's training as bytes: it goes on as if it had never stopped, and what is damaged is refused.
#include <support/catch.hpp>

#include <support/random.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m2/checkpoint.hpp>
#include <equinfo/m2/trainer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

model_shape small_shape() {
    model_shape shape{m1_shape(), 40, 6, 30};
    shape.layers.width = 32;
    shape.layers.layers = 2;
    shape.layers.heads = 2;
    shape.layers.head_width = 16;
    shape.layers.shared = 2;
    shape.layers.hidden = 32;
    shape.layers.context = 16;
    return shape;
}

std::vector<sequence> some_texts() {
    test::random_source random(9950);
    std::vector<sequence> texts(9);
    for (sequence& text : texts) {
        text.ids.push_back(39);
        text.given = 1;
        for (std::uint64_t i = 0; i < 20; ++i) {
            text.ids.push_back(6 + static_cast<std::uint32_t>(random.below(i + 1)));
        }
    }
    return texts;
}

training_options small_options() {
    training_options options;
    options.batch = 50;
    options.sampled = 4;
    return options;
}

std::optional<errc> code_of(std::span<const std::byte> bytes) {
    try {
        static_cast<void>(read_checkpoint(bytes));
    } catch (const error& fault) {
        return fault.code();
    }
    return std::nullopt;
}

/// With a right checksum.
std::vector<std::byte> summed(std::vector<std::byte> bytes) {
    store_little(bytes.data() + bytes.size() - 4, crc32(std::span(bytes).first(bytes.size() - 4)));
    return bytes;
}

// Places of numbers of 8 bytes.
constexpr std::size_t width_at = 8, layers_at = 16, columns_at = 64, tables_at = 80, symbols_at = 88,
                      first_output_at = 96, outputs_at = 104, step_at = 112, embedding_at = 144;

}  // namespace

TEST_CASE("m2: a training that went on from a checkpoint is the one that never stopped", "[m2]") {
    const std::vector<sequence> texts = some_texts();
    trainer whole(small_shape(), texts, small_options());
    std::vector<double> first, second;
    for (int i = 0; i < 40; ++i) {
        first.push_back(whole.step(i / 100.0));
    }
    const std::vector<std::byte> checkpoint = write_checkpoint(whole.state());
    for (int i = 40; i < 100; ++i) {
        second.push_back(whole.step(i / 100.0));
    }
    CHECK(second.back() < first.front());

    trainer resumed(read_checkpoint(checkpoint), texts, small_options());
    const bool is_read_whole =
        write_checkpoint(resumed.state()) == checkpoint;  // so large that Catch must not print it
    CHECK(is_read_whole);
    CHECK((resumed.state().model.shape == small_shape()));
    CHECK(resumed.state().step == 40);
    CHECK(resumed.state().tokens == 40 * 60);
    CHECK(resumed.state().sequences == 40 * 3);
    std::vector<double> again;
    for (int i = 40; i < 100; ++i) {
        again.push_back(resumed.step(i / 100.0));
    }
    CHECK(again == second);
    const bool ends_the_same = write_checkpoint(resumed.state()) == write_checkpoint(whole.state());
    CHECK(ends_the_same);
    CHECK(resumed.measure(texts).bits == whole.measure(texts).bits);
}

TEST_CASE("m2: a checkpoint begins with its magic and its shape, and every tensor comes back", "[m2]") {
    const std::vector<sequence> texts = some_texts();
    trainer training(small_shape(), texts, small_options());
    for (int i = 0; i < 3; ++i) {
        training.step(0);
    }
    const training_state& state = training.state();
    const std::vector<std::byte> bytes = write_checkpoint(state);
    const auto number_at = [&](std::size_t place) { return load_little<std::uint64_t>(bytes.data() + place); };
    CHECK(number_at(0) == checkpoint_magic);
    CHECK(number_at(width_at) == 32);
    CHECK(number_at(symbols_at) == 40);
    CHECK(number_at(first_output_at) == 6);
    CHECK(number_at(outputs_at) == 30);
    CHECK(number_at(step_at) == 3);
    CHECK(number_at(embedding_at) == 41 * 32);
    const training_state read = read_checkpoint(bytes);
    CHECK((read.model.shape == state.model.shape));
    CHECK(read.model.embedding == state.model.embedding);
    CHECK(read.model.bias == state.model.bias);
    for (const auto& [a, b] : {std::pair{&read.model.layers, &state.model.layers},
                               {&read.mean, &state.mean},
                               {&read.square, &state.square}}) {
        REQUIRE(a->size() == 2);
        for (std::size_t l = 0; l < 2; ++l) {
            CHECK((*a)[l].qkv == (*b)[l].qkv);
            CHECK((*a)[l].temperature == (*b)[l].temperature);
            CHECK((*a)[l].relative == (*b)[l].relative);
            CHECK((*a)[l].out == (*b)[l].out);
            CHECK((*a)[l].up == (*b)[l].up);
            CHECK((*a)[l].down == (*b)[l].down);
        }
    }
    CHECK(read.rows.squares == state.rows.squares);
    CHECK(read.rows.counts == state.rows.counts);
    CHECK(read.biases.squares == state.biases.squares);
    CHECK(read.biases.counts == state.biases.counts);
    CHECK(read.step == state.step);
    CHECK(read.tokens == state.tokens);
    CHECK(read.sequences == state.sequences);
    CHECK(read.random == state.random);
}

TEST_CASE("m2: a checkpoint that is cut, changed or no checkpoint is refused", "[m2]") {
    const std::vector<sequence> texts = some_texts();
    const std::vector<std::byte> good = write_checkpoint(trainer(small_shape(), texts, small_options()).state());
    CHECK(!code_of(good));
    test::random_source random(9960);
    for (int i = 0; i < 30; ++i) {
        std::vector<std::byte> bad = good;
        bad[8 + random.below(bad.size() - 8)] ^= std::byte{1} << random.below(8);
        CHECK(code_of(bad) == errc::bad_checksum);
        bad = good;
        bad.resize(12 + random.below(bad.size() - 12));
        CHECK(code_of(bad) == errc::bad_checksum);
        if (bad.size() > step_at + 4) {
            CHECK(code_of(summed(bad)) == errc::truncated);
        }
        bad = good;
        bad.resize(bad.size() + 1 + random.below(100));
        CHECK(code_of(bad) == errc::bad_checksum);
        CHECK(code_of(summed(bad)) == errc::corrupt);
    }
    for (std::size_t size = 0; size < 12; ++size) {
        CHECK(code_of(std::span(good).first(size)) == errc::bad_magic);
    }
    for (std::size_t place = 0; place < 8; ++place) {
        std::vector<std::byte> bad = good;
        bad[place] ^= std::byte{16};
        CHECK(code_of(summed(bad)) == errc::bad_magic);
    }
    // The other trainer's are no checkpoints of this one.
    std::vector<std::byte> of_bytes = good;
    store_little(of_bytes.data(), train::checkpoint_magic);
    CHECK(code_of(summed(of_bytes)) == errc::bad_magic);
}

TEST_CASE("m2: a checkpoint whose sizes are wrong is refused before anything is made by them", "[m2]") {
    const std::vector<sequence> texts = some_texts();
    const std::vector<std::byte> good = write_checkpoint(trainer(small_shape(), texts, small_options()).state());
    const auto with = [&](std::size_t place, std::uint64_t value) {
        std::vector<std::byte> bad = good;
        store_little(bad.data() + place, value);
        return code_of(summed(bad));
    };
    CHECK(with(step_at, 77) == std::nullopt);
    for (const std::uint64_t huge :
         {std::uint64_t{1} << 21, std::uint64_t{1} << 34, ~std::uint64_t{0} / 4, ~std::uint64_t{0}}) {
        INFO(huge);
        for (const std::size_t place : {width_at, layers_at, columns_at, tables_at}) {
            CHECK(with(place, huge) == errc::bad_parameter);
        }
        CHECK(with(embedding_at, huge) == errc::truncated);
        CHECK(with(embedding_at + 8 + 4 * 41 * 32, huge) == errc::truncated);  // of the biases
    }
    for (const std::size_t place : {width_at, layers_at, symbols_at, outputs_at}) {
        CHECK(with(place, 0) == errc::bad_parameter);
    }
    CHECK(with(symbols_at, (1u << 20) + 1) == errc::bad_parameter);
    for (const auto& [place, value] : {std::pair{symbols_at, 40u}, {first_output_at, 6u}, {outputs_at, 30u}}) {
        CHECK(with(place, value) == std::nullopt);
        CHECK(with(place, value + (std::uint64_t{1} << 32)) == errc::bad_parameter);  // they have 32 bits
    }
    CHECK(with(first_output_at, 11) == errc::bad_parameter);
    CHECK(with(outputs_at, 35) == errc::bad_parameter);
    CHECK(with(tables_at, 1) == errc::bad_parameter);
    // Possible shapes, but not of these numbers.
    CHECK(with(width_at, 64) == errc::corrupt);
    CHECK(with(layers_at, 3).has_value());
    CHECK(with(layers_at, 1).has_value());
    CHECK(with(symbols_at, 1u << 20) == errc::corrupt);
    CHECK(with(symbols_at, 39) == errc::corrupt);
    CHECK(with(outputs_at, 29) == errc::corrupt);
    CHECK(with(embedding_at, 41 * 32 - 1).has_value());
    CHECK(with(embedding_at, 0).has_value());
    // All in place, but a number too few: in each list in turn.
    const training_state state = read_checkpoint(good);
    const auto shortened = [&](auto change) {
        training_state bad = state;
        change(bad);
        return code_of(write_checkpoint(bad));
    };
    CHECK(shortened([](training_state& s) { s.model.embedding.pop_back(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.model.bias.pop_back(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.model.layers[1].down.pop_back(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.mean[0].relative.push_back(0); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.square[1].qkv.clear(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.rows.squares.pop_back(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.rows.counts.pop_back(); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.biases.squares.push_back(0); }) == errc::corrupt);
    CHECK(shortened([](training_state& s) { s.biases.counts.clear(); }) == errc::corrupt);
}
