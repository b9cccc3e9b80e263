// SPDX-License-Identifier: MIT
// The integer transformer as a probability model: one text, or many at once.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/engine.hpp>
#include <equinfo/m1/lane.hpp>
#include <equinfo/m1/weights.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

class m1_lanes;

/// A byte_model. Copies share the weights and have a text of their own.
class m1_model {
public:
    using symbol_type = std::uint8_t;
    using distribution_type = m1_engine::distribution_type;
    static constexpr unsigned precision = distribution_type::precision;

    explicit m1_model(std::shared_ptr<const m1_data> data) : m_data(std::move(data)), m_engine(*m_data), m_lane(*m_data) {}

    [[nodiscard]] const distribution_type& predict() {
        if (!m_is_predicted) {
            if (m_lane.take_start_again()) {
                m_prediction = m_behind_start;
            } else {
                const m1_engine::row row{&m_lane, m_pending, &m_prediction};
                m_engine.run({&row, 1});
                if (m_pending == detail::start_token) {
                    m_behind_start = m_prediction;
                }
            }
            m_is_predicted = true;
        }
        return m_prediction;
    }

    void update(std::uint8_t symbol) {
        if (m_pending == detail::start_token) {
            static_cast<void>(predict());  // so that m_behind_start is known
        } else if (!m_is_predicted) {
            const m1_engine::row row{&m_lane, m_pending, nullptr};
            m_engine.run({&row, 1});
        }
        m_pending = symbol;
        m_is_predicted = false;
    }

    void reset() {
        m_lane.reset();
        m_pending = detail::start_token;
        m_is_predicted = false;
    }

    /// The same as predict(), visit(prediction, symbol) and update(symbol) for each symbol of `text`, several times as fast: the
    /// symbols are known, so many positions are worked on at once.
    template <class Visit>
    void foresee(std::span<const std::uint8_t> text, Visit&& visit) {
        std::size_t at = 0;
        if (m_pending == detail::start_token && !text.empty()) {
            static_cast<void>(predict());
        }
        if (m_is_predicted && !text.empty()) {
            visit(m_prediction, text[0]);
            m_pending = text[0];
            m_is_predicted = false;
            at = 1;
        }
        while (at < text.size()) {
            const std::size_t count = text.size() - at < most_ahead ? text.size() - at : most_ahead;
            m_ahead.resize(most_ahead);
            m1_engine::row rows[most_ahead];
            for (std::size_t i = 0; i < count; ++i) {
                rows[i] = {&m_lane, i == 0 ? m_pending : text[at + i - 1], &m_ahead[i]};
            }
            m_engine.run({rows, count});
            for (std::size_t i = 0; i < count; ++i) {
                visit(std::as_const(m_ahead[i]), text[at + i]);
            }
            m_pending = text[at + count - 1];
            at += count;
        }
    }

    /// The same as update(symbol) for each symbol of `text`, many positions at once.
    void follow(std::span<const std::uint8_t> text) {
        if (text.empty()) {
            return;
        }
        update(text[0]);
        for (std::size_t at = 1; at < text.size();) {
            const std::size_t count = std::min(text.size() - at, most_ahead);
            m1_engine::row rows[most_ahead];
            for (std::size_t i = 0; i < count; ++i) {
                rows[i] = {&m_lane, text[at + i - 1], nullptr};
            }
            m_engine.run({rows, count});
            at += count;
            m_pending = text[at - 1];
        }
    }

    /// The text becomes `prefix`, which it begins with, and `symbol` (models/concepts.hpp: branches_text).
    void branch(std::span<const std::uint8_t> prefix, std::uint8_t symbol) {
        if (!m_lane.go_back(prefix)) {
            reset();
            follow(prefix);
            update(symbol);
            return;
        }
        m_pending = symbol;
        m_is_predicted = false;
    }

