// SPDX-License-Identifier: MIT
// Every symbol alike: the model that knows nothing.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <cstdint>

namespace equinfo {

/// A byte_model that gives each of the 256 symbols 8 bits.
class uniform_model {
public:
    struct distribution_type {
        using symbol_type = std::uint8_t;
        static constexpr unsigned precision = 8;

        [[nodiscard]] constexpr frequency_range range_of(std::uint8_t symbol) const noexcept { return {symbol, 1}; }
        [[nodiscard]] constexpr located_symbol<std::uint8_t> locate(frequency point) const noexcept {
            EQUINFO_EXPECTS(point < 256);
            return {static_cast<std::uint8_t>(point), {point, 1}};
        }
    };

    [[nodiscard]] constexpr distribution_type predict() const noexcept { return {}; }
    constexpr void update(std::uint8_t) noexcept {}
    constexpr void reset() noexcept {}

    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_builder("uniform_model 1").value(); }
};

}  // namespace equinfo
