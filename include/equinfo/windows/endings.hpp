// SPDX-License-Identifier: MIT
// The two rules that say which prefixes own a codeword, and the policies that say when the model forgets.
#pragma once

#include <equinfo/config.hpp>

#include <concepts>
#include <cstdint>

namespace equinfo {

/// Every prefix keeps a codeword: a window can end anywhere. One pass, no look-ahead, so the model may keep its context
/// over the borders of windows.
struct self_ending {
    static constexpr bool keeps_every_prefix = true;
    /// A symbol gets its first codeword where its share of them is at least 1 / first_weight.
    static constexpr std::uint64_t first_weight = 2;
};

/// A prefix keeps a codeword only where ending there is worth one; the encoder steps back to the last kept one. A window of 16
/// bits holds 9 % more text, one of 128 bits 0.6 % (docs/windows.md). Needs a model that is reset at every window.
struct longest_match {
    static constexpr bool keeps_every_prefix = false;
    static constexpr std::uint64_t first_weight = 3;
    /// At a prefix that is `past_kept` symbols longer than the last kept one, keep where
    /// keep_weight * past_kept * (probability that the next symbol has no codeword) is worth more than one codeword.
    static constexpr std::uint64_t keep_weight = 5;
};

/// Says whether a window can end behind every symbol.
template <class E>
concept says_who_keeps = requires {
    { E::keeps_every_prefix } -> std::convertible_to<bool>;
};

/// Says how early a symbol gets its first codeword.
template <class E>
concept weighs_first_codeword = requires {
    { E::first_weight } -> std::convertible_to<std::uint64_t>;
};

/// Which prefixes own a codeword. The two rules here are all there are: codewords are part of the format.
template <class E>
concept ending_rule = says_who_keeps<E> && weighs_first_codeword<E>;

/// The model forgets at the start of every window, so that each window decodes on its own. The default.
struct reset_each_window {
    static constexpr bool at_every_window = true;
    [[nodiscard]] constexpr bool resets(std::uint64_t /*window*/) const noexcept { return true; }
};

/// The model goes on over all windows; only the interval starts afresh.
struct keep_model {
    static constexpr bool at_every_window = false;
    [[nodiscard]] constexpr bool resets(std::uint64_t /*window*/) const noexcept { return false; }
};

/// The model forgets at the start of windows 0, k, 2k, ...
struct reset_every {
    static constexpr bool at_every_window = false;
    std::uint64_t windows = 1;  ///< k, at least 1
    [[nodiscard]] constexpr bool resets(std::uint64_t window) const noexcept {
        EQUINFO_EXPECTS(windows >= 1);
        return window % windows == 0;
    }
};

/// Says whether each window starts with a model that is reset.
template <class R>
concept says_if_always = requires {
    { R::at_every_window } -> std::convertible_to<bool>;
};

/// Says whether the model is to be reset before the window of this number.
template <class R>
concept chooses_resets = requires(const R& policy, std::uint64_t window) {
    { policy.resets(window) } -> std::same_as<bool>;
};

template <class R>
concept reset_policy = says_if_always<R> && chooses_resets<R>;

}  // namespace equinfo
