// SPDX-License-Identifier: MIT
// A reset policy that answers in int.

#include <support/window_archetypes.hpp>

#include <equinfo/windows/endings.hpp>

struct candidate : equinfo::test::minimal_reset {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int resets(std::uint64_t) const;
#endif
};

template <equinfo::reset_policy Type>
void use(Type&&) {}

void test() { use(candidate{}); }
