// SPDX-License-Identifier: MIT
// What M2 is asked to learn about a tokenization: to predict tokens, to turn them into text, and text into them.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m2/sequence.hpp>
#include <equinfo/m2/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo::m2 {

/// A text cut into pieces, some of which are not learnt from.
struct split_text {
    std::vector<std::span<const std::uint8_t>> learnt;
    std::vector<std::span<const std::uint8_t>> held;
};

/// Pieces of so many bytes, what is left at the end of the text left out; every one of `held_every` is held back. A
/// text is seldom the same from start to end, so the pieces are taken from all over it.
[[nodiscard]] inline split_text split(std::span<const std::uint8_t> text, std::size_t piece_bytes,
                                      std::size_t held_every = 10) {
    EQUINFO_EXPECTS(piece_bytes != 0 && held_every != 0);
    split_text parts;
    for (std::size_t number = 0; text.size() >= piece_bytes; ++number, text = text.subspan(piece_bytes)) {
        (number % held_every == held_every - 1 ? parts.held : parts.learnt).push_back(text.first(piece_bytes));
    }
    return parts;
}

/// A shape, and what is learnt and measured with it.
struct task {
    model_shape shape;
    std::vector<sequence> learnt;
    std::vector<sequence> held;
};

namespace detail {

template <class Make>
[[nodiscard]] task make_task(const model_shape& shape, const split_text& texts, Make&& make) {
    task made{shape, {}, {}};
    for (const std::span<const std::uint8_t> text : texts.learnt) {
        made.learnt.push_back(make(text));
    }
    for (const std::span<const std::uint8_t> text : texts.held) {
        made.held.push_back(make(text));
    }
    return made;
}

inline void append_bytes(std::span<const std::uint8_t> text, std::uint32_t first, std::vector<std::uint32_t>& ids) {
    for (const std::uint8_t byte : text) {
        ids.push_back(first + byte);
    }
}

}  // namespace detail

/// To predict the tokens of each piece, which is coded by itself: code(bytes) gives a vector of ids below
/// `vocabulary`.
template <class Code>
[[nodiscard]] task language_task(const m1_shape& layers, const split_text& texts, std::uint32_t vocabulary,
                                 Code&& code) {
    return detail::make_task({layers, vocabulary, 0, vocabulary}, texts, [&](std::span<const std::uint8_t> text) {
        return sequence{code(text), 0, text.size()};
    });
}

/// To predict the bytes of each piece, its tokens given (section 5.2). Ids: tokens, one that parts, bytes.
template <class Code>
[[nodiscard]] task decompression_task(const m1_shape& layers, const split_text& texts, std::uint32_t vocabulary,
                                      Code&& code) {
    return detail::make_task({layers, vocabulary + 257, vocabulary + 1, 256}, texts,
                             [&](std::span<const std::uint8_t> text) {
                                 sequence made{code(text), 0, text.size()};
                                 made.ids.push_back(vocabulary);
                                 made.given = made.ids.size();
                                 detail::append_bytes(text, vocabulary + 1, made.ids);
                                 return made;
                             });
}

/// To predict the tokens of each piece, its bytes given.
template <class Code>
[[nodiscard]] task compression_task(const m1_shape& layers, const split_text& texts, std::uint32_t vocabulary,
                                    Code&& code) {
    return detail::make_task({layers, vocabulary + 257, 0, vocabulary}, texts, [&](std::span<const std::uint8_t> text) {
        sequence made{{}, 0, text.size()};
        detail::append_bytes(text, vocabulary + 1, made.ids);
        made.ids.push_back(vocabulary);
        made.given = made.ids.size();
        const std::vector<std::uint32_t> ids = code(text);
        made.ids.insert(made.ids.end(), ids.begin(), ids.end());
        return made;
    });
}

/// The same sequences with only the later half of what is predicted predicted. Any code that starts with its text gives
/// the first few bytes of it away; whoever can read it goes on to.
[[nodiscard]] inline std::vector<sequence> later_halves(std::span<const sequence> texts) {
    std::vector<sequence> later(texts.begin(), texts.end());
    for (sequence& text : later) {
        text.given += text.predicted() / 2;
        text.bytes -= text.bytes / 2;
    }
    return later;
}

}  // namespace equinfo::m2
