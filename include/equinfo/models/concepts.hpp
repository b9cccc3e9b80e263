// SPDX-License-Identifier: MIT
// What a distribution and a probability model must be able to do.
#pragma once

#include <equinfo/coding/frequency.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace equinfo {

/// A symbol and the slice that it owns: what a decoder finds at a point.
template <class Symbol>
struct located_symbol {
    Symbol symbol;
    frequency_range range;
    friend constexpr bool operator==(const located_symbol&, const located_symbol&) = default;
};

/// The symbols of a distribution; `std::uint8_t` for text.
template <class D>
using symbol_t = typename std::remove_cvref_t<D>::symbol_type;

template <class D>
concept names_symbol_type = requires { typename symbol_t<D>; } && std::regular<symbol_t<D>>;

/// Part of the type, so that coders know it at compile time.
template <class D>
concept states_precision = requires {
    { D::precision } -> std::convertible_to<unsigned>;
} && (D::precision >= 1 && D::precision <= max_precision);

template <class D>
concept maps_symbol_to_range = requires(const D& d, symbol_t<D> symbol) {
    { d.range_of(symbol) } -> std::same_as<frequency_range>;
};

template <class D>
concept maps_point_to_symbol = requires(const D& d, frequency point) {
    { d.locate(point) } -> std::same_as<located_symbol<symbol_t<D>>>;
};

/// The probabilities of one step. The slices of all symbols, in the order of the symbols, tile
/// [0, 2^precision) without gap or overlap, and none is empty. Not required: a list of all frequencies, so that a
/// model may work out only the slice that is asked for.
template <class D>
concept distribution =
    names_symbol_type<D> && states_precision<D> && maps_symbol_to_range<D> && maps_point_to_symbol<D>;

/// Optional: writes the frequencies of all 256 symbols faster than 256 calls of range_of would.
template <class D>
concept lists_frequencies = requires(const D& d, std::span<frequency, 256> out) {
    { d.frequencies(out) } -> std::same_as<void>;
};

template <class M>
concept predicts_distribution =
    requires(M& m) { m.predict(); } && distribution<std::remove_cvref_t<decltype(std::declval<M&>().predict())>>;

/// The type that `predict` returns, without reference.
template <class M>
using distribution_t = std::remove_cvref_t<decltype(std::declval<M&>().predict())>;

template <class M>
concept learns_symbol = requires(M& m, symbol_t<distribution_t<M>> symbol) {
    { m.update(symbol) } -> std::same_as<void>;
};

template <class M>
concept forgets_context = requires(M& m) {
    { m.reset() } -> std::same_as<void>;
};

/// predict(), code one symbol, update(symbol), and again; reset() goes back to the state of a new object.
/// What predict() returns may refer into the model and holds until the next update() or reset().
/// Not checkable, but tested for every model that ships: two objects that saw the same calls predict the same integers.
template <class M>
concept probability_model = predicts_distribution<M> && learns_symbol<M> && forgets_context<M>;

/// Its symbols are the 256 bytes: what windows, tokens and archives are made of.
template <class M>
concept byte_model = probability_model<M> && std::same_as<symbol_t<distribution_t<M>>, std::uint8_t>;

/// Optional: predicts many positions of a text that is known, faster than step by step: foresee(text, visit) does the same
/// as predict(), visit(prediction, symbol) and update(symbol) for each symbol of the text.
template <class M>
concept foresees_text = requires(M& m, std::span<const symbol_t<distribution_t<M>>> text) {
    m.foresee(text, [](const distribution_t<M>&, symbol_t<distribution_t<M>>) {});
};

/// Optional: follows a text that is known without predicting it, faster than step by step: follow(text) does the same as
/// update(symbol) for each symbol of the text.
template <class M>
concept follows_text = requires(M& m, std::span<const symbol_t<distribution_t<M>>> text) {
    { m.follow(text) } -> std::same_as<void>;
};

/// Optional: branch(prefix, symbol) makes the text prefix and symbol, where the text so far begins with the prefix: the same
/// as a reset and an update for each of them, mostly without the work for the prefix.
template <class M>
concept branches_text = requires(M& m, std::span<const symbol_t<distribution_t<M>>> prefix, symbol_t<distribution_t<M>> symbol) {
    { m.branch(prefix, symbol) } -> std::same_as<void>;
};

/// Names its integers by 64 bits, so that a file can say which model it needs (bits/fingerprint.hpp).
template <class M>
concept names_itself = requires(const M& m) {
    { m.fingerprint() } -> std::same_as<std::uint64_t>;
};

/// A byte model that can stand in a file's header.
template <class M>
concept identified_model = byte_model<M> && names_itself<M>;

/// The same as update(symbol) for each symbol of the text.
template <probability_model M>
void follow(M& model, std::span<const symbol_t<distribution_t<M>>> text) {
    if constexpr (follows_text<M>) {
        model.follow(text);
    } else {
        for (const auto symbol : text) {
            model.update(symbol);
        }
    }
}

/// Writes the frequencies of all 256 symbols, in order, to `out`.
template <distribution D>
    requires std::same_as<symbol_t<D>, std::uint8_t>
void list_frequencies(const D& d, std::span<frequency, 256> out) {
    if constexpr (lists_frequencies<D>) {
        d.frequencies(out);
    } else {
        for (std::size_t symbol = 0; symbol < out.size(); ++symbol) {
            out[symbol] = d.range_of(static_cast<std::uint8_t>(symbol)).freq;
        }
    }
}

}  // namespace equinfo
