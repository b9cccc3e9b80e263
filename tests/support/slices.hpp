// SPDX-License-Identifier: MIT
// Random sequences of slices: what coders are tested with.
#pragma once

#include <support/random.hpp>

#include <equinfo/coding/frequency.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::test {

/// Frequencies, and their sums.
struct slice_table {
    unsigned precision;
    std::vector<frequency> lows;  // one more than there are symbols

    slice_table(random_source& random, unsigned bits, std::size_t alphabet_size) : precision(bits), lows(1, 0) {
        for (const std::uint32_t freq : random_frequencies(random, bits, alphabet_size)) {
            lows.push_back(lows.back() + freq);
        }
    }

    [[nodiscard]] std::size_t size() const { return lows.size() - 1; }
    [[nodiscard]] frequency_range range_of(std::size_t symbol) const {
        return {lows[symbol], lows[symbol + 1] - lows[symbol]};
    }
    [[nodiscard]] std::size_t locate(frequency point) const {
        return static_cast<std::size_t>(std::upper_bound(lows.begin(), lows.end(), point) - lows.begin()) - 1;
    }
    /// Each as likely as its slice is wide.
    [[nodiscard]] std::size_t draw(random_source& random) const {
        return locate(static_cast<frequency>(random.bits(precision)));
    }
    /// In bits.
    [[nodiscard]] double information(std::size_t symbol) const {
        return precision - std::log2(static_cast<double>(range_of(symbol).freq));
    }
};

/// A table of any precision in [1, 24], with up to 256 symbols.
inline slice_table random_table(random_source& random, unsigned precision) {
    const std::uint64_t most = std::min<std::uint64_t>(256, std::uint64_t{1} << precision);
    return {random, precision, static_cast<std::size_t>(random.between(1, most))};
}

}  // namespace equinfo::test
