// SPDX-License-Identifier: MIT
// A window encoder that does not say when its model forgets.

#include <support/window_archetypes.hpp>

struct candidate : equinfo::test::minimal_measurable_encoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void resets_next() const;
#endif
};

template <equinfo::measurable_encoding Type>
void use(Type&&) {}

void test() { use(candidate{}); }
