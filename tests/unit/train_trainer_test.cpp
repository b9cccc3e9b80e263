// SPDX-License-Identifier: MIT
// Training as a whole: it learns, its integers are worth its floats, and seeds, threads and pauses change nothing else.
#include <support/catch.hpp>

#include <support/random.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/train/checkpoint.hpp>
#include <equinfo/train/export.hpp>
#include <equinfo/train/import.hpp>
#include <equinfo/train/optimiser.hpp>
#include <equinfo/train/presets.hpp>
#include <equinfo/train/sampler.hpp>
#include <equinfo/train/schedule.hpp>
#include <equinfo/train/trainer.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::train;

m1_shape small_shape() {
    m1_shape shape = tiny_preset();
    shape.head_width = 16;
    shape.tables[0].row_bits = 10;
    shape.tables[2].row_bits = 10;
    return shape;
}

/// Short enough to be learnt by heart.
std::vector<std::uint8_t> small_text() {
    test::random_source random(7000);
    return test::random_text(random, 3000, test::text_kind::text_like);
}

training_options small_options() {
    training_options options;
    options.batch = 1024;
    return options;
}

std::vector<double> bits_of_steps(trainer& training, const sampler& texts, int first, int last, int steps) {
    std::vector<double> bits;
    for (int i = first; i < last; ++i) {
        bits.push_back(training.step(texts, static_cast<double>(i) / steps));
    }
    return bits;
}

}  // namespace

TEST_CASE("train: a small text is learnt by heart, and the integer model knows it as well", "[train]") {
    const std::vector<std::uint8_t> text = small_text();
    const m1_feed feed = GENERATE(m1_feed::squared, m1_feed::gated, m1_feed::swiglu);
    const m1_shape shape = with_feed(small_shape(), feed);
    const sampler texts({text}, trainer::length_for(shape));
    trainer training(shape, small_options());
    const int steps = 400;
    const double begin = bits_of_steps(training, texts, 0, steps, steps).front();
    CHECK(begin > 7.5);
    const measured end = training.measure(training.model(), texts, 16);
    INFO("bits a byte: " << end.all << ", at the start " << end.first8 << ", " << end.next24 << ", full " << end.full);
    CHECK(end.all < 1.0);

    REQUIRE(!has_run_away(training.model()));
    const m1_content content = content_of(training.model());
    CHECK(equinfo::detail::fault_of_numbers(content) == nullptr);
    m1_model integers(std::make_shared<const m1_data>(content));
    dense_tensors rounded = dense_tensors::zeros(shape);
    training.model().round_matrices(rounding::on, rounded);
    transformer net(shape);
    piece_rows rows;
    std::vector<float> bits(text.size());
    net.forward(training.model(), rounded, piece{{text.size()}, text}, rounding::on, rows, bits);
    double of_integers = 0;
    integers.foresee(text, [&](const auto& prediction, std::uint8_t symbol) {
        of_integers += 22 - std::log2(static_cast<double>(prediction.range_of(symbol).freq));
    });
    const auto count = static_cast<double>(text.size());
    const double of_floats = static_cast<double>(sum(bits)) / count;
    INFO("floats " << of_floats << ", integers " << of_integers / count);
    CHECK(std::abs(of_integers / count - of_floats) < 0.02);
    CHECK(of_integers / count < 1.05);
}

TEST_CASE("train: the same seed gives the same model in any number of threads, another seed another", "[train]") {
    const std::vector<std::uint8_t> text = small_text();
    const sampler texts({text}, trainer::length_for(small_shape()));
    std::vector<m1_content> made;
    std::vector<std::vector<double>> bits;
    for (const auto& [seed, threads] : {std::pair{1u, 1u}, {1u, 2u}, {1u, 5u}, {2u, 1u}}) {
        training_options options = small_options();
        options.seed = seed;
        options.threads = threads;
        trainer training(small_shape(), options);
        bits.push_back(bits_of_steps(training, texts, 0, 30, 30));
        made.push_back(content_of(training.model()));
    }
    CHECK(bits[0] == bits[1]);
    CHECK(bits[0] == bits[2]);
    CHECK(made[0] == made[1]);
    CHECK(made[0] == made[2]);
    CHECK(made[0].fingerprint() != made[3].fingerprint());
}

