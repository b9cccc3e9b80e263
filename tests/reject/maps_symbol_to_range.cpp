// SPDX-License-Identifier: MIT
// A distribution that answers with a probability.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_distribution {
#ifdef EQUINFO_MUST_NOT_COMPILE
    double range_of(std::uint8_t) const;
#endif
};

template <equinfo::distribution Type>
void use(Type&&) {}

void test() { use(candidate{}); }
