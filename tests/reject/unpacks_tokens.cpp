// SPDX-License-Identifier: MIT
// A packer that unpacks tokens of another type than it packs.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_packer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    template <class Sink> void unpack(std::span<const std::uint32_t>, Sink&) const;
#endif
};

template <equinfo::packer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
