// SPDX-License-Identifier: MIT
// Many windows decoded at once, on the lanes of a batched model.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_descent.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Decodes what a window_encoder with reset_each_window wrote, to the same symbols as a window_decoder. All codewords have as many
/// bits and the model forgets before each, so that every window decodes on its own: one on each lane, and the next one in the
/// stream where a lane is done. Worth it for models that make_lanes: a transformer takes several steps in little more than the
/// time of one.
///
///     lane_window_decoder decoder(model.lanes(affordable_lanes(model, 16)), window_bits);
///     decode_windows(decoder, source, windows, text);
///
/// Total, like window_decoder. If the model or the source throws, the windows of the batch are lost (up to 64 a lane), and the
/// source was read as far as their codewords were. Memory: the lanes, 4 KB beside each, and the text of 64 windows a lane.
template <batched_model Lanes, ending_rule Ending = longest_match>
    requires std::same_as<symbol_t<lane_distribution_t<Lanes>>, std::uint8_t>
class lane_window_decoder {
public:
    using ending_type = Ending;

    /// The lanes, at least one, may be in any state.
    explicit lane_window_decoder(Lanes lanes, unsigned window_bits = window_params{}.window_bits)
        : m_model(std::move(lanes)),
          m_window_bits(window_bits),
          m_lanes(m_model.lane_count(), lane_state(window_bits)),
          m_texts(windows_a_lane * m_model.lane_count()) {
        EQUINFO_EXPECTS(m_model.lane_count() >= 1);
    }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_window_bits; }
    /// A new document: nothing to do, since every window is the first.
    void restart() noexcept {}

    /// Reads `windows` * window_bits bits, appends their symbols to `out` and returns how many.
    template <bit_source Source>
    std::size_t decode_windows(Source& source, std::uint64_t windows, std::vector<std::uint8_t>& out) {
        const std::size_t begin = out.size();
        while (windows > 0) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(windows, m_texts.size()));
            decode_batch(source, count);
            for (const auto& text : std::span(m_texts).first(count)) {
                out.insert(out.end(), text.begin(), text.end());
            }
            windows -= count;
        }
        return out.size() - begin;
    }

    /// Reads window_bits bits, appends their symbols to `out` and returns how many.
    template <bit_source Source>
    std::size_t decode_window(Source& source, std::vector<std::uint8_t>& out) {
        return decode_windows(source, 1, out);
    }

private:
    /// Lanes wait for each other at the end of so many.
    static constexpr std::size_t windows_a_lane = 64;

    struct lane_state {
        explicit lane_state(unsigned window_bits) noexcept : descent(window_bits), bits({}, window_bits) {}

        window_descent<Ending> descent;
        codeword_reader bits;
        std::size_t text = 0;  // the window's place in the batch
    };

    template <bit_source Source>
    void decode_batch(Source& source, std::size_t count) {
        std::size_t next = 0;
        m_busy.clear();
        for (std::size_t number = 0; number < m_lanes.size() && next < count; ++number) {
            start(number, next++, source);
            m_busy.push_back(number);
        }
        while (!m_busy.empty()) {
            m_model.predict(std::span<const std::size_t>(m_busy));
            for (const std::size_t number : m_busy) {
                step(number);
                if (m_lanes[number].descent.is_done() && next < count) {
                    start(number, next++, source);
                }
            }
            std::erase_if(m_busy, [&](std::size_t number) { return m_lanes[number].descent.is_done(); });
        }
    }

    void step(std::size_t number) {
        lane_state& lane = m_lanes[number];
        std::vector<std::uint8_t>& text = m_texts[lane.text];
        if (const auto symbol = lane.descent.step(m_model.distribution_of(number), [&](unsigned bits) { return lane.bits.read(bits); })) {
            text.push_back(*symbol);
            if (!lane.descent.is_done()) {
                m_model.update(number, *symbol);
            }
        }
        if (lane.descent.is_done()) {
            text.resize(lane.descent.length());
        }
    }

    template <bit_source Source>
    void start(std::size_t number, std::size_t text, Source& source) {
        lane_state& lane = m_lanes[number];
        m_model.reset(number);
        lane.bits = codeword_reader(read_codeword(source, m_window_bits), m_window_bits);
        lane.descent.start(lane.bits.read(lane.descent.first_bits()));
        lane.text = text;
        m_texts[text].clear();
    }

    Lanes m_model;
    unsigned m_window_bits;
    std::vector<lane_state> m_lanes;
    std::vector<std::size_t> m_busy;                 // numbers of the lanes that have a window
    std::vector<std::vector<std::uint8_t>> m_texts;  // of the windows of a batch
};

}  // namespace equinfo
