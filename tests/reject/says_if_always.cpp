// SPDX-License-Identifier: MIT
// A reset policy that does not say whether every window starts afresh.

#include <support/window_archetypes.hpp>

#include <equinfo/windows/endings.hpp>

struct candidate : equinfo::test::minimal_reset {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void at_every_window();
#endif
};

template <equinfo::reset_policy Type>
void use(Type&&) {}

void test() { use(candidate{}); }
