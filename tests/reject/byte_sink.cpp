// SPDX-License-Identifier: MIT
// A byte sink that answers instead of throwing.

#include <support/archetypes.hpp>

struct candidate : equinfo::test::minimal_byte_sink {
#ifdef EQUINFO_MUST_NOT_COMPILE
    bool write(std::span<const std::byte>);
#endif
};

template <equinfo::byte_sink Type>
void use(Type&&) {}

void test() { use(candidate{}); }
