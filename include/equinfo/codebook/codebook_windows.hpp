// SPDX-License-Identifier: MIT
// A codebook in the place of model and window coder.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// A window_encoding: the same codewords as window_encoder with the codebook's model. It has no state.
class codebook_encoder {
public:
    explicit codebook_encoder(std::shared_ptr<const codebook> book) : m_book(std::move(book)) { EQUINFO_EXPECTS(m_book != nullptr); }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_book->window_bits(); }
    void restart() noexcept {}

    /// See window_encoder::encode_window.
    template <bit_sink Sink>
    std::size_t encode_window(std::span<const std::uint8_t> text, Sink& sink) {
        if (text.empty()) {
            return 0;
        }
        const string_match match = m_book->match(text);
        sink.write(match.number, m_book->window_bits());
        return match.length;
    }

    [[nodiscard]] const std::shared_ptr<const codebook>& book() const noexcept { return m_book; }

private:
    std::shared_ptr<const codebook> m_book;
};

/// A window_decoding. Total: all 2^b codewords decode.
class codebook_decoder {
public:
    explicit codebook_decoder(std::shared_ptr<const codebook> book) : m_book(std::move(book)) { EQUINFO_EXPECTS(m_book != nullptr); }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_book->window_bits(); }
    void restart() noexcept {}

    /// See window_decoder::decode_window.
    template <bit_source Source>
    std::size_t decode_window(Source& source, std::vector<std::uint8_t>& out) {
        const std::span string = (*m_book)[static_cast<std::size_t>(source.read(m_book->window_bits()))];
        out.insert(out.end(), string.begin(), string.end());
        return string.size();
    }

    [[nodiscard]] const std::shared_ptr<const codebook>& book() const noexcept { return m_book; }

private:
    std::shared_ptr<const codebook> m_book;
};

}  // namespace equinfo
