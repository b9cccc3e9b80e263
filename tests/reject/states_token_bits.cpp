// SPDX-License-Identifier: MIT
// A packer that states its width in int.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_packer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int token_bits() const;
#endif
};

template <equinfo::packer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
