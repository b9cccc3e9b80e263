// SPDX-License-Identifier: MIT
// A token writer of narrow ids.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_writer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void tokens(std::vector<std::uint16_t>);
#endif
};

template <equinfo::token_writer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
