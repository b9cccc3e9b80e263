// SPDX-License-Identifier: MIT
// A bit source that gives nothing.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_bit_source {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void read(unsigned);
#endif
};

template <equinfo::bit_source Type>
void use(Type&&) {}

void test() { use(candidate{}); }