TEST_CASE("train: what a thread throws arrives, and a checkpoint of another rule is refused", "[train]") {
    for (const unsigned threads : {1u, 3u}) {
        std::atomic<int> done = 0;
        CHECK_THROWS_AS(in_threads(threads, 1000,
                                   [&](std::size_t i) {
                                       if (i == 5) {
                                           throw std::bad_alloc();
                                       }
                                       ++done;
                                   }),
                        std::bad_alloc);
        CHECK(done < 1000);
    }
    training_options options = small_options();
    options.rule = row_rule::adagrad;
    const training_state state = trainer(small_shape(), options).state();
    CHECK_NOTHROW(trainer(state, options));
    CHECK_THROWS_AS(trainer(state, small_options()), error);
}

TEST_CASE("train: the average of the last steps is better than the model while rates are high", "[train]") {
    const std::vector<std::uint8_t> text = small_text();
    const sampler texts({text}, trainer::length_for(small_shape()));
    trainer training(small_shape(), small_options());
    CHECK(content_of(training.average()).fingerprint() == content_of(training.model()).fingerprint());
    std::vector<parameters> models;
    for (int i = 0; i < 160; ++i) {
        training.step(texts, 0);
        if (i % 8 == 7) {
            models.push_back(training.model());
        }
    }
    // The same by the definition: the newest counts min(1, 80 / step).
    std::vector<double> average(models[0].dense.symbols.size());
    for (std::size_t n = 0; n < models.size(); ++n) {
        const double share = std::min(1.0, 10.0 / static_cast<double>(n + 1));
        for (std::size_t i = 0; i < average.size(); ++i) {
            average[i] += share * (static_cast<double>(models[n].dense.symbols[i]) - average[i]);
        }
    }
    for (std::size_t i = 0; i < average.size(); ++i) {
        REQUIRE(std::abs(static_cast<double>(training.average().dense.symbols[i]) - average[i]) < 1e-5);
    }
    const double of_model = training.measure(training.model(), texts, 32).all;
    const double of_average = training.measure(training.average(), texts, 32).all;
    INFO("model " << of_model << ", average " << of_average);
    CHECK(of_average < of_model);
    CHECK(content_of(training.average()).fingerprint() != content_of(training.model()).fingerprint());
}

TEST_CASE("train: a training that went on from a checkpoint is the one that never stopped", "[train]") {
    const std::vector<std::uint8_t> text = small_text();
    const sampler texts({text}, trainer::length_for(small_shape()));
    for (const auto& [feed, rule] : {std::pair{m1_feed::squared, row_rule::adagrad}, {m1_feed::gated, row_rule::adam},
                                     {m1_feed::swiglu, row_rule::adagrad}}) {
        training_options options = small_options();
        options.rule = rule;
        trainer whole(with_feed(small_shape(), feed), options);
        const std::vector<double> first = bits_of_steps(whole, texts, 0, 15, 40);
        const std::vector<std::byte> checkpoint = write_checkpoint(whole.state());
        const std::vector<double> second = bits_of_steps(whole, texts, 15, 40, 40);

        trainer resumed(read_checkpoint(checkpoint), options);
        const bool is_read_whole = write_checkpoint(resumed.state()) == checkpoint;  // so large that Catch must not print it
        CHECK(is_read_whole);
        CHECK(bits_of_steps(resumed, texts, 15, 40, 40) == second);
        const bool ends_the_same = write_checkpoint(resumed.state()) == write_checkpoint(whole.state());
        CHECK(ends_the_same);
        CHECK(second.back() < first.front());
    }
}

