// SPDX-License-Identifier: MIT
// Text into windows of exactly window_bits bits.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace equinfo {

/// Encodes the beginning of a text into one codeword, window after window. Uniquely decodable: a codeword is a string.
/// Does not throw (unless the model or the sink does) and does not allocate.
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
        : m_model(std::move(model)), m_reset(reset), m_walk(window_bits) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_walk.window_bits(); }
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
        m_walk.start();
        return encode_from(text, {}, {}, sink);
    }

    /// What is known of the beginning of a window: where its walk is, and the last prefix on the way that keeps a codeword.
    struct window_start {
        window_prefix prefix;
        codeword word;            ///< the prefix's first codeword
        std::size_t kept_length;  ///< symbols of the kept prefix; 0: none yet
        codeword kept_word;
    };

    /// encode_window for a text whose first symbols were walked by other means (codebook/window_top.hpp): `start` is where
    /// that led. The model gets those symbols without being asked for predictions.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, const window_start& start, Sink& sink)
        requires(Reset::at_every_window)
    {
        EQUINFO_EXPECTS(start.prefix.length <= text.size());
        ++m_window;
        m_model.reset();
        follow(m_model, text.first(start.prefix.length));
        m_walk.start(start.prefix);
        return encode_from(text, start.word, {start.kept_length, start.kept_word}, sink);
    }

private:
    struct kept_codeword {
        std::size_t length = 0;  // symbols of the string
        codeword word;
    };

    template <bit_sink Sink>
    std::size_t encode_from(std::span<const std::uint8_t> text, const codeword& word, kept_codeword kept, Sink& sink) {
        m_word = word;
        for (std::size_t length = m_walk.length();; ++length) {
            if (m_walk.is_closed()) {
                kept = {length, m_word};
                break;
            }
            if (m_walk.is_single()) {
                run_on_from(length, text, kept);
                break;
            }
            const auto& d = m_model.predict();
            m_walk.open(d);
            if (m_walk.keeps()) {
                kept = {length, m_word};
            }
            if (length == text.size()) {
                break;
            }
            const codeword_slice slice = m_walk.slice_of(d, text[length]);
            if (slice.count == 0) {
                break;
            }
            m_word.add(slice.first, m_walk.hidden_bits());
            m_walk.enter(slice);
            m_model.update(text[length]);
        }
        write_codeword(sink, kept.word, m_walk.window_bits());
        return kept.length;
    }

    // Follows the chain until the text leaves it for good or the string's end is known.
    void run_on_from(std::size_t length, std::span<const std::uint8_t> text, kept_codeword& kept) {
        run_on run(m_walk.past_kept(), max_window_symbols(m_walk.window_bits()) - length);
        std::size_t agreed = length;
        for (std::size_t at = length; !run.is_decided(); ++at) {
            const std::uint8_t symbol = run.extend(m_model.predict());
            agreed += agreed == at && at < text.size() && text[at] == symbol ? 1u : 0u;
            if (length + run.best() > agreed) {
                return;
            }
            if (!run.is_decided()) {
                m_model.update(symbol);
            }
        }
        kept = {length + run.best(), m_word};
    }

    Model m_model;
    [[no_unique_address]] Reset m_reset;
    std::uint64_t m_window = 0;  // number of the next window
    window_walk<Ending> m_walk;
    codeword m_word;             // the first codeword of the prefix
};

}  // namespace equinfo