    /// So many texts at once, each from its start on, with the same predictions.
    [[nodiscard]] m1_lanes lanes(std::size_t count) const;
    /// Bytes that each of them takes, at most 10 MB: see m1_lane.
    [[nodiscard]] std::size_t lane_memory() const noexcept { return m_lane.memory(); }

    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return m_data->fingerprint(); }
    [[nodiscard]] const std::shared_ptr<const m1_data>& data() const noexcept { return m_data; }

private:
    static constexpr std::size_t most_ahead = m1_engine::most_rows;

    std::shared_ptr<const m1_data> m_data;
    m1_engine m_engine;
    m1_lane m_lane;
    std::uint32_t m_pending = detail::start_token;  // the token that the lane takes in next
    bool m_is_predicted = false;                    // the token is taken in, and m_prediction is what comes behind it
    distribution_type m_prediction;
    distribution_type m_behind_start;  // what the start predicts, once the lane has seen one
    std::vector<distribution_type> m_ahead;
};

/// A batched_model: independent texts that are worked on together, which reads the weights once for all of them.
class m1_lanes {
public:
    using symbol_type = std::uint8_t;
    using distribution_type = m1_engine::distribution_type;

    m1_lanes(std::shared_ptr<const m1_data> data, std::size_t lane_count)
        : m_data(std::move(data)), m_engine(*m_data), m_lanes(lane_count, state(*m_data)) {}

    [[nodiscard]] std::size_t lane_count() const noexcept { return m_lanes.size(); }

    void predict(std::span<const std::size_t> lanes) {
        m_rows.clear();
        for (const std::size_t number : lanes) {
            state& lane = m_lanes[number];
            if (!lane.is_predicted) {
                lane.is_predicted = true;
                if (lane.lane.take_start_again()) {
                    lane.prediction = m_behind_start;
                } else {
                    m_rows.push_back({&lane.lane, lane.pending, &lane.prediction});
                }
            }
        }
        for (std::size_t at = 0; at < m_rows.size(); at += rows_at_once) {
            m_engine.run(std::span(m_rows).subspan(at, std::min(rows_at_once, m_rows.size() - at)));
        }
        for (const m1_engine::row& row : m_rows) {
            if (row.token == detail::start_token) {
                m_behind_start = *row.prediction;
                break;
            }
        }
    }

    [[nodiscard]] const distribution_type& distribution_of(std::size_t lane) const noexcept {
        EQUINFO_EXPECTS(m_lanes[lane].is_predicted);
        return m_lanes[lane].prediction;
    }

    void update(std::size_t lane, std::uint8_t symbol) {
        state& s = m_lanes[lane];
        if (!s.is_predicted) {
            predict({&lane, 1});
        }
        s.pending = symbol;
        s.is_predicted = false;
    }

    void reset(std::size_t lane) {
        state& s = m_lanes[lane];
        s.lane.reset();
        s.pending = detail::start_token;
        s.is_predicted = false;
    }

    /// The lane's text becomes `prefix`, which it begins with, and `symbol` (models/batched.hpp: branches_lane).
    void branch(std::size_t lane, std::span<const std::uint8_t> prefix, std::uint8_t symbol) {
        state& s = m_lanes[lane];
        if (!s.lane.go_back(prefix)) {
            reset(lane);
            for (const std::uint8_t before : prefix) {
                update(lane, before);
            }
            update(lane, symbol);
            return;
        }
        s.pending = symbol;
        s.is_predicted = false;
    }

private:
    /// More rows at once gain little, and their rings no longer fit the caches.
    static constexpr std::size_t rows_at_once = 32;

    struct state {
        explicit state(const m1_data& data) : lane(data) {}

        m1_lane lane;
        std::uint32_t pending = detail::start_token;
        bool is_predicted = false;
        distribution_type prediction;
    };

    std::shared_ptr<const m1_data> m_data;
    m1_engine m_engine;
    std::vector<state> m_lanes;
    std::vector<m1_engine::row> m_rows;
    distribution_type m_behind_start;  // what the start predicts, once a lane has seen one
};

inline m1_lanes m1_model::lanes(std::size_t count) const { return m1_lanes(m_data, count); }

}  // namespace equinfo
