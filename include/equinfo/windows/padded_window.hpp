// SPDX-License-Identifier: MIT
// The window rule of Lester et al. 2024, for comparing with their tables: NOT uniquely decodable (docs/windows.md).
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/params.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// What it takes for a text to fit: the paper's words allow both.
enum class padded_fit {
    point,     ///< some multiple of 2^-b lies in the text's interval; comes nearest to the paper's ratios
    enclosed,  ///< an interval of 2^-b, aligned to 2^-b, lies in it (section 3.3)
};

/// Which of the texts that share a codeword the encoder takes.
enum class padded_end {
    greedy,  ///< the longest (section 3.3)
    delay,   ///< the shortest: symbols that change no bit of the codeword are put off to the next window (appendix A.5)
};

struct padded_params {
    unsigned window_bits = 16;  ///< 9..128
    padded_fit fit = padded_fit::point;
    padded_end end = padded_end::greedy;
    unsigned granule = 1;  ///< a codeword is a multiple of so many bits, zeros behind; 8: whole bytes. Divides window_bits

    /// Whether coders can be made from these.
    [[nodiscard]] constexpr bool is_valid() const noexcept {
        return equinfo::is_valid({window_bits}) && granule >= 1 && window_bits % granule == 0;
    }
};

namespace detail {

/// A number of [0, 2^256).
struct wide_number {
    std::array<std::uint64_t, 4> words{};  // least significant first

    static constexpr wide_number shifted(std::uint64_t value, unsigned shift) noexcept {
        wide_number result;
        result.words[shift / 64] = value << (shift % 64);
        if (shift % 64 != 0 && shift / 64 < 3) {
            result.words[shift / 64 + 1] = value >> (64 - shift % 64);
        }
        return result;
    }

    [[nodiscard]] constexpr wide_number plus(const wide_number& other) const noexcept {
        wide_number sum;
        std::uint64_t carry = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint64_t half = words[i] + carry;
            sum.words[i] = half + other.words[i];
            carry = (half < carry ? 1u : 0u) + (sum.words[i] < half ? 1u : 0u);
        }
        return sum;
    }

    [[nodiscard]] constexpr wide_number minus(const wide_number& other) const noexcept {
        wide_number opposite;
        for (std::size_t i = 0; i < 4; ++i) {
            opposite.words[i] = ~other.words[i];
        }
        return plus(opposite).plus(shifted(1, 0));
    }

    /// Without its lowest `count` bits.
    [[nodiscard]] constexpr wide_number cleared(unsigned count) const noexcept {
        wide_number result = *this;
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned here = count > 64 * i ? count - static_cast<unsigned>(64 * i) : 0;
            result.words[i] = here >= 64 ? 0 : result.words[i] >> here << here;
        }
        return result;
    }

    /// The 64 bits from bit `shift` on.
    [[nodiscard]] constexpr std::uint64_t bits_from(unsigned shift) const noexcept {
        const std::uint64_t low = words[shift / 64] >> (shift % 64);
        const bool more = shift % 64 != 0 && shift / 64 < 3;
        return more ? low | words[shift / 64 + 1] << (64 - shift % 64) : low;
    }

    [[nodiscard]] constexpr bool is_less(const wide_number& other) const noexcept {
        for (std::size_t i = 4; i-- > 0;) {
            if (words[i] != other.words[i]) {
                return words[i] < other.words[i];
            }
        }
        return false;
    }
};

/// The interval of a text within [0, 1), in units of 2^-(b + 64).
class padded_interval {
public:
    explicit constexpr padded_interval(unsigned window_bits) noexcept
        : m_window_bits(window_bits), m_shift(window_bits + fraction_bits - (range_bits - 1)) {}

    /// Narrows to a slice. False where the interval gets shorter than the units can tell; it is of no use then.
    [[nodiscard]] constexpr bool narrow(frequency_range slice, unsigned precision) noexcept {
        const std::uint64_t unit = m_range >> precision;
        const bool last = slice.low + slice.freq == frequency{1} << precision;
        m_low = m_low.plus(wide_number::shifted(unit * slice.low, m_shift));
        m_range = last ? m_range - unit * slice.low : unit * slice.freq;
        for (; m_range >> (range_bits - 1) == 0; m_range <<= 1, --m_shift) {
            if (m_shift == 0) {
                return false;
            }
        }
        return true;
    }

    /// The codeword with the most zeros at its end that fits, these in units of `granule` bits; nothing if none does.
    [[nodiscard]] constexpr std::optional<codeword> fitting(padded_fit fit, unsigned granule) const noexcept {
        const wide_number high = m_low.plus(wide_number::shifted(m_range, m_shift));
        for (unsigned left = m_window_bits / granule + 1; left-- > 0;) {
            const unsigned zeros = left * granule + fraction_bits;
            const wide_number unit = wide_number::shifted(1, zeros);
            const wide_number point = m_low.plus(unit).minus(wide_number::shifted(1, 0)).cleared(zeros);
            const bool fits = fit == padded_fit::point ? point.is_less(high) : !high.is_less(point.plus(unit));
            if (fits) {
                return codeword{point.words[2], point.words[1]};
            }
        }
        return std::nullopt;
    }

