// SPDX-License-Identifier: MIT
// An ending rule without a weight for the first codeword.

#include <support/window_archetypes.hpp>

#include <equinfo/windows/endings.hpp>

struct candidate : equinfo::test::minimal_ending {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void first_weight();
#endif
};

template <equinfo::ending_rule Type>
void use(Type&&) {}

void test() { use(candidate{}); }
