// SPDX-License-Identifier: MIT
// A model that predicts a number.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    double predict();
#endif
};

template <equinfo::probability_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
