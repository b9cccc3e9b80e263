// SPDX-License-Identifier: MIT
// A model that is not told the symbol.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void update();
#endif
};

template <equinfo::probability_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
