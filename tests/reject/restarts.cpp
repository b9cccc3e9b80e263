// SPDX-License-Identifier: MIT
// A window decoder that cannot begin a new document.

#include <support/window_archetypes.hpp>

struct candidate : equinfo::test::minimal_window_decoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    void restart() = delete;
#endif
};

template <equinfo::window_decoding Type>
void use(Type&&) {}

void test() { use(candidate{}); }
