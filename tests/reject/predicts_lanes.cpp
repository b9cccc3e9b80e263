// SPDX-License-Identifier: MIT
// A batched model that predicts one lane a call.

#include <support/archetypes.hpp>

#include <equinfo/models/batched.hpp>

struct candidate : equinfo::test::minimal_batched_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void predict(std::size_t);
#endif
};

template <equinfo::batched_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
