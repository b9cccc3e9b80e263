// SPDX-License-Identifier: MIT
// A decoder whose point is a fraction.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_slice_decoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    double point(unsigned) const;
#endif
};

template <equinfo::slice_decoder Type>
void use(Type&&) {}

void test() { use(candidate{}); }
