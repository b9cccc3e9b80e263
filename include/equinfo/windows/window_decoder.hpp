// SPDX-License-Identifier: MIT
// Windows of exactly window_bits bits back into text.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_descent.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Decodes one codeword at a time. Total: any bits decode to 1..max_window_symbols symbols.
template <byte_model Model, ending_rule Ending = longest_match, reset_policy Reset = reset_each_window>
class window_decoder {
    static constexpr bool longest_match_resets_each_window = Ending::keeps_every_prefix || Reset::at_every_window;
    static_assert(longest_match_resets_each_window,
                  "longest_match steps back over symbols, so the model must be reset at each window: use self_ending");

public:
    using model_type = Model;
    using ending_type = Ending;
    using reset_type = Reset;

    /// The same arguments as the encoder's; the model in the state that the encoder's was in.
    explicit window_decoder(Model model, unsigned window_bits = window_params{}.window_bits, Reset reset = {})
        : m_model(std::move(model)), m_reset(reset), m_descent(window_bits) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_descent.window_bits(); }
    [[nodiscard]] const Model& model() const noexcept { return m_model; }

    /// Starts a new document: the model forgets, and the next window counts as the first.
    void restart() {
        m_model.reset();
        m_window = 0;
    }

    /// Reads window_bits bits, appends their symbols to `out` and returns how many.
    template <bit_source Source>
    std::size_t decode_window(Source& source, std::vector<std::uint8_t>& out) {
        if (m_reset.resets(m_window++)) {
            m_model.reset();
        }
        m_descent.start(source.read(m_descent.first_bits()));
        return decode_rest(source, out.size(), out);
    }

    /// decode_window for a window whose beginning was walked by other means (codebook/window_top.hpp): its symbols from
    /// out[begin] on led to `prefix`, and `offset` is the codeword, as far as it was read, among those of the prefix. Returns
    /// the window's symbols.
    template <bit_source Source>
    std::size_t decode_window(Source& source, const window_prefix& prefix, std::uint64_t offset, std::size_t begin, std::vector<std::uint8_t>& out)
        requires(Reset::at_every_window)
    {
        EQUINFO_EXPECTS(begin + prefix.length == out.size());
        ++m_window;
        m_model.reset();
        follow(m_model, std::span<const std::uint8_t>(out).subspan(begin));
        m_descent.start(prefix, offset);
        return decode_rest(source, begin, out);
    }

private:
    template <bit_source Source>
    std::size_t decode_rest(Source& source, std::size_t begin, std::vector<std::uint8_t>& out) {
        while (!m_descent.is_done()) {
            if (const auto symbol = m_descent.step(m_model.predict(), [&](unsigned bits) { return source.read(bits); })) {
                out.push_back(*symbol);
                if (!Reset::at_every_window || !m_descent.is_done()) {  // else it is reset before it is asked again
                    m_model.update(*symbol);
                }
            }
        }
        if (const unsigned unread = m_descent.unread_bits(); unread > 0) {
            static_cast<void>(source.read(std::min(unread, 64u)));
            static_cast<void>(source.read(unread - std::min(unread, 64u)));
        }
        out.resize(begin + m_descent.length());
        return m_descent.length();
    }

    Model m_model;
    [[no_unique_address]] Reset m_reset;
    std::uint64_t m_window = 0;  // number of the next window
    window_descent<Ending> m_descent;
};

}  // namespace equinfo
