// SPDX-License-Identifier: MIT
// A bit sink that counts in int.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_bit_sink {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int bit_count() const;
#endif
};

template <equinfo::bit_sink Type>
void use(Type&&) {}

void test() { use(candidate{}); }
