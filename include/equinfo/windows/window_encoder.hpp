// SPDX-License-Identifier: MIT
// Text into windows of exactly window_bits bits.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_match.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace equinfo {

/// Encodes the beginning of a text into one codeword, window after window. Uniquely decodable: a codeword is a string.
/// Does not throw (unless the model or the sink does) and does not allocate. A model that foresees_text and branches_text, and is
/// reset at every window, works out many positions at once: the same bits, up to three times as fast, with AMX seven.
template <byte_model Model, ending_rule Ending = longest_match, reset_policy Reset = reset_each_window>
class window_encoder {
    static constexpr bool longest_match_resets_each_window = Ending::keeps_every_prefix || Reset::at_every_window;
    static_assert(longest_match_resets_each_window,
                  "longest_match steps back over symbols, so the model must be reset at each window: use self_ending");

public:
    using model_type = Model;
    using ending_type = Ending;
    using reset_type = Reset;

    /// window_bits: 9..128. A model that is not reset starts in the state it comes in.
    explicit window_encoder(Model model, unsigned window_bits = window_params{}.window_bits, Reset reset = {})
        : m_model(std::move(model)), m_reset(reset), m_match(window_bits) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_match.window_bits(); }
    [[nodiscard]] const Model& model() const noexcept { return m_model; }
    /// True if the model will be reset before the next window.
    [[nodiscard]] bool resets_next() const noexcept { return m_reset.resets(m_window); }

    /// Starts a new document: the model forgets, and the next window counts as the first.
    void restart() {
        m_model.reset();
        m_window = 0;
    }

    /// Writes one codeword and returns how many symbols of `text` it stands for: at least 1, if there is text, and at most
    /// max_window_symbols. The symbols that it takes never depend on text behind them that it was not given, except that more
    /// text can make a window longer: give max_window_symbols at a time, or all that is left. Without text it does nothing.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, Sink& sink) {
        if (text.empty()) {
            return 0;
        }
        if (m_reset.resets(m_window++)) {
            m_model.reset();
        }
        m_match.start(text);
        return encode_rest(text, 0, sink);
    }

    /// encode_window for a text whose first symbols were walked by other means (codebook/window_top.hpp): `start` is where
    /// that led. The model gets those symbols without being asked for predictions.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, const window_start& start, Sink& sink)
        requires(Reset::at_every_window)
    {
        m_match.start(text, start);
        ++m_window;
        m_model.reset();
        follow(m_model, text.first(start.prefix.length));
        return encode_rest(text, start.prefix.length, sink);
    }

private:
    /// Text is known, so a model that can works many positions out at once; what lies behind the window was in vain.
    static constexpr bool reads_ahead = Reset::at_every_window && foresees_text<Model> && branches_text<Model>;

    // The model was given `given` symbols of the text.
    template <bit_sink Sink>
    std::size_t encode_rest(std::span<const std::uint8_t> text, std::size_t given, Sink& sink) {
        if constexpr (reads_ahead) {
            read_ahead(text, given);
        }
        while (!m_match.is_done()) {
            const auto symbol = m_match.step(m_model.predict());
            if (symbol && (!Reset::at_every_window || !m_match.is_done())) {  // else it is reset before it is asked again
                m_model.update(*symbol);
            }
        }
        write_codeword(sink, m_match.word(), m_match.window_bits());
        return m_match.length();
    }

    void read_ahead(std::span<const std::uint8_t> text, std::size_t given)
        requires(reads_ahead)
    {
        std::size_t at = given;
        bool agrees = !m_match.is_done();
        // At first as many as the last windows looked at on average, then a quarter of that and 2: by trial (docs/benchmarks.md).
        for (std::size_t count = m_symbols / unit; agrees && at < text.size(); count = count / 4 + 2) {
            std::optional<std::uint8_t> next;
            m_model.foresee(text.subspan(at, std::min(count, text.size() - at)), [&](const distribution_t<Model>& d, std::uint8_t symbol) {
                if (agrees) {
                    next = m_match.step(d);
                    agrees = next == symbol && !m_match.is_done();
                    at += agrees ? 1u : 0u;
                }
            });
            if (!agrees && !m_match.is_done()) {
                m_model.branch(text.first(at), *next);
            }
        }
        m_symbols += (unit * (at - given + 1) + 4) / 8 - m_symbols / 8;
    }

    static constexpr std::size_t unit = 64;

    Model m_model;
    [[no_unique_address]] Reset m_reset;
    std::uint64_t m_window = 0;  // number of the next window
    window_match<Ending> m_match;
    std::size_t m_symbols = 8 * unit;  // mean of the symbols of the text that a window looks at, and one, times `unit`
};

}  // namespace equinfo
