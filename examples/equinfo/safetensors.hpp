// SPDX-License-Identifier: MIT
// A transformer's float weights in a .safetensors file: into the integers of a model, and back (docs/program.md).
#pragma once

#include "io.hpp"

#include <equinfo/m1/shape.hpp>

#include <cstdint>

namespace program {

struct quantised_weights {
    equinfo::m1_content content;
    std::uint64_t clamped = 0;  ///< numbers that lay outside their range
};

/// Reads to the end of `in`. Memory: 1 MiB of header and what it parses to, the model's numbers, and one matrix as floats;
/// all of it only as the bytes come.
/// @throws equinfo::error that names the tensor, where the file is anything but a whole model.
[[nodiscard]] quantised_weights read_safetensors(source& in);

/// What read_safetensors makes the same model of.
void write_safetensors(const equinfo::m1_content& content, sink_reference out);

}  // namespace program
