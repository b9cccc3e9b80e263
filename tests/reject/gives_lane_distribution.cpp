// SPDX-License-Identifier: MIT
// A batched model whose lanes give a number.

#include <support/archetypes.hpp>

#include <equinfo/models/batched.hpp>

struct candidate : equinfo::test::minimal_batched_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    double distribution_of(std::size_t) const;
#endif
};

template <equinfo::batched_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