    /// Where `word`, which lies in the interval, falls among 2^precision points.
    [[nodiscard]] constexpr frequency point_of(const codeword& word, unsigned precision) const noexcept {
        const wide_number place = wide_number{{0, word.low, word.high, 0}}.minus(m_low);
        const std::uint64_t point = place.bits_from(m_shift) / (m_range >> precision);
        const std::uint64_t last = (std::uint64_t{1} << precision) - 1;
        return static_cast<frequency>(point < last ? point : last);
    }

private:
    static constexpr unsigned range_bits = 40;
    static constexpr unsigned fraction_bits = 64;

    unsigned m_window_bits;
    unsigned m_shift;                                            // the interval is m_low + [0, m_range << m_shift)
    std::uint64_t m_range = std::uint64_t{1} << (range_bits - 1);
    wide_number m_low;
};

}  // namespace detail

/// The paper's window: as many symbols as fit, the shortest bits that name them, zero bits behind. Resets the model at every
/// window. A symbol so improbable that it does not fit into an empty window (below 2^(1-b)) is written with zero bits, and lost:
/// the first symbol of a window is taken in any case.
template <byte_model Model>
class padded_window_encoder {
public:
    explicit padded_window_encoder(Model model, padded_params params = {}) : m_model(std::move(model)), m_params(params) {
        EQUINFO_EXPECTS(params.is_valid());
    }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_params.window_bits; }
    [[nodiscard]] const Model& model() const noexcept { return m_model; }
    [[nodiscard]] bool resets_next() const noexcept { return true; }
    void restart() { m_model.reset(); }

    /// Writes one codeword and returns how many symbols it is meant for: at least 1 if there is text.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, Sink& sink) {
        if (text.empty()) {
            return 0;
        }
        codeword word;
        const std::size_t limit = std::min(text.size(), max_window_symbols(m_params.window_bits));
        std::size_t taken = follow(text.first(limit), [&](const codeword& fitting) {
            word = fitting;
            return true;
        });
        if (m_params.end == padded_end::delay) {
            const codeword last = word;
            taken = follow(text.first(taken), [&](const codeword& fitting) { return fitting != last; });
        }
        write_codeword(sink, word, m_params.window_bits);
        return taken == 0 ? 1 : taken;
    }

private:
    // Narrows by one symbol after the other while they fit and `more(codeword)` says to go on; how many were taken.
    template <class More>
    std::size_t follow(std::span<const std::uint8_t> text, const More& more) {
        m_model.reset();
        detail::padded_interval interval(m_params.window_bits);
        for (std::size_t length = 0; length < text.size(); ++length) {
            if (!interval.narrow(m_model.predict().range_of(text[length]), distribution_t<Model>::precision)) {
                return length;
            }
            const std::optional<codeword> fitting = interval.fitting(m_params.fit, m_params.granule);
            if (!fitting) {
                return length;
            }
            if (!more(*fitting)) {
                return length + 1;
            }
            m_model.update(text[length]);
        }
        return text.size();
    }

    Model m_model;
    padded_params m_params;
};

/// The paper's decoder: the longest text (or, for delay, the shortest) that encodes to the same codeword. For greedy
/// windows it is often wrong, because the encoder had to stop where the text went on otherwise.
template <byte_model Model>
class padded_window_decoder {
public:
    explicit padded_window_decoder(Model model, padded_params params = {}) : m_model(std::move(model)), m_params(params) {
        EQUINFO_EXPECTS(params.is_valid());
    }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_params.window_bits; }
    void restart() { m_model.reset(); }

    /// Reads window_bits bits, appends up to max_window_symbols symbols to `out` and returns how many. Total.
    template <bit_source Source>
    std::size_t decode_window(Source& source, std::vector<std::uint8_t>& out) {
        const codeword word = read_codeword(source, m_params.window_bits);
        const std::size_t begin = out.size();
        const std::size_t limit = max_window_symbols(m_params.window_bits);
        std::size_t match = 0;
        m_model.reset();
        detail::padded_interval interval(m_params.window_bits);
        for (std::size_t length = 1; length <= limit; ++length) {
            constexpr unsigned precision = distribution_t<Model>::precision;
            const auto found = m_model.predict().locate(interval.point_of(word, precision));
            if (!interval.narrow(found.range, precision)) {
                break;
            }
            const std::optional<codeword> fitting = interval.fitting(m_params.fit, m_params.granule);
            if (!fitting) {
                break;
            }
            out.push_back(found.symbol);
            if (*fitting == word) {
                match = length;
                if (m_params.end == padded_end::delay) {
                    break;
                }
            }
            m_model.update(found.symbol);
        }
        out.resize(begin + match);
        return match;
    }

private:
    Model m_model;
    padded_params m_params;
};

}  // namespace equinfo
