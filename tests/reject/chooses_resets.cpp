// SPDX-License-Identifier: MIT
// A reset policy that never says when.

#include <support/window_archetypes.hpp>

struct candidate {
#ifndef EQUINFO_MUST_NOT_COMPILE
    bool resets(std::uint64_t) const { return true; }
#endif
    static constexpr bool at_every_window = true;
};

template <equinfo::reset_policy Type>
void use(Type&&) {}

void test() { use(candidate{}); }
