// SPDX-License-Identifier: MIT
// A bit source that knows of its end, but not how far behind it is.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_bit_source {
#ifdef EQUINFO_MUST_NOT_COMPILE
    bool overrun() const;
#endif
};

template <equinfo::bit_source Type>
void use(Type&&) {}

void test() { use(candidate{}); }