TEST_CASE("train: contexts by layer are learnt with, and stand in a checkpoint", "[train]") {
    m1_shape shape = small_shape();
    shape.layers = 2;
    shape = with_contexts(shape, {16, 80});
    CHECK(shape.context == 80);
    REQUIRE(fault_of(shape) == nullptr);
    const std::vector<std::uint8_t> text = small_text();
    const sampler texts({text}, trainer::length_for(shape));
    trainer whole(shape, small_options());
    const std::vector<double> first = bits_of_steps(whole, texts, 0, 12, 24);
    const std::vector<std::byte> checkpoint = write_checkpoint(whole.state());
    trainer resumed(read_checkpoint(checkpoint), small_options());
    CHECK((resumed.model().shape == shape));
    const std::vector<double> second = bits_of_steps(whole, texts, 12, 24, 24);
    CHECK(bits_of_steps(resumed, texts, 12, 24, 24) == second);
    CHECK(second.back() < first.front());
    const m1_content content = content_of(whole.model());
    CHECK(content.layers[0].relative.size() == 16 * shape.heads);
    CHECK((content_of(parameters_of(content)) == content));

    for (const unsigned context : {17u, 96u, 80u}) {  // of the first layer: no multiple of 16, the longest, all the same
        std::vector<std::byte> bad = checkpoint;
        bad[80] = static_cast<std::byte>(context);  // behind the magic number and nine others
        store_little(bad.data() + bad.size() - 4, crc32(std::span(bad).first(bad.size() - 4)));
        CHECK_THROWS_AS(read_checkpoint(bad), error);
    }

    CHECK(with_contexts(shape, {64, 64}).contexts.empty());
    CHECK(with_contexts(shape, {64, 64}).context == 64);
    CHECK((with_contexts(shape, {}) == shape));
    CHECK(fault_of(with_contexts(shape, {64})) != nullptr);  // one too few
}

TEST_CASE("train: a damaged checkpoint is refused", "[train]") {
    m1_shape tiny = small_shape();
    tiny.tables = {{m1_table_kind::bytes, 1, 4}};
    const std::vector<std::byte> good = write_checkpoint(trainer(tiny, small_options()).state());
    CHECK_NOTHROW(read_checkpoint(good));
    test::random_source random(7100);
    for (int i = 0; i < 20; ++i) {
        std::vector<std::byte> bad = good;
        bad[random.below(bad.size())] ^= std::byte{4};
        CHECK_THROWS_AS(read_checkpoint(bad), error);
        bad = good;
        bad.resize(random.below(bad.size()));
        CHECK_THROWS_AS(read_checkpoint(bad), error);
    }
    for (const std::size_t place : {88u, 96u, 104u}) {  // the table's kind, order and rows, and 2^32
        std::vector<std::byte> bad = good;
        bad[place + 4] = std::byte{1};
        store_little(bad.data() + bad.size() - 4, crc32(std::span(bad).first(bad.size() - 4)));
        CHECK_THROWS_AS(read_checkpoint(bad), error);
    }
    // With a right checksum: the width, the columns, the feed-forward layer, the number of tables, that of units.
    for (const std::size_t place : {8u, 64u, 73u, 75u, 80u, 152u}) {
        std::vector<std::byte> bad = good;
        bad[place] = std::byte{0x70};
        store_little(bad.data() + bad.size() - 4, crc32(std::span(bad).first(bad.size() - 4)));
        CHECK_THROWS_AS(read_checkpoint(bad), error);
    }
}

TEST_CASE("train: Muon's update has singular values near 1, whatever those of the gradient", "[train]") {
    random_numbers random(5);
    for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{12, 40}, {40, 12}, {16, 16}}) {
        std::vector<float> numbers(rows * columns, 0), momentum(rows * columns, 0), gradient(rows * columns);
        for (std::size_t i = 0; i < gradient.size(); ++i) {
            gradient[i] = random.normal() * (i < columns ? 5.0F : 1.0F);
        }
        muon_step()(numbers, gradient, momentum, rows, columns, 1, 0);
        // The square of its size is the sum of the squares of all singular values: about as many as the shorter side has.
        const float root = std::sqrt(std::max(1.0F, static_cast<float>(rows) / static_cast<float>(columns)));
        const float squares = dot(numbers, numbers) / (root * root * static_cast<float>(std::min(rows, columns)));
        CHECK(squares > 0.5F);
        CHECK(squares < 1.4F);
        CHECK(dot(numbers, gradient) < 0);  // downhill
    }
}

TEST_CASE("train: a gated layer costs what a squared one does", "[train]") {
    for (const auto& [preset, hidden] : {std::pair{tiny_preset(), 96u}, {fast_preset(), 352u}, {base_preset(), 704u}}) {
        CHECK(with_feed(preset, m1_feed::squared) == preset);
        const m1_shape gated = with_feed(preset, m1_feed::gated);
        CHECK(gated.hidden == hidden);
        CHECK(fault_of(gated) == nullptr);
        CHECK(gated.products() >= preset.products());
        CHECK(gated.products() < preset.products() + preset.products() / 15);
        CHECK(with_feed(preset, m1_feed::swiglu).hidden == hidden);
    }
}

