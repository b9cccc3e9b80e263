// SPDX-License-Identifier: MIT
// A window decoder that returns its text.

#include <support/window_archetypes.hpp>

struct candidate : equinfo::test::minimal_window_decoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    template <class Source> std::vector<std::uint8_t> decode_window(Source&);
#endif
};

template <equinfo::window_decoding Type>
void use(Type&&) {}

void test() { use(candidate{}); }
