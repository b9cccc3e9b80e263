// SPDX-License-Identifier: MIT
// A decoder that is not told the precision.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_slice_decoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void advance(equinfo::frequency_range);
#endif
};

template <equinfo::slice_decoder Type>
void use(Type&&) {}

void test() { use(candidate{}); }
