// SPDX-License-Identifier: MIT
// A way through all strings of a window code, many at a time.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/run_on.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace equinfo::detail {

/// A prefix whose strings are still to be found.
struct open_prefix {
    std::vector<std::uint8_t> symbols;
    window_prefix state;
    codeword word;  // its first codeword
};

/// A prefix whose strings are left to somebody else.
struct left_prefix {
    std::span<const std::uint8_t> symbols;
    window_prefix state;
    codeword word;
};

/// A prefix whose codewords were shared out.
struct opened_prefix {
    std::span<const std::uint8_t> symbols;
    window_prefix state;
    codeword word;        // its first codeword
    std::uint64_t first;  // the same, counted from its parent's first one, in the parent's units
    bool keeps;           // that codeword is its own
};

/// Walks the tree of all strings of a window code, depth first, with as many branches at a time as the model has lanes. A
/// visitor has
///
///     opened(prefix)                  a prefix whose codewords were shared out; prefix.keeps: one of them is its own
///     found(word, count, string)      the codewords [word, word + count) stand for `string`
///     left(prefix)                    a prefix that owns few codewords, and was not gone into
///
/// in some order that depends on the lanes.
template <ending_rule Ending, batched_model Lanes, class Visitor>
class window_tree_walk {
public:
    window_tree_walk(Lanes& model, unsigned window_bits) : m_model(model), m_window_bits(window_bits) {
        for (std::size_t lane = 0; lane < model.lane_count(); ++lane) {
            m_lanes.emplace_back(window_bits);
        }
    }

    /// Goes through all prefixes that take_task gives, bool(open_prefix&), false when there are no more, and all behind them.
    /// Those that own at most `few` of 2^64 codewords are left.
    template <class TakeTask>
    void run(TakeTask&& take_task, std::uint64_t few, Visitor& visitor) {
        std::vector<std::size_t> busy;
        for (;;) {
            busy.clear();
            for (std::size_t number = 0; number < m_lanes.size(); ++number) {
                lane_state& lane = m_lanes[number];
                while (!lane.asks && (!lane.todo.empty() || load_task(lane, take_task))) {
                    go_to(lane, number, few, visitor);
                }
                if (lane.asks) {
                    busy.push_back(number);
                }
            }
            if (busy.empty()) {
                return;
            }
            m_model.predict(std::span<const std::size_t>(busy));
            for (const std::size_t number : busy) {
                step(m_lanes[number], number, visitor);
            }
        }
    }

private:
    /// Codewords of a prefix, if a window had 2^64 of them, rounded down.
    [[nodiscard]] std::uint64_t share_of(const window_prefix& prefix) const noexcept {
        const unsigned bits = m_window_bits - prefix.hidden_bits;  // that the count is a part of; behind 64 of them little is left
        return bits >= 64 ? prefix.count >> std::min(bits - 64, 63u) : prefix.length == 0 ? ~std::uint64_t{0} : prefix.count << (64 - bits);
    }

    struct branch {
        window_prefix state;
        codeword word;
        std::uint64_t first;
        std::uint8_t symbol;  // the last one of the prefix; those before it are the first ones of the lane's text
    };

    struct lane_state {
        explicit lane_state(unsigned window_bits) : walk(window_bits) {}

        std::vector<branch> todo;
        std::vector<std::uint8_t> text;   // what the model's lane has seen since its reset
        std::size_t length = 0;           // of the prefix; behind it the text runs on
        window_walk<Ending> walk;
        codeword word;
        std::uint64_t first = 0;
        std::optional<run_on> run;
        bool asks = false;                // waits for a prediction
    };

    template <class TakeTask>
    bool load_task(lane_state& lane, TakeTask& take_task) {
        open_prefix task;
        if (!take_task(task)) {
            return false;
        }
        if (task.symbols.empty()) {
            lane.todo.push_back({task.state, task.word, 0, 0});
            return true;
        }
        // The symbols before the last become the lane's text; the model gets what it has not seen of them.
        const std::size_t before = task.symbols.size() - 1;
        lane.todo.push_back({task.state, task.word, 0, task.symbols.back()});
        const std::size_t number = static_cast<std::size_t>(&lane - m_lanes.data());
        const auto [mine, other] = std::mismatch(task.symbols.begin(), task.symbols.begin() + static_cast<std::ptrdiff_t>(before),
                                                 lane.text.begin(), lane.text.end());
        static_cast<void>(other);
        const auto common = static_cast<std::size_t>(mine - task.symbols.begin());
        for (std::size_t at = common; at < before; ++at) {
            extend(lane, number, at, task.symbols[at]);
        }
        return true;
    }

