// SPDX-License-Identifier: MIT
// Where a single codeword ends that is left over: how far it runs on through likely symbols.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace equinfo {

/// A prefix with one codeword, `past_kept` symbols past the last kept one. Its string may end here or after 1, 2, ... of the
/// most probable symbols. Ending k symbols on saves past_kept + k symbols where the text agrees so far, so the best
/// k has the greatest product of that and the chain's probability. Only the model's own most probable symbols are
/// looked at, so encoder and decoder find the same k without a choice to transmit.
///
///     while (!run.is_decided()) { symbol = run.extend(model.predict()); model.update(symbol); }
///     // the string ends run.best() symbols on
class run_on {
public:
    /// `room`: symbols that the window may still take.
    constexpr run_on(std::size_t past_kept, std::size_t room) noexcept
        : m_saved(past_kept), m_room(room), m_best_value(past_kept << one_shift) {}

    /// True once no longer chain can be better, or nearly so: not even two certain symbols would make it so.
    [[nodiscard]] constexpr bool is_decided() const noexcept {
        return m_length == m_room || m_probability * (m_saved + m_length + 2) < m_best_value;
    }

    /// Adds the most probable next symbol (the first among equals) to the chain and returns it.
    template <distribution D>
    [[nodiscard]] std::uint8_t extend(const D& d) noexcept {
        EQUINFO_EXPECTS(!is_decided());
        std::array<frequency, 256> frequencies;
        list_frequencies(d, std::span<frequency, 256>(frequencies));
        std::size_t likeliest = 0;
        for (std::size_t symbol = 1; symbol < frequencies.size(); ++symbol) {
            likeliest = frequencies[symbol] > frequencies[likeliest] ? symbol : likeliest;
        }
        m_probability = (m_probability * frequencies[likeliest]) >> D::precision;
        ++m_length;
        const std::uint64_t value = m_probability * (m_saved + m_length);
        if (value > m_best_value) {
            m_best_value = value;
            m_best = m_length;
        }
        return static_cast<std::uint8_t>(likeliest);
    }

    /// Symbols that the string goes on from here, as far as is known: it only grows.
    [[nodiscard]] constexpr std::size_t best() const noexcept { return m_best; }

private:
    static constexpr unsigned one_shift = 32;

    std::uint64_t m_saved;
    std::size_t m_room;
    std::uint64_t m_best_value;
    std::uint64_t m_probability = std::uint64_t{1} << one_shift;  // of the chain
    std::size_t m_length = 0;
    std::size_t m_best = 0;
};

}  // namespace equinfo
