// SPDX-License-Identifier: MIT
// Seeded random numbers for training, with a state that a checkpoint can hold.
#pragma once

#include <equinfo/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace equinfo::train {

/// The splitmix64 generator.
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept : m_state(seed) {}

    [[nodiscard]] std::uint64_t next() noexcept {
        m_state += 0x9E3779B97F4A7C15u;
        std::uint64_t mixed = m_state;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        return mixed ^ mixed >> 31;
    }

    /// A number of [0, bound), bound > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
        EQUINFO_EXPECTS(bound != 0);
        return next() % bound;
    }

    /// Normal, with mean 0 and deviation 1 (Box and Muller).
    [[nodiscard]] float normal() noexcept {
        const double radius = std::sqrt(-2 * std::log((static_cast<double>(next() >> 11) + 1) * 0x1p-53));
        const double angle = 2 * std::numbers::pi * static_cast<double>(next() >> 11) * 0x1p-53;
        return static_cast<float>(radius * std::cos(angle));
    }

    [[nodiscard]] std::uint64_t state() const noexcept { return m_state; }

private:
    std::uint64_t m_state;
};

}  // namespace equinfo::train