    /// The lane's text becomes its first `length` symbols and `symbol`.
    void extend(lane_state& lane, std::size_t number, std::size_t length, std::uint8_t symbol) {
        if (length == lane.text.size()) {
            m_model.update(number, symbol);
        } else if constexpr (branches_lane<Lanes>) {
            m_model.branch(number, std::span<const std::uint8_t>(lane.text).first(length), symbol);
        } else {
            m_model.reset(number);
            for (std::size_t at = 0; at < length; ++at) {
                m_model.update(number, lane.text[at]);
            }
            m_model.update(number, symbol);
        }
        lane.text.resize(length);
        lane.text.push_back(symbol);
    }

    /// Goes on to the lane's next prefix, as far as it needs no prediction.
    void go_to(lane_state& lane, std::size_t number, std::uint64_t few, Visitor& visitor) {
        const branch next = lane.todo.back();
        lane.todo.pop_back();
        lane.walk.start(next.state);
        lane.word = next.word;
        lane.first = next.first;
        lane.length = next.state.length;
        const bool closed = lane.walk.is_closed();
        const bool is_left = !closed && share_of(next.state) <= few;
        if (closed || is_left) {
            m_string.assign(lane.text.begin(), lane.text.begin() + static_cast<std::ptrdiff_t>(lane.length - 1));
            m_string.push_back(next.symbol);
            if (closed) {
                visitor.found(lane.word, lane.walk.count(), m_string);
            } else {
                visitor.left(left_prefix{m_string, next.state, next.word});
            }
            return;
        }
        if (lane.length == 0) {
            m_model.reset(number);
            lane.text.clear();
        } else {
            extend(lane, number, lane.length - 1, next.symbol);
        }
        if (lane.walk.is_single()) {
            lane.run.emplace(lane.walk.past_kept(), lane.walk.room());
        }
        lane.asks = true;
    }

    void step(lane_state& lane, std::size_t number, Visitor& visitor) {
        const auto& d = m_model.distribution_of(number);
        if (lane.run) {
            const std::uint8_t symbol = lane.run->extend(d);
            if (!lane.run->is_decided()) {
                extend(lane, number, lane.text.size(), symbol);
                return;
            }
            const std::size_t whole = lane.length + lane.run->best();
            m_string.assign(lane.text.begin(), lane.text.end());
            m_string.push_back(symbol);
            visitor.found(lane.word, 1, std::span<const std::uint8_t>(m_string).first(whole));
            lane.run.reset();
        } else {
            lane.walk.open(d);
            const window_prefix here = lane.walk.prefix();
            visitor.opened(opened_prefix{lane.text, here, lane.word, lane.first, lane.walk.keeps()});
            if (lane.walk.keeps()) {
                visitor.found(lane.word, 1, lane.text);
            }
            for (std::size_t symbol = 256; symbol-- > 0;) {  // the first symbol is done first
                const codeword_slice slice = lane.walk.slice_of(d, static_cast<std::uint8_t>(symbol));
                if (slice.count != 0) {
                    branch next{here, lane.word, slice.first, static_cast<std::uint8_t>(symbol)};
                    next.word.add(slice.first, here.hidden_bits);
                    lane.walk.enter(slice);
                    next.state = lane.walk.prefix();
                    lane.todo.push_back(next);
                    lane.walk.start(here);
                }
            }
        }
        lane.asks = false;
    }

    Lanes& m_model;
    unsigned m_window_bits;
    std::vector<lane_state> m_lanes;
    std::vector<std::uint8_t> m_string;
};

/// Calls work(lanes) with as many lanes as are worth it, at most `count`.
template <byte_model Model, class Work>
void with_lanes(const Model& model, std::size_t count, Work&& work) {
    if constexpr (makes_lanes<Model>) {
        auto lanes = model.lanes(affordable_lanes(model, count));
        work(lanes);
    } else {
        independent_lanes<Model> lanes(model, 1);
        lanes.reset(0);  // the model may be in the midst of a text
        work(lanes);
    }
}

}  // namespace equinfo::detail
