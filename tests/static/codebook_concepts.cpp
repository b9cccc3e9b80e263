// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of the codebooks, and those that models may satisfy for them, and which do not.

#include <support/archetypes.hpp>

#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/codebook_windows.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/concepts.hpp>
#include <equinfo/windows/endings.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct branching_lanes : minimal_batched_model {
    void branch(std::size_t, std::span<const std::uint8_t>, std::uint8_t) {}
};
struct branches_at_a_place : minimal_batched_model {
    void branch(std::size_t, std::size_t, std::uint8_t) {}
};
struct says_if_it_branched : minimal_batched_model {
    bool branch(std::size_t, std::span<const std::uint8_t>, std::uint8_t) { return true; }
};
struct branches_alone {
    void branch(std::size_t, std::span<const std::uint8_t>, std::uint8_t) {}
};
struct following_model : minimal_model {
    void follow(std::span<const std::uint8_t>) {}
};
struct follows_chars : minimal_model {
    void follow(std::span<const char>) {}
};
struct says_how_far : minimal_model {
    std::size_t follow(std::span<const std::uint8_t> text) { return text.size(); }
};
struct follows_when_fixed : minimal_model {
    void follow(std::span<std::uint8_t>) {}
};

// satisfied
static_assert(codebook_token<std::uint16_t>);
static_assert(codebook_token<std::uint32_t>);
static_assert(branches_lane<branching_lanes>);
static_assert(branches_lane<m1_lanes>);
static_assert(follows_text<following_model>);
static_assert(follows_text<m1_model>);
static_assert(window_encoding<codebook_encoder>);
static_assert(window_decoding<codebook_decoder>);
static_assert(window_encoding<top_window_encoder<adaptive_model>>);
static_assert(window_decoding<top_window_decoder<adaptive_model>>);
static_assert(window_encoding<top_window_encoder<m1_model, self_ending>>);
static_assert(window_decoding<top_window_decoder<m1_model, self_ending>>);
static_assert(shows_model<top_window_encoder<adaptive_model>>);

// not satisfied
static_assert(!codebook_token<std::uint8_t>);
static_assert(!codebook_token<std::int16_t>);
static_assert(!codebook_token<std::int32_t>);
static_assert(!codebook_token<std::uint64_t>);
static_assert(!codebook_token<const std::uint16_t>);
static_assert(!codebook_token<bool>);
static_assert(!branches_lane<minimal_batched_model>);
static_assert(!branches_lane<independent_lanes<adaptive_model>>);
static_assert(!branches_lane<branches_at_a_place>);
static_assert(!branches_lane<says_if_it_branched>);
static_assert(!branches_lane<branches_alone>);
static_assert(!follows_text<minimal_model>);
static_assert(!follows_text<adaptive_model>);
static_assert(!follows_text<follows_chars>);
static_assert(!follows_text<says_how_far>);
static_assert(!follows_text<follows_when_fixed>);
static_assert(!window_decoding<codebook_encoder>);
static_assert(!window_encoding<codebook_decoder>);
static_assert(!window_decoding<top_window_encoder<adaptive_model>>);
static_assert(!window_encoding<top_window_decoder<adaptive_model>>);
static_assert(!measurable_encoding<codebook_encoder>);  // it has no model

}  // namespace
