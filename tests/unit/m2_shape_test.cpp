// SPDX-License-Identifier: MIT
// M2's shapes, and sequences side by side.
#include <support/catch.hpp>

#include <equinfo/m2/sequence.hpp>
#include <equinfo/m2/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::m2;

std::string fault_with(void (*change)(model_shape&)) {
    model_shape shape{*preset_of("small"), 1000, 100, 900};
    change(shape);
    const char* const fault = fault_of(shape);
    return fault == nullptr ? "" : fault;
}

}  // namespace

TEST_CASE("m2: every fault of a shape is named, and none where there is none", "[m2]") {
    CHECK(fault_with([](model_shape&) {}).empty());
    CHECK(fault_of(model_shape()) == nullptr);
    CHECK(fault_with([](model_shape& s) { s.symbols = 1u << 20; }).empty());
    CHECK(fault_with([](model_shape& s) { s = {s.layers, 1, 0, 1}; }).empty());
    CHECK(fault_with([](model_shape& s) { s.first_output = 0; }).empty());

    const std::string tables = "a model over tokens has no tables";
    CHECK(fault_with([](model_shape& s) { s.layers.tables.resize(1); }) == tables);
    CHECK(fault_with([](model_shape& s) { s.layers.columns = 16, s.layers.tables.resize(1); }) == tables);

    CHECK(fault_with([](model_shape& s) { s.layers.contexts = {16, 1024, 16}; }) == "all layers of a model over tokens have one context");

    const std::string ids = "the ids are not 1 to 2^20";
    CHECK(fault_with([](model_shape& s) { s.symbols = 0; }) == ids);
    CHECK(fault_with([](model_shape& s) { s.symbols = (1u << 20) + 1; }) == ids);
    CHECK(fault_with([](model_shape& s) { s.symbols = ~0u; }) == ids);

    const std::string outputs = "ids are predicted that there are not";
    CHECK(fault_with([](model_shape& s) { s.outputs = 0; }) == outputs);
    CHECK(fault_with([](model_shape& s) { s.outputs = 901; }) == outputs);
    CHECK(fault_with([](model_shape& s) { s.outputs = 1001, s.first_output = 0; }) == outputs);
    CHECK(fault_with([](model_shape& s) { s.first_output = 101; }) == outputs);
    CHECK(fault_with([](model_shape& s) { s.first_output = ~0u; }) == outputs);
    CHECK(fault_with([](model_shape& s) { s.outputs = ~0u, s.first_output = 2; }) == outputs);

    // Those of the layers come through.
    CHECK(fault_with([](model_shape& s) { s.layers.width = 100; }) == "width is not a multiple of 32 from 32 to 1024");
    CHECK(fault_with([](model_shape& s) { s.layers.layers = 0; }) == "the number of layers is not 1 to 32");
    CHECK(!fault_with([](model_shape& s) { s.layers.shared = 2; }).empty());
    CHECK(!fault_with([](model_shape& s) { s.layers.context = 1000; }).empty());
    CHECK(!fault_with([](model_shape& s) { s.layers.columns = 16; }).empty());
}

TEST_CASE("m2: presets have the weights that are said of them, and no fault", "[m2]") {
    struct expected {
        std::string_view name;
        std::uint64_t weights;
        double millions;
    };
    // 12 width^2 a layer: three of width^2 and one of width^2 for attention, four and four for what is behind it.
    for (const expected& each : {expected{"small", 3 * 12 * 96 * 96, 0.33},
                                 {"medium", 3 * 12 * 160 * 160, 0.92},
                                 {"large", 4 * 12 * 256 * 256, 3.1}}) {
        INFO(each.name);
        const auto layers = preset_of(each.name);
        REQUIRE(layers);
        CHECK(weights_of(*layers) == each.weights);
        const double apart = static_cast<double>(weights_of(*layers)) / 1e6 - each.millions;
        CHECK((apart > -0.05 && apart < 0.05));
        CHECK(layers->context == 1024);
        CHECK(layers->query_width() == layers->width);
        CHECK(fault_of(model_shape{*layers, 65536 + 257, 0, 65536}) == nullptr);
    }
    CHECK(!preset_of("").has_value());
    CHECK(!preset_of("Small").has_value());
    CHECK(!preset_of("base").has_value());
}

TEST_CASE("m2: the weights of layers are those of their matrices", "[m2]") {
    m1_shape layers;
    layers.width = 64;
    layers.layers = 3;
    layers.heads = 4;
    layers.shared = 2;
    layers.head_width = 32;
    layers.hidden = 96;
    CHECK(weights_of(layers) == 3 * (64 * (4 + 2 + 2) * 32 + 4 * 32 * 64 + 2 * 64 * 96));
}

TEST_CASE("m2: a piece has each sequence from a start on, and what of it is predicted", "[m2]") {
    using ids = std::vector<std::uint32_t>;
    piece made;
    CHECK(made.positions() == 0);
    made.add({{5, 6, 7}, 0, 3}, 99);
    CHECK(made.lengths == std::vector<std::size_t>{3});
    CHECK(made.inputs == ids{99, 5, 6});
    CHECK(made.predicted == ids{0, 1, 2});
    CHECK(made.targets == ids{5, 6, 7});

    made.add({{1, 2, 3, 4}, 2, 1}, 99);  // given: 1 and 2
    CHECK(made.inputs == ids{99, 5, 6, 99, 1, 2, 3});
    CHECK(made.predicted == ids{0, 1, 2, 5, 6});
    CHECK(made.targets == ids{5, 6, 7, 3, 4});

    made.add({{}, 0, 0}, 99);  // nothing to predict
    made.add({{8, 9}, 2, 0}, 99);
    CHECK(made.positions() == 7);
    CHECK(made.lengths == std::vector<std::size_t>{3, 4});

    made.add({{8}, 0, 1}, 98);
    made.add({{8, 9}, 1, 1}, 97);  // the last alone
    CHECK(made.lengths == std::vector<std::size_t>{3, 4, 1, 2});
    CHECK(made.inputs == ids{99, 5, 6, 99, 1, 2, 3, 98, 97, 8});
    CHECK(made.predicted == ids{0, 1, 2, 5, 6, 7, 9});
    CHECK(made.targets == ids{5, 6, 7, 3, 4, 8, 9});
    CHECK(made.positions() == 10);
}

TEST_CASE("m2: amounts count what is predicted", "[m2]") {
    CHECK(amounts_of({}).tokens == 0);
    CHECK(amounts_of({}).bytes == 0);
    const std::vector<sequence> texts = {{{1, 2, 3}, 1, 10}, {{4}, 0, 5}, {{5, 6}, 2, 0}, {{}, 0, 0}};
    CHECK(texts[0].predicted() == 2);
    CHECK(texts[2].predicted() == 0);
    CHECK(amounts_of(texts).tokens == 3);
    CHECK(amounts_of(texts).bytes == 15);
}
