// SPDX-License-Identifier: MIT
// Trains as another project does: the headers, and the target that brings Eigen.

#include <equinfo/m2.hpp>
#include <equinfo/train.hpp>

#include <cstdint>
#include <vector>

int main() {
    equinfo::m1_shape shape;
    shape.width = 32;
    shape.layers = 1;
    shape.hidden = 32;
    shape.context = 16;
    const std::vector<std::uint8_t> text(1000, 'a');
    const equinfo::train::sampler texts({text}, equinfo::train::trainer::length_for(shape));
    equinfo::train::training_options options;
    options.batch = 512;
    equinfo::train::trainer training(shape, options);
    const double before = training.step(texts, 0);
    if (training.step(texts, 0) >= before) {
        return 1;
    }
    const std::vector<equinfo::m2::sequence> tokens = {{{1, 2, 3, 1, 2, 3}, 0, 6}};
    equinfo::m2::trainer judge(equinfo::m2::model_shape{shape, 4, 0, 4}, tokens, equinfo::m2::training_options());
    judge.step(0);
    return judge.measure(tokens).tokens == 6 ? 0 : 1;
}
