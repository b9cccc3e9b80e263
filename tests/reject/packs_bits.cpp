// SPDX-License-Identifier: MIT
// A packer that can fail.

#include <support/token_archetypes.hpp>

struct candidate : equinfo::test::minimal_packer {
#ifdef EQUINFO_MUST_NOT_COMPILE
    template <class Source> bool pack(Source&, std::uint64_t, std::vector<std::uint16_t>&) const;
#endif
};

template <equinfo::packer Type>
void use(Type&&) {}

void test() { use(candidate{}); }
