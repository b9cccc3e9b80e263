// SPDX-License-Identifier: MIT
// Models that predict for many independent texts at once.
#pragma once

#include <equinfo/coding/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

template <class M>
concept counts_lanes = requires(const M& m) {
    { m.lane_count() } -> std::same_as<std::size_t>;
};

/// One call for all the lanes that go on, so that the work is done together.
template <class M>
concept predicts_lanes = requires(M& m, std::span<const std::size_t> lanes) {
    { m.predict(lanes) } -> std::same_as<void>;
};

template <class M>
concept gives_lane_distribution = requires(const M& m, std::size_t lane) { m.distribution_of(lane); } &&
    distribution<std::remove_cvref_t<decltype(std::declval<const M&>().distribution_of(std::size_t{}))>>;

/// The type that `distribution_of` returns, without reference.
template <class M>
using lane_distribution_t = std::remove_cvref_t<decltype(std::declval<const M&>().distribution_of(std::size_t{}))>;

template <class M>
concept learns_lane_symbol = requires(M& m, std::size_t lane, symbol_t<lane_distribution_t<M>> symbol) {
    { m.update(lane, symbol) } -> std::same_as<void>;
};

template <class M>
concept forgets_lane_context = requires(M& m, std::size_t lane) {
    { m.reset(lane) } -> std::same_as<void>;
};

/// A model with several lanes, each a text of its own. predict(lanes) works out the distributions of those lanes;
/// distribution_of(lane) holds until the next update or reset of that lane, or the next predict that names it.
/// Promise: a lane's integers depend on that lane's symbols alone, whatever the other lanes do.
template <class M>
concept batched_model = counts_lanes<M> && predicts_lanes<M> && gives_lane_distribution<M> && learns_lane_symbol<M> &&
    forgets_lane_context<M>;

/// Optional: branch(lane, prefix, symbol) makes the lane's text prefix and symbol, where the text so far begins with the
/// prefix: the same as a reset and an update for each of them, without the work for the prefix. For those who try many ways on.
template <class M>
concept branches_lane = batched_model<M> &&
    requires(M& m, std::size_t lane, std::span<const symbol_t<lane_distribution_t<M>>> prefix, symbol_t<lane_distribution_t<M>> symbol) {
        { m.branch(lane, prefix, symbol) } -> std::same_as<void>;
    };

/// Optional: lanes(count) is a batched_model of so many lanes, each at the start of its text, that predicts as the model does;
/// worth it where one step of many texts takes less time than many steps of one.
template <class M>
concept makes_lanes = probability_model<M> && requires(const M& m, std::size_t count) {
    { m.lanes(count) } -> batched_model;
} && std::same_as<lane_distribution_t<decltype(std::declval<const M&>().lanes(std::size_t{}))>, distribution_t<M>>;

/// The type that `lanes` returns.
template <class M>
using lanes_t = std::remove_cvref_t<decltype(std::declval<const M&>().lanes(std::size_t{}))>;

/// How many lanes of a model to make where `wanted` would do: fewer if it has lane_memory(), which is about the bytes that one
/// takes, and they would take more than 64 MiB together. At least 1, even where none is wanted.
template <makes_lanes Model>
[[nodiscard]] std::size_t affordable_lanes(const Model& model, std::size_t wanted) {
    if constexpr (requires { { model.lane_memory() } -> std::convertible_to<std::size_t>; }) {
        wanted = std::min(wanted, (std::size_t{64} << 20) / std::max<std::size_t>(model.lane_memory(), 1));
    }
    return std::max<std::size_t>(wanted, 1);
}

/// Makes a batched_model of any probability_model, one copy a lane: the plain way, without gain in speed.
template <probability_model Model>
    requires std::copyable<Model>
class independent_lanes {
public:
    independent_lanes(const Model& model, std::size_t lane_count) : m_lanes(lane_count, lane_state(model)) {}

    [[nodiscard]] std::size_t lane_count() const noexcept { return m_lanes.size(); }

    void predict(std::span<const std::size_t> lanes) {
        for (const std::size_t lane : lanes) {
            m_lanes[lane].ask();
        }
    }

    [[nodiscard]] const distribution_t<Model>& distribution_of(std::size_t lane) const noexcept {
        EQUINFO_EXPECTS(!m_lanes[lane].prediction.empty());
        return m_lanes[lane].prediction.front();
    }

    void update(std::size_t lane, symbol_t<distribution_t<Model>> symbol) { m_lanes[lane].model.update(symbol); }
    void reset(std::size_t lane) { m_lanes[lane].model.reset(); }

private:
    struct lane_state {
        Model model;
        std::vector<distribution_t<Model>> prediction;  // none or one; may refer into `model`, so lanes never move

        explicit lane_state(const Model& m) : model(m) {}
        // A copy asks its own model.
        lane_state(const lane_state& other) : model(other.model) { ask_like(other); }
        lane_state& operator=(const lane_state& other) {
            model = other.model;
            ask_like(other);
            return *this;
        }
        ~lane_state() = default;

        void ask() {
            prediction.clear();  // made anew in place: what predict() returns need not be assignable
            prediction.push_back(model.predict());
        }

    private:
        void ask_like(const lane_state& other) {
            if (other.prediction.empty()) {
                prediction.clear();
            } else {
                ask();
            }
        }
    };

    std::vector<lane_state> m_lanes;
};

/// One text of a batch to decode: where its symbols go, and the decoder that holds its message.
template <class Symbol, slice_decoder Decoder>
struct lane_text {
    std::span<Symbol> text;
    Decoder* decoder;
};

/// Decodes text i on lane i, all lanes step by step together; shorter texts drop out. The lanes go on from the state
/// that they are in.
template <batched_model Model, slice_decoder Decoder>
void decode_lanes(Model& model, std::span<const lane_text<symbol_t<lane_distribution_t<Model>>, Decoder>> texts) {
    EQUINFO_EXPECTS(texts.size() <= model.lane_count());
    constexpr unsigned precision = lane_distribution_t<Model>::precision;
    std::vector<std::size_t> active;
    for (std::size_t lane = 0; lane < texts.size(); ++lane) {
        if (!texts[lane].text.empty()) {
            active.push_back(lane);
        }
    }
    for (std::size_t position = 0; !active.empty(); ++position) {
        model.predict(std::span<const std::size_t>(active));
        for (const std::size_t lane : active) {
            Decoder& decoder = *texts[lane].decoder;
            const auto found = model.distribution_of(lane).locate(decoder.point(precision));
            decoder.advance(found.range, precision);
            texts[lane].text[position] = found.symbol;
            model.update(lane, found.symbol);
        }
        std::erase_if(active, [&](std::size_t lane) { return position + 1 == texts[lane].text.size(); });
    }
}

}  // namespace equinfo
