// SPDX-License-Identifier: MIT
// What both translation units compute: one answer out of everything that could depend on compiler flags.
#pragma once

#include <support/m1_contents.hpp>
#include <support/m1_sets.hpp>
#include <support/random.hpp>

#include <equinfo/equinfo.hpp>
#include <equinfo/m1.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace {

inline std::uint64_t answer(std::uint64_t seed) {
    using namespace equinfo;
    test::random_source random(seed);
    const std::vector<std::uint8_t> text = test::random_text(random, 20000, test::text_kind::text_like);
    std::array<double, 256> weights{};
    for (double& weight : weights) {
        weight = static_cast<double>(random.bits(40)) / 3.0;
    }
    static_model<20> fixed(quantise<20>(std::span<const double, 256>(weights)));
    adaptive_model adaptive;
    range_encoder encoder;
    encode_sequence(fixed, std::span(text), encoder);
    encode_sequence(adaptive, std::span(text), encoder);
    // Both units choose among the kernels when they run, and share those that they have in common.
    for (const std::size_t number : {0u, 4u, 8u}) {  // squared, gated, swiglu
        const reference::m1_shape shape = test::m1_small_shapes()[number];
        const m1_content content = test::m1_content_of(shape, test::random_m1(shape, random));
        for (const instruction_set set : test::available_sets()) {
            m1_model transformer(std::make_shared<const m1_data>(content, set));
            encode_sequence(transformer, std::span(text).first(150), encoder);
        }
    }
    encoder.finish();
    range_decoder decoder(encoder.bytes());
    std::vector<std::uint8_t> decoded(text.size());
    fixed.reset();
    decode_sequence(fixed, std::span(decoded), decoder);
    return crc32(encoder.bytes()) + (std::uint64_t{decoded == text} << 32) + (encoder.bit_count() << 33);
}

}  // namespace
