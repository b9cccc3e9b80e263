// SPDX-License-Identifier: MIT
// Memory of transformers: none is asked for while symbols are coded, and a model's file takes no more than its reader says.
#include <equinfo/m1/model.hpp>
#include <equinfo/m1/model_file.hpp>
#include <equinfo/models/batched.hpp>

#include <support/catch.hpp>
#include <support/counted_memory.hpp>
#include <support/m1_contents.hpp>
#include <support/m1_models.hpp>
#include <support/random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

using namespace equinfo;

TEST_CASE("m1 memory: no step asks for any, once each way of feeding was used", "[m1]") {
    test::random_source random(3490);
    for (const reference::m1_shape& shape : test::m1_small_shapes()) {
        const auto data = std::make_shared<const m1_data>(test::m1_content_of(shape, test::random_m1(shape, random)));
        m1_model model(data);
        m1_lanes lanes(data, 5);
        const std::vector<std::uint8_t> text(300, 'e');
        const std::array<std::size_t, 5> all{0, 1, 2, 3, 4};
        std::uint64_t seen = 0;  // so that nothing is left out
        const auto work = [&] {
            model.reset();
            for (const std::uint8_t symbol : text) {
                seen += model.predict().cumulative()[100];
                model.update(symbol);
            }
            model.foresee(text, [&](const auto& prediction, std::uint8_t) { seen += prediction.cumulative()[100]; });
            model.follow(text);
            model.branch(std::span(text).first(20), 'x');
            seen += model.predict().cumulative()[100];
            for (int step = 0; step < 100; ++step) {
                lanes.predict(all);
                for (const std::size_t lane : all) {
                    seen += lanes.distribution_of(lane).cumulative()[100];
                    lanes.update(lane, 'a');
                }
            }
        };
        CHECK(test::allocations_of(work) > 0);  // the counter counts
        CHECK(test::allocations_of(work) == 0);
        CHECK(seen != 0);
    }
}

TEST_CASE("m1 memory: a small file that asks for much takes what read_m1 says", "[m1]") {
    const m1_shape shape{.hidden = 32, .context = 16, .columns = 16, .table_bits = 4, .tables = {{m1_table_kind::bytes, 2, 17}}};
    m1_content sparse = m1_content::zeros(shape);
    test::random_source random(3491);
    for (std::int8_t& entry : sparse.tables[0]) {
        entry = random.chance(7, 1000) ? std::int8_t{1} : std::int8_t{0};  // no more than that, and the plane would stand as it is
    }
    const std::vector<std::byte> file = write_m1(sparse);
    const std::size_t numbers = sparse.tables[0].size();
    REQUIRE(file.size() < numbers / 80);
    m1_content content;
    const std::size_t peak = test::peak_of([&] { content = read_m1(file); });
    CHECK(content == sparse);
    CHECK(peak > numbers);
    INFO(file.size() << " bytes of file");
    CHECK(peak <= 200 * file.size() + 1'000'000);
}
