// SPDX-License-Identifier: MIT
// A distribution of more than 24 bits.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_distribution {
#ifdef EQUINFO_MUST_NOT_COMPILE
    static constexpr unsigned precision = 25;
#endif
};

template <equinfo::distribution Type>
void use(Type&&) {}

void test() { use(candidate{}); }
