// SPDX-License-Identifier: MIT
// A packer of signed tokens.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_packer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    using token_type = int;
#endif
};

template <equinfo::packer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
