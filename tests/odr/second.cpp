// SPDX-License-Identifier: MIT
// One of two translation units with different flags (tests/CMakeLists.txt has them).

#include "body.hpp"

std::uint64_t second_answer(std::uint64_t seed) { return answer(seed); }
