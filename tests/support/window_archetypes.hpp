// SPDX-License-Identifier: MIT
// The smallest types that satisfy the concepts of windows/concepts.hpp.
#pragma once

#include <support/archetypes.hpp>

#include <equinfo/bits/concepts.hpp>
#include <equinfo/windows/concepts.hpp>
#include <equinfo/windows/endings.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::test {

struct minimal_window_encoder {
    unsigned window_bits() const { return 9; }
    void restart() {}
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t>, Sink&) {
        return 1;
    }
};

struct minimal_measurable_encoder : minimal_window_encoder {
    const minimal_model& model() const { return kept; }
    bool resets_next() const { return true; }
    minimal_model kept;
};

struct minimal_ending_rule {
    static constexpr bool keeps_every_prefix = true;
    static constexpr std::uint64_t first_weight = 2;
};

struct minimal_reset_policy {
    static constexpr bool at_every_window = true;
    bool resets(std::uint64_t) const { return true; }
};

struct minimal_window_decoder {
    unsigned window_bits() const { return 9; }
    void restart() {}
    template <bit_source Source>
    std::size_t decode_window(Source&, std::vector<std::uint8_t>&) {
        return 1;
    }
};

struct minimal_ending {
    static constexpr bool keeps_every_prefix = true;
    static constexpr std::uint64_t first_weight = 2;
};

struct minimal_reset {
    static constexpr bool at_every_window = false;
    bool resets(std::uint64_t) const { return false; }
};

}  // namespace equinfo::test
