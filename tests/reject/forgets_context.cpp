// SPDX-License-Identifier: MIT
// A model that cannot forget.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void reset() = delete;
#endif
};

template <equinfo::probability_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
