// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of windows/concepts.hpp, and which do not.

#include <support/window_archetypes.hpp>

#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/windows/concepts.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

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

// satisfied
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
