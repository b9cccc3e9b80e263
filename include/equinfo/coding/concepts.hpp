// SPDX-License-Identifier: MIT
// What an encoder and a decoder of symbols must be able to do. Neither knows of models.
#pragma once

#include <equinfo/coding/frequency.hpp>

#include <concepts>

namespace equinfo {

template <class E>
concept encodes_slice = requires(E& encoder, frequency_range slice, unsigned precision) {
    { encoder.encode(slice, precision) } -> std::same_as<void>;
};

template <class D>
concept tells_point = requires(const D& decoder, unsigned precision) {
    { decoder.point(precision) } -> std::same_as<frequency>;
};

template <class D>
concept advances_over_slice = requires(D& decoder, frequency_range slice, unsigned precision) {
    { decoder.advance(slice, precision) } -> std::same_as<void>;
};

/// Takes the slices of a message, one a symbol.
template <class E>
concept slice_encoder = encodes_slice<E>;

/// Gives a point in [0, 2^precision), and steps over the slice that was found to hold it.
template <class D>
concept slice_decoder = tells_point<D> && advances_over_slice<D>;

}  // namespace equinfo
