// SPDX-License-Identifier: MIT
// A batched model that counts its lanes in int.

#include <support/archetypes.hpp>

#include <equinfo/models/batched.hpp>

struct candidate : equinfo::test::minimal_batched_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int lane_count() const;
#endif
};

template <equinfo::batched_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
