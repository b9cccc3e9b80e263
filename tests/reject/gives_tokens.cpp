// SPDX-License-Identifier: MIT
// A token reader that does not say how many tokens it gave.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_reader {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void read(std::span<equinfo::token>);
#endif
};

template <equinfo::token_reader Type>
void use(Type&&) {}

void test() { use(candidate{}); }