TEST_CASE("train: rates rise over 100 steps and fall to nearly nothing", "[train]") {
    CHECK(rate_factor(0, 0, 1) == 0.01F + 0.002F);
    CHECK(rate_factor(99, 0, 1) == 1.002F);
    CHECK(rate_factor(5000, 0.5, 1) == 0.502F);
    CHECK(rate_factor(5000, 0.5, 2) == 0.252F);
    CHECK(rate_factor(5000, 1, 1) == 0.002F);
    CHECK(rate_factor(5000, 2, 1) == 0.002F);
}

TEST_CASE("train: gradients that are too long together are shortened", "[train]") {
    std::vector<float> a{3, 0}, b{0, 4};
    const std::vector<std::span<float>> both{a, b};
    CHECK(clip_length(both, 10) == 5);
    CHECK(a == std::vector<float>{3, 0});
    CHECK(clip_length(both, 1) == 5);
    CHECK(std::abs(a[0] - 0.6F) < 1e-6F);
    CHECK(std::abs(b[1] - 0.8F) < 1e-6F);
}

TEST_CASE("train: batches have long pieces and short fresh starts, half of them at words", "[train]") {
    test::random_source source(7200);
    const std::vector<std::uint8_t> text = test::random_text(source, 5000, test::text_kind::text_like);
    const sampler texts({text}, 256);
    CHECK(texts.total() == 5000);
    random_numbers random(3);
    const std::vector<piece> pieces = texts.batch(random, 4096);
    REQUIRE(pieces.size() == 14 + 2);
    std::size_t bytes = 0;
    std::size_t words = 0;
    std::set<std::string> different;
    for (const piece& each : pieces) {
        bytes += each.positions();
        const bool is_long = each.lengths == std::vector<std::size_t>{256};
        CHECK((is_long || each.lengths == std::vector<std::size_t>(8, 32)));
        different.insert(std::string(string_of(each.text)));
        for (std::size_t i = 0; !is_long && i < 8; i += 2) {
            words += each.text[i * 32] > ' ' ? 1 : 0;
        }
    }
    CHECK(bytes == 4096);
    CHECK(words == 8);
    CHECK(different.size() == pieces.size());
}

TEST_CASE("train: no sequence goes over the end of a document, and documents are learnt from their starts", "[train]") {
    // Documents "a...", "b...", ...: a few bytes long, or hundreds. Every byte says where in its document it is.
    std::vector<std::uint8_t> text;
    const std::vector<std::size_t> sizes = {5, 700, 32, 33, 1, 0, 90};
    for (std::size_t d = 0; d < sizes.size(); ++d) {
        for (std::size_t i = 0; i < sizes[d]; ++i) {
            text.push_back(static_cast<std::uint8_t>(i == 0 ? 1 + d : 16 + i % 200));
        }
        text.push_back(0);
    }
    const std::vector<std::uint8_t> last = {7 + 1, 17, 18};  // a text's end ends a document too
    const sampler texts({text, last}, 128);
    CHECK(texts.documents() == 7);
    CHECK(texts.total() == 5 + 700 + 32 + 33 + 1 + 90 + 3);
    random_numbers random(4);
    std::set<std::size_t> begun;  // documents that a long sequence began with
    std::size_t whole = 0;
    for (int i = 0; i < 3000; ++i) {
        const bool is_long = i % 2 == 0;
        const std::span<const std::uint8_t> sequence = is_long ? texts.long_sequence(random) : texts.short_sequence(random, i % 4 == 1);
        REQUIRE(!sequence.empty());
        REQUIRE(sequence.size() <= (is_long ? 128u : 32u));
        for (std::size_t at = 1; at < sequence.size(); ++at) {
            REQUIRE(sequence[at] >= 16);  // neither a separator nor the start of another document
            REQUIRE((sequence[at - 1] < 16 ? sequence[at] == 17 : (sequence[at] - sequence[at - 1] + 200) % 200 == 1));
        }
        if (is_long && sequence[0] < 16) {
            begun.insert(sequence[0]);
            whole += sequence.size() < 128 ? 1 : 0;
        }
    }
    CHECK(begun.size() == 7);
    const std::vector<std::uint8_t> book = [] {
        std::vector<std::uint8_t> made(100000, 'x');
        made[0] = '!';
        return made;
    }();
    const sampler one({book}, 128);
    int starts = 0;
    for (int i = 0; i < 900; ++i) {
        starts += one.long_sequence(random)[0] == '!' ? 1 : 0;
    }
    CHECK((starts > 60 && starts < 150));  // a ninth
    CHECK(whole > 200);  // short documents come whole
    CHECK(sampler({text}, 128, 17).documents() > 7);
    CHECK_THROWS_AS(sampler({std::vector<std::uint8_t>(9, 0)}, 128), error);
    CHECK_THROWS_AS(sampler({}, 128), error);
}

