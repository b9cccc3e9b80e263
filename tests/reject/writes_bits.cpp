// SPDX-License-Identifier: MIT
// A bit sink whose write() can fail.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_bit_sink {
#ifdef EQUINFO_MUST_NOT_COMPILE
    bool write(std::uint64_t, unsigned);
#endif
};

template <equinfo::bit_sink Type>
void use(Type&&) {}

void test() { use(candidate{}); }
