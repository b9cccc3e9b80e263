// SPDX-License-Identifier: MIT
// Several models into one: a weighted mean of their probabilities, exact.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace equinfo {

/// A byte_model whose cumulative frequencies are the weighted mean of those of two or more others.
///
/// The mean of cumulative frequencies, rounded down, is again a tiling: where each model gives a symbol at least one
/// count, so does the mean. The weights follow the text by Bayes' rule: a model's weight grows with the probability
/// that it gave to what came; each keeps a floor, so that it can come back.
template <byte_model... Models>
class mixed_model {
public:
    static_assert(sizeof...(Models) >= 2 && sizeof...(Models) <= 64, "a mixture is made of 2 to 64 models");
    static constexpr std::size_t model_count = sizeof...(Models);

private:
    using predictions = std::tuple<decltype(std::declval<Models&>().predict())...>;
    static constexpr unsigned weight_bits = 16;
    static constexpr std::uint32_t weight_sum = std::uint32_t{1} << weight_bits;
    static constexpr std::uint32_t weight_floor = weight_sum / 1024;
    using weights = std::array<std::uint32_t, model_count>;

public:
    class distribution_type {
    public:
        using symbol_type = std::uint8_t;
        static constexpr unsigned precision = std::max({distribution_t<Models>::precision...});

        [[nodiscard]] frequency_range range_of(std::uint8_t symbol) const noexcept {
            std::uint64_t low = 0;
            std::uint64_t high = 0;
            add_shares(symbol, low, high, std::make_index_sequence<model_count>{});
            const auto first = static_cast<frequency>(low >> weight_bits);
            return {first, static_cast<frequency>(high >> weight_bits) - first};
        }

        /// Binary search: eight times range_of.
        [[nodiscard]] located_symbol<std::uint8_t> locate(frequency point) const noexcept {
            EQUINFO_EXPECTS(point < frequency{1} << precision);
            unsigned symbol = 0;
            frequency_range range = range_of(0);
            for (unsigned step = 128; step != 0; step /= 2) {
                const frequency_range next = range_of(static_cast<std::uint8_t>(symbol + step));
                if (next.low <= point) {
                    symbol += step;
                    range = next;
                }
            }
            return {static_cast<std::uint8_t>(symbol), range};
        }

    private:
        friend class mixed_model;
        distribution_type(predictions p, const weights& w) : m_predictions(std::move(p)), m_weights(w) {}

        template <std::size_t... I>
        void add_shares(std::uint8_t symbol, std::uint64_t& low, std::uint64_t& high,
                        std::index_sequence<I...>) const noexcept {
            (add_share<I>(symbol, low, high), ...);
        }

        template <std::size_t I>
        void add_share(std::uint8_t symbol, std::uint64_t& low, std::uint64_t& high) const noexcept {
            const auto& prediction = std::get<I>(m_predictions);
            constexpr unsigned lift = precision - std::remove_cvref_t<decltype(prediction)>::precision;
            const frequency_range range = prediction.range_of(symbol);
            low += (std::uint64_t{range.low} << lift) * m_weights[I];
            high += (std::uint64_t{range.low + range.freq} << lift) * m_weights[I];
        }

        predictions m_predictions;
        weights m_weights;
    };

    mixed_model()
        requires(std::default_initializable<Models> && ...)
    {
        reset_weights();
    }

    /// All models start with the same weight.
    explicit mixed_model(Models... models) : m_models(std::move(models)...) { reset_weights(); }

    [[nodiscard]] distribution_type predict() {
        return distribution_type(std::apply([](Models&... m) { return predictions(m.predict()...); }, m_models),
                                 m_weights);
    }

    void update(std::uint8_t symbol) {
        learn_weights(symbol, std::make_index_sequence<model_count>{});
        std::apply([symbol](Models&... m) { (m.update(symbol), ...); }, m_models);
    }

    void reset() {
        reset_weights();
        std::apply([](Models&... m) { (m.reset(), ...); }, m_models);
    }

    [[nodiscard]] std::uint64_t fingerprint() const
        requires(names_itself<Models> && ...)
    {
        fingerprint_builder builder("mixed_model 1");
        std::apply([&builder](const Models&... m) { (builder.add(m.fingerprint()), ...); }, m_models);
        return builder.value();
    }

private:
    void reset_weights() noexcept {
        m_weights.fill(weight_sum / model_count);
        m_weights[0] += weight_sum % model_count;
    }

    /// weight_i <- weight_i * p_i(symbol), scaled to the same sum, and lifted to the floor.
    template <std::size_t... I>
    void learn_weights(std::uint8_t symbol, std::index_sequence<I...>) {
        constexpr unsigned precision = distribution_type::precision;
        const std::array<std::uint64_t, model_count> evidence{
            (std::uint64_t{std::get<I>(m_models).predict().range_of(symbol).freq}
             << (precision - distribution_t<Models>::precision)) *
            m_weights[I]...};
        std::uint64_t total = 0;
        for (const std::uint64_t e : evidence) {
            total += e;  // at most 2^(24 + 16)
        }
        constexpr std::uint32_t shared = weight_sum - weight_floor * static_cast<std::uint32_t>(model_count);
        std::uint32_t given = 0;
        for (std::size_t i = 0; i < model_count; ++i) {
            m_weights[i] = weight_floor + static_cast<std::uint32_t>(evidence[i] * shared / total);
            given += m_weights[i];
        }
        m_weights[0] += weight_sum - given;  // what rounding left, less than one a model
    }

    std::tuple<Models...> m_models;
    weights m_weights{};
};

}  // namespace equinfo
