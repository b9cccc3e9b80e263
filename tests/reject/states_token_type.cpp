// SPDX-License-Identifier: MIT
// A token writer that hides the type of its ids.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_writer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int type() const;
#endif
};

template <equinfo::token_writer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
