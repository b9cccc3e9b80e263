// SPDX-License-Identifier: MIT
// A packer whose vocabulary size does not hold 2^32.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_packer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    std::uint32_t vocabulary_size() const;
#endif
};

template <equinfo::packer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
