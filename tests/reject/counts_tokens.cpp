// SPDX-License-Identifier: MIT
// A token writer whose count wraps.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_token_writer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    std::uint32_t token_count() const;
#endif
};

template <equinfo::token_writer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
