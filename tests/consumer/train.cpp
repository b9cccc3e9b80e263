// SPDX-License-Identifier: MIT
// Trains as another project does: one header, and the target that brings Eigen.

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
    return training.step(texts, 0) < before ? 0 : 1;
}
