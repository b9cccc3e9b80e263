// SPDX-License-Identifier: MIT
// A batched model that is not told the lane.

#include <support/archetypes.hpp>

#include <equinfo/models/batched.hpp>

struct candidate : equinfo::test::minimal_batched_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void update(std::uint8_t);
#endif
};

template <equinfo::batched_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
