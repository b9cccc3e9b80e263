// SPDX-License-Identifier: MIT
// One table for ever: the paper's StaticAC (section 3.3).
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/models/quantise.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace equinfo {

/// A byte_model whose probabilities never change.
template <unsigned Precision = 16>
class static_model {
public:
    explicit static_model(const frequency_table<Precision>& table) noexcept : m_table(table) {}

    /// From how often each byte occurs in `text`. Bytes that do not occur can still be coded.
    [[nodiscard]] static static_model from_text(std::span<const std::uint8_t> text) noexcept {
        std::array<std::uint64_t, 256> counts{};
        for (const std::uint8_t symbol : text) {
            ++counts[symbol];
        }
        return from_counts(counts);
    }

    [[nodiscard]] static static_model from_counts(std::span<const std::uint64_t, 256> counts) noexcept {
        return static_model(quantise<Precision>(counts));
    }

    [[nodiscard]] const frequency_table<Precision>& predict() const noexcept { return m_table; }
    void update(std::uint8_t) noexcept {}
    void reset() noexcept {}

    [[nodiscard]] std::uint64_t fingerprint() const noexcept {
        fingerprint_builder builder("static_model 1");
        builder.add(Precision);
        for (const frequency low : m_table.cumulative()) {
            builder.add(low);
        }
        return builder.value();
    }

private:
    frequency_table<Precision> m_table;
};

}  // namespace equinfo
