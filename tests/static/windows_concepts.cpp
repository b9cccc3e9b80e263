// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of windows/concepts.hpp, and which do not.

#include <support/window_archetypes.hpp>

#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/windows/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct bits_in_int : minimal_window_encoder {
    int window_bits() const;
};
struct restart_answers : minimal_window_encoder {
    bool restart();
};
struct encodes_from_const : minimal_window_encoder {
    std::size_t encode_window(std::span<const std::uint8_t>, const bit_writer&);
};
struct encodes_nothing : minimal_window_encoder {
    void encode_window(std::span<const std::uint8_t>, bit_writer&);
};
struct decodes_into_chars : minimal_window_decoder {
    std::size_t decode_window(bit_reader&, std::vector<char>&);
};
struct decodes_int : minimal_window_decoder {
    int decode_window(bit_reader&, std::vector<std::uint8_t>&);
};

struct model_is_no_model : minimal_measurable_encoder {
    int model() const;
};
struct resets_next_counts : minimal_measurable_encoder {
    int resets_next() const;
};
struct first_weight_only {
    [[maybe_unused]] static constexpr std::uint64_t first_weight = 2;
};
struct keeps_only {
    [[maybe_unused]] static constexpr bool keeps_every_prefix = true;
};
struct resets_only {
    bool resets(std::uint64_t) const;
};
struct resets_changes_the_policy : minimal_reset_policy {
    bool resets(std::uint64_t);
};

struct does_not_say_who_keeps {
    [[maybe_unused]] static constexpr std::uint64_t first_weight = 2;
};
struct weighs_nothing {
    [[maybe_unused]] static constexpr bool keeps_every_prefix = true;
};
struct never_says_always {
    bool resets(std::uint64_t) const;
};
struct resets_when_asked_twice : minimal_reset {
    bool resets(std::uint64_t);
};
struct resets_int : minimal_reset {
    int resets(std::uint64_t) const;
};

// satisfied
static_assert(says_who_keeps<minimal_ending>);
static_assert(weighs_first_codeword<minimal_ending>);
static_assert(ending_rule<minimal_ending>);
static_assert(ending_rule<self_ending>);
static_assert(ending_rule<longest_match>);
static_assert(says_if_always<minimal_reset>);
static_assert(chooses_resets<minimal_reset>);
static_assert(reset_policy<minimal_reset>);
static_assert(reset_policy<reset_each_window>);
static_assert(reset_policy<keep_model>);
static_assert(reset_policy<reset_every>);
static_assert(shows_model<minimal_measurable_encoder>);
static_assert(tells_next_reset<minimal_measurable_encoder>);
static_assert(measurable_encoding<minimal_measurable_encoder>);
static_assert(measurable_encoding<window_encoder<adaptive_model>>);
static_assert(measurable_encoding<padded_window_encoder<adaptive_model>>);
static_assert(window_decoding<padded_window_decoder<adaptive_model>>);
static_assert(window_decoding<lane_window_decoder<independent_lanes<adaptive_model>>>);
static_assert(decodes_windows<lane_window_decoder<independent_lanes<adaptive_model>, self_ending>>);
static_assert(!decodes_windows<window_decoder<adaptive_model>>);
static_assert(says_who_keeps<minimal_ending_rule>);
static_assert(weighs_first_codeword<minimal_ending_rule>);
static_assert(ending_rule<minimal_ending_rule>);
static_assert(ending_rule<self_ending>);
static_assert(ending_rule<longest_match>);
static_assert(says_if_always<minimal_reset_policy>);
static_assert(chooses_resets<minimal_reset_policy>);
static_assert(reset_policy<minimal_reset_policy>);
static_assert(reset_policy<reset_each_window>);
static_assert(reset_policy<keep_model>);
static_assert(reset_policy<reset_every>);
static_assert(states_window_bits<minimal_window_encoder>);
static_assert(restarts<minimal_window_encoder>);
static_assert(encodes_window<minimal_window_encoder>);
static_assert(encodes_window<encodes_from_const>);
static_assert(decodes_window<minimal_window_decoder>);
static_assert(window_encoding<minimal_window_encoder>);
static_assert(window_encoding<window_encoder<adaptive_model>>);
static_assert(window_decoding<minimal_window_decoder>);
static_assert(window_decoding<window_decoder<adaptive_model>>);

// not satisfied
static_assert(!says_who_keeps<does_not_say_who_keeps>);
static_assert(!weighs_first_codeword<weighs_nothing>);
static_assert(!ending_rule<does_not_say_who_keeps>);
static_assert(!ending_rule<weighs_nothing>);
static_assert(!ending_rule<reset_each_window>);
static_assert(!says_if_always<never_says_always>);
static_assert(!chooses_resets<resets_when_asked_twice>);
static_assert(!chooses_resets<resets_int>);
static_assert(!reset_policy<never_says_always>);
static_assert(!reset_policy<resets_int>);
static_assert(!reset_policy<longest_match>);
static_assert(!shows_model<model_is_no_model>);
static_assert(!shows_model<minimal_window_encoder>);
static_assert(!tells_next_reset<resets_next_counts>);
static_assert(!measurable_encoding<minimal_window_encoder>);
static_assert(!measurable_encoding<model_is_no_model>);
static_assert(!says_who_keeps<first_weight_only>);
static_assert(!weighs_first_codeword<keeps_only>);
static_assert(!ending_rule<first_weight_only>);
static_assert(!ending_rule<keep_model>);
static_assert(!says_if_always<resets_only>);
static_assert(!chooses_resets<resets_changes_the_policy>);
static_assert(!reset_policy<resets_only>);
static_assert(!reset_policy<self_ending>);
static_assert(!states_window_bits<bits_in_int>);
static_assert(!restarts<restart_answers>);
static_assert(!encodes_window<encodes_nothing>);
static_assert(!encodes_window<minimal_window_decoder>);
static_assert(!decodes_window<decodes_into_chars>);
static_assert(!decodes_window<decodes_int>);
static_assert(!decodes_window<minimal_window_encoder>);
static_assert(!window_encoding<bits_in_int>);
static_assert(!window_encoding<restart_answers>);
static_assert(!window_encoding<encodes_nothing>);
static_assert(!window_encoding<minimal_window_decoder>);
static_assert(!window_decoding<decodes_int>);
static_assert(!window_decoding<decodes_into_chars>);
static_assert(!window_decoding<window_encoder<adaptive_model>>);

}  // namespace
