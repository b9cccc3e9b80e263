// SPDX-License-Identifier: MIT
// A reset policy that does not say whether every window starts afresh.

#include <support/window_archetypes.hpp>

struct candidate {
#ifndef EQUINFO_MUST_NOT_COMPILE
    static constexpr bool at_every_window = true;
#endif
    bool resets(std::uint64_t) const { return true; }
};

template <equinfo::reset_policy Type>
void use(Type&&) {}

void test() { use(candidate{}); }
