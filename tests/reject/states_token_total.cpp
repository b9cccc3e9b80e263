// SPDX-License-Identifier: MIT
// A token reader that always knows the total.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_reader {
#ifdef EQUINFO_MUST_NOT_COMPILE
    std::uint64_t token_total() const;
#endif
};

template <equinfo::token_reader Type>
void use(Type&&) {}

void test() { use(candidate{}); }
