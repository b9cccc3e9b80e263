// SPDX-License-Identifier: MIT
// The instruction sets that a test can run the integer transformer on.
#pragma once

#include <equinfo/m1/kernels.hpp>

#include <vector>

namespace equinfo::test {

inline std::vector<instruction_set> available_sets() {
    std::vector<instruction_set> sets;
    for (int number = 0; number <= static_cast<int>(instruction_set::neon_dotprod); ++number) {
        if (const auto set = static_cast<instruction_set>(number); is_available(set)) {
            sets.push_back(set);
        }
    }
    return sets;
}

}  // namespace equinfo::test
