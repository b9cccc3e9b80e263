// SPDX-License-Identifier: MIT
// An output that does not say whether it can go back.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_patchable_sink {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void can_patch() const;
#endif
};

template <equinfo::patchable_byte_sink Type>
void use(Type&&) {}

void test() { use(candidate{}); }
