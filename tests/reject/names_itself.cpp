// SPDX-License-Identifier: MIT
// A model whose fingerprint is too short.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_identified_model {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int fingerprint() const;
#endif
};

template <equinfo::identified_model Type>
void use(Type&&) {}

void test() { use(candidate{}); }
