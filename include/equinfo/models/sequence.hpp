// SPDX-License-Identifier: MIT
// Where model and coder meet: predict, code, update.
#pragma once

#include <equinfo/coding/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <span>

namespace equinfo {

/// Codes one symbol with the model's prediction, and lets the model learn it.
template <probability_model Model, slice_encoder Encoder>
EQUINFO_FORCE_INLINE void encode_symbol(Model& model, symbol_t<distribution_t<Model>> symbol, Encoder& encoder) {
    encoder.encode(model.predict().range_of(symbol), distribution_t<Model>::precision);
    model.update(symbol);
}

/// The inverse of encode_symbol.
template <probability_model Model, slice_decoder Decoder>
[[nodiscard]] EQUINFO_FORCE_INLINE symbol_t<distribution_t<Model>> decode_symbol(Model& model, Decoder& decoder) {
    constexpr unsigned precision = distribution_t<Model>::precision;
    const auto found = model.predict().locate(decoder.point(precision));
    decoder.advance(found.range, precision);
    model.update(found.symbol);
    return found.symbol;
}

/// Codes all of `text`. The model goes on from the state it is in; the message is not ended.
template <probability_model Model, slice_encoder Encoder>
void encode_sequence(Model& model, std::span<const symbol_t<distribution_t<Model>>> text, Encoder& encoder) {
    if constexpr (foresees_text<Model>) {
        model.foresee(text, [&encoder](const distribution_t<Model>& prediction, symbol_t<distribution_t<Model>> symbol) {
            encoder.encode(prediction.range_of(symbol), distribution_t<Model>::precision);
        });
    } else {
        for (const auto symbol : text) {
            encode_symbol(model, symbol, encoder);
        }
    }
}

/// Decodes as many symbols as `text` has room for.
template <probability_model Model, slice_decoder Decoder>
void decode_sequence(Model& model, std::span<symbol_t<distribution_t<Model>>> text, Decoder& decoder) {
    for (auto& symbol : text) {
        symbol = decode_symbol(model, decoder);
    }
}

}  // namespace equinfo
