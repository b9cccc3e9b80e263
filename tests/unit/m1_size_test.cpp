// SPDX-License-Identifier: MIT
// Transformers as large as docs/m1.md allows: the slow twin's integers, its promises about ranges, and memory.
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/models/batched.hpp>

#include <reference/reference_m1.hpp>
#include <support/catch.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

using namespace equinfo;

namespace {

using lows = std::array<std::uint32_t, 257>;

std::vector<lows> lows_of_twin(const reference::m1_shape& shape, const reference::m1_numbers& numbers,
                               std::span<const std::uint8_t> text) {
    reference::m1 twin(shape, numbers);
    std::vector<lows> all{twin.predict()};
    for (const std::uint8_t symbol : text) {
        twin.update(symbol);
        all.push_back(twin.predict());
    }
    return all;
}

/// How many of the twin's distributions are not those of the model, which knows the text.
std::size_t differences(const std::shared_ptr<const m1_data>& data, std::span<const std::uint8_t> text,
                        const std::vector<lows>& expected) {
    m1_model model(data);
    std::size_t different = 0;
    std::size_t i = 0;
    const auto compare = [&](const auto& prediction) {
        const auto found = prediction.cumulative();
        different += std::equal(found.begin(), found.end(), expected[i++].begin()) ? 0 : 1;
    };
    model.foresee(text, [&](const auto& prediction, std::uint8_t) { compare(prediction); });
    compare(model.predict());
    return different;
}

std::vector<std::uint8_t> any_text(test::random_source& random, std::size_t length) {
    std::vector<std::uint8_t> text(length);
    for (std::uint8_t& byte : text) {
        byte = static_cast<std::uint8_t>(random.below(4) == 0 ? random.below(256) : 'a' + random.below(26));
    }
    return text;
}

void compare_on_all_sets(const reference::m1_shape& shape, bool extreme, std::size_t length, std::uint64_t seed) {
    test::random_source random(seed);
    const reference::m1_numbers numbers = extreme ? test::extreme_m1(shape, random) : test::random_m1(shape, random);
    const std::vector<std::uint8_t> text = any_text(random, length);
    const std::vector<lows> expected = lows_of_twin(shape, numbers, text);
    const m1_content content = test::m1_content_of(shape, numbers);
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set) << ", extreme: " << extreme);
        CHECK(differences(std::make_shared<const m1_data>(content, set), text, expected) == 0);
    }
}

/// All widths as large as they may be, 16 tables: 20 M weights in products of one layer, 24 M where it has gates.
reference::m1_shape widest(unsigned feed) {
    reference::m1_shape shape{.width = 1024, .layers = 1, .heads = 32, .shared = 16, .head_width = 128, .hidden = 4096,
                              .context = 16, .columns = 128, .table_bits = 8, .feed = feed, .tables = {}};
    for (unsigned order = 1; order <= 16; ++order) {
        shape.tables.push_back({0, order, 4});
    }
    return shape;
}

}  // namespace

TEST_CASE("m1 sizes: the widest shape gives the twin's integers on every instruction set", "[m1]") {
    compare_on_all_sets(widest(0), false, 7, 3701);
    compare_on_all_sets(widest(1), false, 4, 3702);
    compare_on_all_sets(widest(2), false, 4, 3703);
}

TEST_CASE("m1 sizes: the widest shape with numbers at the ends of their ranges overflows nowhere", "[m1]") {
    compare_on_all_sets(widest(0), true, 3, 3711);
    compare_on_all_sets(widest(1), true, 3, 3712);
    compare_on_all_sets(widest(2), true, 3, 3713);
}

TEST_CASE("m1 sizes: the longest context, gone round, gives the twin's integers", "[m1][.slow]") {
    const reference::m1_shape shape{.width = 32, .layers = 1, .heads = 2, .shared = 2, .head_width = 16, .hidden = 32, .context = 4096,
                                    .columns = 0, .table_bits = 8, .tables = {}};
    compare_on_all_sets(shape, false, 4096 + 300, 3721);
    compare_on_all_sets(shape, true, 4096 + 100, 3722);
}

