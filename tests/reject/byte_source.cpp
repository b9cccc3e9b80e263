// SPDX-License-Identifier: MIT
// A byte source that counts in int.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_byte_source {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int read(std::span<std::byte>);
#endif
};

template <equinfo::byte_source Type>
void use(Type&&) {}

void test() { use(candidate{}); }
