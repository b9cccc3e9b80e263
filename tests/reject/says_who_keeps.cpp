// SPDX-License-Identifier: MIT
// An ending rule that does not say which prefixes keep a codeword.

#include <support/window_archetypes.hpp>

struct candidate {
#ifndef EQUINFO_MUST_NOT_COMPILE
    static constexpr bool keeps_every_prefix = true;
#endif
    static constexpr std::uint64_t first_weight = 2;
};

template <equinfo::ending_rule Type>
void use(Type&&) {}

void test() { use(candidate{}); }
