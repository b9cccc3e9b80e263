// SPDX-License-Identifier: MIT
// Windows of exactly window_bits bits back into text.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
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
        : m_model(std::move(model)), m_reset(reset), m_walk(window_bits) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_walk.window_bits(); }
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
        m_walk.start();
        const std::uint64_t offset = source.read(m_walk.window_bits() - m_walk.hidden_bits());
        return decode_from(source, offset, out.size(), out);
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
        m_walk.start(prefix);
        return decode_from(source, offset, begin, out);
    }

private:
    template <bit_source Source>
    std::size_t decode_from(Source& source, std::uint64_t offset, std::size_t begin, std::vector<std::uint8_t>& out) {
        while (!m_walk.is_closed()) {
            if (m_walk.is_single()) {
                run_on_from(begin, out);
                break;
            }
            const auto& d = m_model.predict();
            m_walk.open(d);
            if (m_walk.keeps() && offset == 0) {
                break;
            }
            const located_codeword found = m_walk.locate(d, offset);
            offset -= found.slice.first;
            if (const unsigned shown = m_walk.enter(found.slice); shown > 0) {
                offset = offset << shown | source.read(shown);
            }
            m_model.update(found.symbol);
            out.push_back(found.symbol);
        }
        if (m_walk.hidden_bits() > 0) {
            static_cast<void>(source.read(std::min(m_walk.hidden_bits(), 64u)));
            static_cast<void>(source.read(m_walk.hidden_bits() - std::min(m_walk.hidden_bits(), 64u)));
        }
        return out.size() - begin;
    }

    void run_on_from(std::size_t begin, std::vector<std::uint8_t>& out) {
        run_on run(m_walk.past_kept(), max_window_symbols(m_walk.window_bits()) - m_walk.length());
        while (!run.is_decided()) {
            const std::uint8_t symbol = run.extend(m_model.predict());
            out.push_back(symbol);
            if (!run.is_decided()) {
                m_model.update(symbol);
            }
        }
        out.resize(begin + m_walk.length() + run.best());
    }

    Model m_model;
    [[no_unique_address]] Reset m_reset;
    std::uint64_t m_window = 0;  // number of the next window
    window_walk<Ending> m_walk;
};

}  // namespace equinfo
