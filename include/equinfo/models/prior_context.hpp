// SPDX-License-Identifier: MIT
// Another model as an input of a context_model: what it says about each binary decision.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/logistic.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace equinfo {

/// Stands for a prior where there is none.
struct no_prior {};

namespace detail {

/// A model, and what it predicts for the coming symbol.
template <class Prior>
class prior_context {
    using prediction = decltype(std::declval<Prior&>().predict());
    using distribution_type = std::remove_cvref_t<prediction>;

public:
    static constexpr bool never_throws = noexcept(std::declval<Prior&>().predict()) &&
                                         noexcept(std::declval<Prior&>().update(std::uint8_t{})) &&
                                         noexcept(std::declval<Prior&>().reset());

    explicit prior_context(Prior prior) : m_prior(std::move(prior)) { reset(); }

    // A prediction may refer into the model that made it: a copy asks its own.
    prior_context(const prior_context& other) : m_prior(other.m_prior) { ask(); }
    prior_context(prior_context&& other) noexcept(never_throws && std::is_nothrow_move_constructible_v<Prior>)
        : m_prior(std::move(other.m_prior)) {
        ask();
    }
    prior_context& operator=(const prior_context& other) {
        m_prior = other.m_prior;
        ask();
        return *this;
    }
    prior_context& operator=(prior_context&& other) noexcept(never_throws && std::is_nothrow_move_assignable_v<Prior>) {
        m_prior = std::move(other.m_prior);
        ask();
        return *this;
    }
    ~prior_context() = default;

    [[nodiscard]] const Prior& prior() const noexcept { return m_prior; }

    void update(std::uint8_t symbol) noexcept(never_throws) {
        m_prior.update(symbol);
        ask();
    }

    void reset() noexcept(never_throws) {
        m_prior.reset();
        ask();
    }

    /// The stretched probability that the next bit is a one; `partial` is a one followed by the `depth` bits before it.
    [[nodiscard]] std::int16_t stretched_one(unsigned depth, unsigned partial) const noexcept {
        const unsigned width = 128u >> depth;  // symbols on either side
        const unsigned first = 2 * width * partial - 256;
        const frequency middle = low(first + width);
        const frequency_range last = m_prediction->range_of(static_cast<std::uint8_t>(first + 2 * width - 1));
        const std::int32_t stretched = logarithm(last.low + last.freq - middle) - logarithm(middle - low(first));
        return static_cast<std::int16_t>(std::clamp(stretched, -stretch_limit, stretch_limit));
    }

private:
    [[nodiscard]] frequency low(unsigned symbol) const noexcept {
        return m_prediction->range_of(static_cast<std::uint8_t>(symbol)).low;
    }

    void ask() noexcept(never_throws) {
        if constexpr (std::is_reference_v<prediction>) {
            m_prediction = &m_prior.predict();
        } else {
            m_prediction.emplace(m_prior.predict());
        }
    }

    Prior m_prior;
    std::conditional_t<std::is_reference_v<prediction>, const distribution_type*, std::optional<distribution_type>>
        m_prediction{};
};

template <>
class prior_context<no_prior> {
public:
    static constexpr bool never_throws = true;
    explicit prior_context(no_prior) noexcept {}
    void update(std::uint8_t) noexcept {}
    void reset() noexcept {}
};

}  // namespace detail
}  // namespace equinfo
