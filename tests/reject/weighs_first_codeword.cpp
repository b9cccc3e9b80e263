// SPDX-License-Identifier: MIT
// An ending rule without the weight of the first codeword.

#include <support/window_archetypes.hpp>

struct candidate {
#ifndef EQUINFO_MUST_NOT_COMPILE
    static constexpr std::uint64_t first_weight = 2;
#endif
    static constexpr bool keeps_every_prefix = true;
};

template <equinfo::ending_rule Type>
void use(Type&&) {}

void test() { use(candidate{}); }
