// SPDX-License-Identifier: MIT
// A token writer without documents.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_writer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void end_document() = delete;
#endif
};

template <equinfo::token_writer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
