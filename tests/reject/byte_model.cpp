// SPDX-License-Identifier: MIT
// A model over symbols of 16 bits where one over bytes is needed.

#include <support/archetypes.hpp>

#ifdef EQUINFO_MUST_NOT_COMPILE
using symbol = std::uint16_t;
#else
using symbol = std::uint8_t;
#endif

struct candidate_distribution : equinfo::test::minimal_distribution {
    using symbol_type = symbol;
    equinfo::frequency_range range_of(symbol) const { return {0, 1}; }
    equinfo::located_symbol<symbol> locate(equinfo::frequency) const { return {0, {0, 1}}; }
};

struct candidate {
    candidate_distribution predict() { return {}; }
    void update(symbol) {}
    void reset() {}
};

template <equinfo::byte_model Model>
void use(Model&&) {}

void test() { use(candidate{}); }