TEST_CASE("m1 sizes: a transformer of 12 M weights is written, read and run", "[m1]") {
    const m1_shape shape{.width = 384, .layers = 8, .heads = 6, .shared = 6, .head_width = 64, .hidden = 1536, .context = 512,
                         .columns = 32, .table_bits = 4, .tables = {{m1_table_kind::bytes, 2, 14}, {m1_table_kind::words, 1, 14}}};
    CHECK(shape.products() > 12'000'000);
    test::random_source random(3731);
    m1_content content = m1_content::zeros(shape);
    detail::visit_tensors(content, [&](const char*, auto& tensor, std::int32_t least, std::int32_t most) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        const auto span = static_cast<std::uint64_t>(std::min(most - least, 14) + 1);
        for (entry& number : tensor) {
            number = static_cast<entry>(std::max(least, -7) + static_cast<std::int32_t>(random.below(span)));
        }
    });
    detail::visit_shifts(content, [](unsigned& shift) { shift = 7; });
    const std::vector<std::byte> file = write_m1(content);
    CHECK(read_m1(file) == content);
    const auto data = std::make_shared<const m1_data>(content);
    m1_model one(data);
    m1_lanes many(data, 2);
    for (const std::uint8_t symbol : any_text(random, 20)) {
        const std::array<std::size_t, 2> lanes{0, 1};
        many.predict(lanes);
        const auto expected = one.predict().cumulative();
        for (const std::size_t lane : lanes) {
            const auto found = many.distribution_of(lane).cumulative();
            REQUIRE(std::equal(found.begin(), found.end(), expected.begin()));
            many.update(lane, symbol);
        }
        one.update(symbol);
    }
    CHECK(one.lane_memory() < 1'000'000);
}

TEST_CASE("m1 sizes: a lane of 3 M weights takes less than 600 KB, however long its text", "[m1]") {
    m1_shape shape{.width = 256, .layers = 4, .head_width = 64, .hidden = 1024, .context = 1024, .tables = {}};
    for (const instruction_set set : test::available_sets()) {
        INFO(name_of(set));
        CHECK(m1_model(std::make_shared<const m1_data>(m1_content::zeros(shape), set)).lane_memory() < 600'000);
    }
    shape.contexts = {128, 128, 128, 1024};  // 3 * 192 + 1,088 positions
    CHECK(m1_model(std::make_shared<const m1_data>(m1_content::zeros(shape))).lane_memory() < 230'000);
    shape.contexts.clear();
    shape.context = 16;
    shape.hidden = 32;
    m1_model model(std::make_shared<const m1_data>(m1_content::zeros(shape)));
    const std::size_t before = model.lane_memory();
    model.follow(std::vector<std::uint8_t>(2000, 'a'));
    CHECK(model.lane_memory() == before);
}

TEST_CASE("m1 sizes: a small file may not ask for gigabytes of lanes", "[m1]") {
    m1_shape shape{.width = 32, .layers = 2, .heads = 32, .shared = 1, .head_width = 128, .hidden = 32, .context = 4096, .tables = {}};
    CHECK(fault_of(shape) != nullptr);
    for (const std::size_t context : {16u, 384u}) {
        shape.context = context;
        shape.layers = (std::size_t{1} << 22) / (32 * 128 * (context + 128));
        REQUIRE(fault_of(shape) == nullptr);
        shape.layers += 1;
        CHECK(fault_of(shape) != nullptr);
        shape.layers -= 1;
        const m1_model model(std::make_shared<const m1_data>(m1_content::zeros(shape)));
        CHECK(model.lane_memory() < 10'000'000);
        const std::size_t lanes = affordable_lanes(model, 1000);
        CHECK(lanes * model.lane_memory() <= 64u << 20);
        CHECK((lanes + 1) * model.lane_memory() > 64u << 20);
        CHECK(affordable_lanes(model, 3) == 3);
        CHECK(affordable_lanes(model, 0) == 1);
    }
    // What counts is the sum over all layers: 128 + 640, and 128 beside each, times 32 heads of 128.
    shape.layers = 2;
    shape.context = 640;
    CHECK(fault_of(shape) != nullptr);
    shape.contexts = {128, 640};
    CHECK(fault_of(shape) == nullptr);
    shape.contexts = {144, 640};
    CHECK(fault_of(shape) != nullptr);
}
