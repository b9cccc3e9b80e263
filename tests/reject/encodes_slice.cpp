// SPDX-License-Identifier: MIT
// An encoder that can refuse a slice.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_slice_encoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    bool encode(equinfo::frequency_range, unsigned);
#endif
};

template <equinfo::slice_encoder Type>
void use(Type&&) {}

void test() { use(candidate{}); }
