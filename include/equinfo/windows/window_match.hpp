// SPDX-License-Identifier: MIT
// One window on its way along a text: which string of the code the text begins with.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace equinfo {

/// What is known of the beginning of a window: where its walk is, and the last prefix on the way that keeps a codeword.
struct window_start {
    window_prefix prefix;
    codeword word;            ///< the prefix's first codeword
    std::size_t kept_length;  ///< symbols of the kept prefix; 0: none yet
    codeword kept_word;
};

/// Encoding of one window, a prediction at a time (docs/windows.md, "Encoding"), for those who have the predictions.
///
///     model.reset();  // or as the reset policy says
///     match.start(text);
///     while (!match.is_done()) {
///         if (const auto symbol = match.step(model.predict())) {
///             model.update(*symbol);
///         }
///     }
///     write_codeword(sink, match.word(), match.window_bits());
///     text = text.subspan(match.length());
///
/// The symbols are the text's, but behind a single codeword the likeliest ones, until its end is known. Where the model is reset
/// before the next window, the last update can be left out.
template <ending_rule Ending>
class window_match {
public:
    explicit constexpr window_match(unsigned window_bits) noexcept : m_walk(window_bits) {}

    [[nodiscard]] constexpr unsigned window_bits() const noexcept { return m_walk.window_bits(); }

    /// From the beginning of a text on, which is not empty.
    constexpr void start(std::span<const std::uint8_t> text) noexcept {
        EQUINFO_EXPECTS(!text.empty());
        m_text = text;
        m_run.reset();
        m_walk.start();
        m_word = m_kept_word = {};
        m_kept_length = 0;
        settle();
    }

    /// From a prefix of the text on that was reached by other means.
    constexpr void start(std::span<const std::uint8_t> text, const window_start& known) noexcept {
        EQUINFO_EXPECTS(!text.empty() && known.prefix.length <= text.size() && known.kept_length <= known.prefix.length);
        m_text = text;
        m_run.reset();
        m_walk.start(known.prefix);
        m_kept_word = known.kept_word;
        m_kept_length = known.kept_length;
        m_word = known.word;
        settle();
    }

    /// No prediction is needed any more.
    [[nodiscard]] constexpr bool is_done() const noexcept { return m_is_done; }

    /// Takes the distribution behind the symbols so far. Returns the next one, or nothing where no more are needed.
    template <distribution D>
    [[nodiscard]] std::optional<std::uint8_t> step(const D& d) {
        EQUINFO_EXPECTS(!m_is_done);
        return m_run ? run(d) : walk(d);
    }

    /// Once it is done: symbols of the text that the codeword stands for, at least 1.
    [[nodiscard]] constexpr std::size_t length() const noexcept { return m_kept_length; }
    [[nodiscard]] constexpr const codeword& word() const noexcept { return m_kept_word; }

private:
    template <distribution D>
    std::optional<std::uint8_t> walk(const D& d) {
        const std::size_t length = m_walk.length();
        m_walk.open(d);
        if (m_walk.keeps()) {
            keep(length);
        }
        const codeword_slice slice = length == m_text.size() ? codeword_slice{0, 0} : m_walk.slice_of(d, m_text[length]);
        if (slice.count == 0) {
            m_is_done = true;
            return std::nullopt;
        }
        m_word.add(slice.first, m_walk.hidden_bits());
        m_walk.enter(slice);
        settle();
        return m_text[length];
    }

    // Follows the chain until the text leaves it for good or the string's end is known.
    template <distribution D>
    std::optional<std::uint8_t> run(const D& d) {
        const std::uint8_t symbol = m_run->extend(d);
        const bool agrees = m_agreed == m_ran && m_agreed < m_text.size() && m_text[m_agreed] == symbol;
        m_agreed += agrees ? 1u : 0u;
        ++m_ran;
        if (m_walk.length() + m_run->best() > m_agreed) {
            m_is_done = true;
            return std::nullopt;
        }
        settle_run();
        return symbol;
    }

    constexpr void settle() noexcept {
        m_is_done = m_walk.is_closed();
        if (m_is_done) {
            keep(m_walk.length());
        } else if (m_walk.is_single()) {
            m_run.emplace(m_walk.past_kept(), m_walk.room());
            m_ran = m_agreed = m_walk.length();
            settle_run();
        }
    }

    constexpr void settle_run() noexcept {
        m_is_done = m_run->is_decided();
        if (m_is_done) {
            keep(m_walk.length() + m_run->best());
        }
    }

    constexpr void keep(std::size_t length) noexcept {
        m_kept_length = length;
        m_kept_word = m_word;
    }

    window_walk<Ending> m_walk;
    std::span<const std::uint8_t> m_text;
    codeword m_word;              // the first codeword of the prefix
    codeword m_kept_word;              // that of the last prefix that keeps one,
    std::size_t m_kept_length = 0;     // and its symbols
    std::optional<run_on> m_run;  // once one codeword is left,
    std::size_t m_ran = 0;        // symbols with the chain's,
    std::size_t m_agreed = 0;     // and how many of them are the text's
    bool m_is_done = true;
};

}  // namespace equinfo
