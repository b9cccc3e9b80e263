// SPDX-License-Identifier: MIT
// An ending rule that does not say whether each prefix keeps a codeword.

#include <support/window_archetypes.hpp>

#include <equinfo/windows/endings.hpp>

struct candidate : equinfo::test::minimal_ending {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void keeps_every_prefix();
#endif
};

template <equinfo::ending_rule Type>
void use(Type&&) {}

void test() { use(candidate{}); }
