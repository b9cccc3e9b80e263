// SPDX-License-Identifier: MIT
// One codeword on its way down to the symbols that it stands for.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace equinfo {

/// Decoding of one window, a prediction at a time (docs/windows.md, "Decoding"), for those who have the predictions.
///
///     model.reset();  // or as the reset policy says
///     descent.start(source.read(descent.first_bits()));
///     while (!descent.is_done()) {
///         if (const auto symbol = descent.step(model.predict(), [&](unsigned bits) { return source.read(bits); })) {
///             model.update(*symbol);
///             symbols.push_back(*symbol);
///         }
///     }
///     symbols.resize(descent.length());
///
/// Of a window's bits, unread_bits() are left then, which mean nothing. Where the model is reset before the next window, the
/// last update can be left out.
template <ending_rule Ending>
class window_descent {
public:
    explicit constexpr window_descent(unsigned window_bits) noexcept : m_walk(window_bits) {}

    [[nodiscard]] constexpr unsigned window_bits() const noexcept { return m_walk.window_bits(); }
    /// Bits of a codeword that start() wants.
    [[nodiscard]] constexpr unsigned first_bits() const noexcept { return std::min(window_bits(), window_walk<Ending>::visible_bits); }
    [[nodiscard]] constexpr unsigned unread_bits() const noexcept { return m_walk.hidden_bits(); }

    /// From the empty prefix on, by the first bits of a codeword.
    constexpr void start(std::uint64_t first) noexcept {
        m_run.reset();
        m_walk.start();
        go_on(first);
    }

    /// From a prefix on that was reached by other means; `offset` is the codeword, as far as it was read, among those of the prefix.
    constexpr void start(const window_prefix& prefix, std::uint64_t offset) noexcept {
        m_run.reset();
        m_walk.start(prefix);
        go_on(offset);
    }

    /// No prediction is needed any more.
    [[nodiscard]] constexpr bool is_done() const noexcept { return m_is_done; }

    /// Takes the distribution behind the symbols so far. Returns the next one, or nothing where the window ends without.
    /// more_bits(count) reads so many more bits of the codeword.
    template <distribution D, class MoreBits>
    [[nodiscard]] std::optional<std::uint8_t> step(const D& d, MoreBits&& more_bits) {
        EQUINFO_EXPECTS(!m_is_done);
        if (m_run) {
            const std::uint8_t symbol = m_run->extend(d);
            m_is_done = m_run->is_decided();
            return symbol;
        }
        m_walk.open(d);
        if (m_walk.keeps() && m_offset == 0) {
            m_is_done = true;
            return std::nullopt;
        }
        const located_codeword found = m_walk.locate(d, m_offset);
        std::uint64_t offset = m_offset - found.slice.first;
        if (const unsigned shown = m_walk.enter(found.slice); shown > 0) {
            offset = offset << shown | more_bits(shown);
        }
        go_on(offset);
        return found.symbol;
    }

    /// Once it is done: how many of the symbols, from the first on, are the window's. Those behind ran on in vain.
    [[nodiscard]] constexpr std::size_t length() const noexcept { return m_walk.length() + (m_run ? m_run->best() : 0); }

private:
    constexpr void go_on(std::uint64_t offset) noexcept {
        m_offset = offset;
        m_is_done = m_walk.is_closed();
        if (m_walk.is_single()) {
            m_run.emplace(m_walk.past_kept(), m_walk.room());
            m_is_done = m_run->is_decided();
        }
    }

    window_walk<Ending> m_walk;
    std::uint64_t m_offset = 0;  // the codeword, as far as it is in view, among those of the prefix
    std::optional<run_on> m_run;  // once one codeword is left
    bool m_is_done = true;
};

}  // namespace equinfo
