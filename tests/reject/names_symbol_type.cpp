// SPDX-License-Identifier: MIT
// A distribution over nothing.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_distribution {
#ifdef EQUINFO_MUST_NOT_COMPILE
    using symbol_type = void;
#endif
};

template <equinfo::distribution Type>
void use(Type&&) {}

void test() { use(candidate{}); }
