// SPDX-License-Identifier: MIT
// A distribution that finds the symbol, but does not give its slice.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_distribution {
#ifdef EQUINFO_MUST_NOT_COMPILE
    std::uint8_t locate(equinfo::frequency) const;
#endif
};

template <equinfo::distribution Type>
void use(Type&&) {}

void test() { use(candidate{}); }
