// SPDX-License-Identifier: MIT
// The smallest types that satisfy each concept: what a user must write, and no more.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/coding/concepts.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/models/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo::test {

struct minimal_bit_sink {
    void write(std::uint64_t, unsigned count) { bits += count; }
    std::uint64_t bit_count() const { return bits; }
    std::uint64_t bits = 0;
};

struct minimal_bit_source {
    std::uint64_t read(unsigned count) {
        bits += count;
        return 0;
    }
    std::uint64_t bit_count() const { return bits; }
    std::uint64_t overrun() const { return bits; }
    std::uint64_t bits = 0;
};

struct minimal_byte_sink {
    void write(std::span<const std::byte>) {}
};

struct minimal_byte_source {
    std::size_t read(std::span<std::byte>) { return 0; }
};

struct minimal_slice_encoder {
    void encode(frequency_range, unsigned) {}
};

struct minimal_slice_decoder {
    frequency point(unsigned) const { return 0; }
    void advance(frequency_range, unsigned) {}
};

/// Every byte has the same share: 2^8 symbols of one count each.
struct minimal_distribution {
    using symbol_type = std::uint8_t;
    static constexpr unsigned precision = 8;
    constexpr frequency_range range_of(std::uint8_t symbol) const { return {symbol, 1}; }
    constexpr located_symbol<std::uint8_t> locate(frequency point) const {
        return {static_cast<std::uint8_t>(point), {point, 1}};
    }
};

struct minimal_model {
    minimal_distribution predict() { return {}; }
    void update(std::uint8_t) {}
    void reset() {}
};

struct minimal_identified_model : minimal_model {
    std::uint64_t fingerprint() const { return 1; }
};

struct minimal_batched_model {
    std::size_t lane_count() const { return 1; }
    void predict(std::span<const std::size_t>) {}
    minimal_distribution distribution_of(std::size_t) const { return {}; }
    void update(std::size_t, std::uint8_t) {}
    void reset(std::size_t) {}
};

}  // namespace equinfo::test
