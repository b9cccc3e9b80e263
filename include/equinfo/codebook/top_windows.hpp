// SPDX-License-Identifier: MIT
// Windows of any size whose likely beginnings are looked up instead of predicted.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/codebook/window_top.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

namespace detail {

[[nodiscard]] inline unsigned window_bits_of(const std::shared_ptr<const window_top>& top) {
    EQUINFO_EXPECTS(top != nullptr);
    return top->window_bits();
}

}  // namespace detail

/// A window_encoding: the same codewords as window_encoder. `top` was compiled with the same model and ending rule.
template <byte_model Model, ending_rule Ending = longest_match>
class top_window_encoder {
public:
    top_window_encoder(Model model, std::shared_ptr<const window_top> top)
        : m_top(std::move(top)), m_encoder(std::move(model), detail::window_bits_of(m_top)) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_encoder.window_bits(); }
    [[nodiscard]] const Model& model() const noexcept { return m_encoder.model(); }
    void restart() { m_encoder.restart(); }

    /// See window_encoder::encode_window.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, Sink& sink) {
        if (text.empty()) {
            return 0;
        }
        const window_top& top = *m_top;
        std::uint32_t number = 0;
        for (std::size_t length = 0; length < text.size(); ++length) {
            const std::uint32_t child = top.child(top[number], text[length]);
            if (child == 0) {
                break;
            }
            number = child;
        }
        const window_top::node& node = top[number];
        const window_top::node& kept = top[node.kept];
        if (node.state.length == text.size()) {
            write_codeword(sink, kept.word, window_bits());
            return kept.state.length;
        }
        return m_encoder.encode_window(text, {node.state, node.word, kept.state.length, kept.word}, sink);
    }

private:
    std::shared_ptr<const window_top> m_top;
    window_encoder<Model, Ending> m_encoder;
};

/// A window_decoding: the same text as window_decoder.
template <byte_model Model, ending_rule Ending = longest_match>
class top_window_decoder {
public:
    top_window_decoder(Model model, std::shared_ptr<const window_top> top)
        : m_top(std::move(top)), m_decoder(std::move(model), detail::window_bits_of(m_top)) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_decoder.window_bits(); }
    [[nodiscard]] const Model& model() const noexcept { return m_decoder.model(); }
    void restart() { m_decoder.restart(); }

    /// See window_decoder::decode_window.
    template <bit_source Source>
    std::size_t decode_window(Source& source, std::vector<std::uint8_t>& out) {
        const window_top& top = *m_top;
        const std::size_t begin = out.size();
        std::uint32_t number = 0;
        std::uint64_t offset = source.read(window_bits() - top[0].state.hidden_bits);
        for (;;) {
            const window_top::node& node = top[number];
            const std::uint32_t child = node.keeps && offset == 0 ? 0 : top.child_at(node, offset);
            if (child == 0) {
                return m_decoder.decode_window(source, node.state, offset, begin, out);
            }
            offset -= top[child].first;
            if (const unsigned shown = node.state.hidden_bits - top[child].state.hidden_bits; shown > 0) {
                offset = offset << shown | source.read(shown);
            }
            out.push_back(top[child].symbol);
            number = child;
        }
    }

private:
    std::shared_ptr<const window_top> m_top;
    window_decoder<Model, Ending> m_decoder;
};

}  // namespace equinfo
