// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of coding/concepts.hpp, and which do not.

#include <support/archetypes.hpp>

#include <equinfo/coding/concepts.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct encode_answers : minimal_slice_encoder {
    bool encode(frequency_range, unsigned);
};
struct encodes_two_numbers : minimal_slice_encoder {
    void encode(frequency, frequency, unsigned);
};
struct point_changes_the_decoder : minimal_slice_decoder {
    frequency point(unsigned);
};
struct point_is_wide : minimal_slice_decoder {
    std::uint64_t point(unsigned) const;
};
struct advances_without_precision : minimal_slice_decoder {
    void advance(frequency_range);
};

// satisfied
static_assert(encodes_slice<minimal_slice_encoder>);
static_assert(tells_point<minimal_slice_decoder>);
static_assert(advances_over_slice<minimal_slice_decoder>);
static_assert(slice_encoder<minimal_slice_encoder>);
static_assert(slice_encoder<range_encoder>);
static_assert(slice_decoder<minimal_slice_decoder>);
static_assert(slice_decoder<range_decoder>);

// not satisfied
static_assert(!encodes_slice<encode_answers>);
static_assert(!encodes_slice<encodes_two_numbers>);
static_assert(!tells_point<point_changes_the_decoder>);
static_assert(!tells_point<point_is_wide>);
static_assert(!advances_over_slice<advances_without_precision>);
static_assert(!slice_encoder<range_decoder>);
static_assert(!slice_encoder<encode_answers>);
static_assert(!slice_decoder<range_encoder>);
static_assert(!slice_decoder<point_is_wide>);
static_assert(!slice_decoder<advances_without_precision>);

}  // namespace