TEST_CASE("train: a model begins with all of one of its shape, or with the tables of another", "[train]") {
    const m1_shape shape = small_shape();
    trainer taught(shape, small_options());
    const std::vector<std::uint8_t> text = small_text();
    bits_of_steps(taught, sampler({text}, trainer::length_for(shape)), 0, 20, 20);
    const m1_content content = content_of(taught.model());
    const parameters again = parameters_of(content);
    CHECK((content_of(again) == content));

    parameters same = parameters::random(shape, 9);
    CHECK(take_over(again, same) == taken_over::all);
    CHECK((content_of(same) == content));

    m1_shape wider = shape;
    wider.width = 96;
    wider.layers = 2;
    REQUIRE(can_take_over(wider, shape));
    const parameters fresh = parameters::random(wider, 9);
    parameters made = fresh;
    CHECK(take_over(again, made) == taken_over::tables);
    const m1_content wide = content_of(made);
    CHECK((wide.tables == content.tables));
    CHECK(wide.bias == content.bias);
    CHECK(made.dense.layers[1].up == fresh.dense.layers[1].up);
    for (std::size_t row = 0; row < 257; ++row) {
        for (std::size_t column = 0; column < wider.width; ++column) {
            const float expected =
                column < shape.width ? again.dense.bytes[row * shape.width + column] : fresh.dense.bytes[row * wider.width + column];
            REQUIRE(made.dense.bytes[row * wider.width + column] == expected);
        }
    }
    // Tables of half and of twice as many rows.
    m1_shape resized = shape;
    resized.tables[0].row_bits = 9;
    resized.tables[1].row_bits = 13;
    REQUIRE(can_take_over(resized, shape));
    parameters moved = parameters::random(resized, 9);
    CHECK(take_over(again, moved) == taken_over::all);
    CHECK(moved.dense.layers[0].up == again.dense.layers[0].up);
    for (std::size_t i = 0; i < 512 * 16; ++i) {
        const std::size_t place = i / 16 * 32 + i % 16;
        REQUIRE(moved.tables[0][i] == (again.tables[0][place] + again.tables[0][place + 16]) / 2);
    }
    for (std::size_t i = 0; i < 8192 * 16; ++i) {
        REQUIRE(moved.tables[1][i] == again.tables[1][i / 32 * 16 + i % 16]);
    }
    CHECK(moved.tables[2] == again.tables[2]);

    // Other contexts: what is seen farther away than before counts as the farthest did.
    m1_shape two_layers = shape;
    two_layers.layers = 2;
    const parameters longer = parameters::random(two_layers, 9);
    parameters shorter = parameters::random(with_contexts(two_layers, {16, 96}), 8);
    CHECK(take_over(longer, shorter) == taken_over::all);
    CHECK(shorter.dense.layers[1].up == longer.dense.layers[1].up);
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const std::size_t context = shorter.shape.context_of(layer);
        REQUIRE(shorter.dense.layers[layer].relative.size() == shape.heads * context);
        for (std::size_t i = 0; i < shape.heads * context; ++i) {
            const std::size_t from = i / context * shape.context + std::min(i % context, shape.context - 1);
            REQUIRE(shorter.dense.layers[layer].relative[i] == longer.dense.layers[layer].relative[from]);
        }
    }

    // A gated layer's `up` fits no squared one.
    const m1_shape gates = with_feed(shape, m1_feed::gated);
    parameters with_gates = parameters::random(gates, 9);
    CHECK(take_over(again, with_gates) == taken_over::tables);
    CHECK((content_of(with_gates).tables == content.tables));
    CHECK(with_gates.dense.layers[0].up == parameters::random(gates, 9).dense.layers[0].up);
    CHECK((content_of(parameters_of(content_of(with_gates))) == content_of(with_gates)));

    m1_shape other = shape;
    other.tables.pop_back();
    CHECK(!can_take_over(other, shape));
}
