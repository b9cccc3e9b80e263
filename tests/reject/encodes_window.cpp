// SPDX-License-Identifier: MIT
// A window encoder that does not say how much of the text it took.

#include <support/window_archetypes.hpp>

struct candidate : equinfo::test::minimal_window_encoder {
#ifdef EQUINFO_MUST_NOT_COMPILE
    template <class Sink> void encode_window(std::span<const std::uint8_t>, Sink&);
#endif
};

template <equinfo::window_encoding Type>
void use(Type&&) {}

void test() { use(candidate{}); }
