// SPDX-License-Identifier: MIT
// A window encoder that states its width in int.

#include <support/window_archetypes.hpp>

struct candidate : equinfo::test::minimal_window_encoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    int window_bits() const;
#endif
};

template <equinfo::window_encoding Type>
void use(Type&&) {}

void test() { use(candidate{}); }
