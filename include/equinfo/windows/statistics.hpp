// SPDX-License-Identifier: MIT
// How full windows are.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// Sums over windows. The figures are for reading: no bit of any output depends on them.
struct window_statistics {
    std::uint64_t windows = 0;
    std::uint64_t bytes = 0;        ///< of text
    std::uint64_t bits = 0;         ///< of all codewords
    double information_bits = 0;    ///< what the model says of the text in the windows: the sum of -log2(probability)

    [[nodiscard]] double bytes_per_window() const noexcept { return ratio(bytes, windows); }
    [[nodiscard]] double bits_per_byte() const noexcept { return ratio(bits, bytes); }
    [[nodiscard]] double information_per_window() const noexcept {
        return windows == 0 ? 0 : information_bits / static_cast<double>(windows);
    }
    /// The part of the bits that a coder without windows would not have spent on the same predictions, 0..1.
    [[nodiscard]] double lost_share() const noexcept {
        return bits == 0 ? 0 : 1 - information_bits / static_cast<double>(bits);
    }

    window_statistics& operator+=(const window_statistics& other) noexcept {
        windows += other.windows;
        bytes += other.bytes;
        bits += other.bits;
        information_bits += other.information_bits;
        return *this;
    }

private:
    static double ratio(std::uint64_t a, std::uint64_t b) noexcept {
        return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
    }
};

/// A bit_sink that only counts.
class bit_counter {
public:
    void write(std::uint64_t /*value*/, unsigned count) noexcept { m_bits += count; }
    [[nodiscard]] std::uint64_t bit_count() const noexcept { return m_bits; }

private:
    std::uint64_t m_bits = 0;
};

/// Encodes `text` and throws the bits away. A copy of the encoder's model goes over every window again to sum up its
/// information, so this takes about twice as long as encoding.
template <measurable_encoding Encoder>
[[nodiscard]] window_statistics measure_windows(Encoder& encoder, std::span<const std::uint8_t> text) {
    window_statistics sums;
    bit_counter counter;
    auto model = encoder.model();
    using model_distribution = distribution_t<decltype(model)>;
    while (!text.empty()) {
        if (encoder.resets_next()) {
            model.reset();
        }
        const std::size_t taken = encoder.encode_window(text, counter);
        for (const std::uint8_t symbol : text.first(taken)) {
            const double share = model.predict().range_of(symbol).freq;
            sums.information_bits += model_distribution::precision - __builtin_log2(share);  // spares users <cmath>
            model.update(symbol);
        }
        text = text.subspan(taken);
        sums.bytes += taken;
        ++sums.windows;
    }
    sums.bits = counter.bit_count();
    return sums;
}

}  // namespace equinfo
