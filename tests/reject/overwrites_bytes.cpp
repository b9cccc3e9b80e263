// SPDX-License-Identifier: MIT
// An output that patches at no place in particular.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_patchable_sink {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void patch(std::span<const std::byte>);
#endif
};

template <equinfo::patchable_byte_sink Type>
void use(Type&&) {}

void test() { use(candidate{}); }
