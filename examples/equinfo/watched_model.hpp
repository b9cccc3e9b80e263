// SPDX-License-Identifier: MIT
// A model that tells how many symbols went through it, so that a bar moves while a large block is coded.
#pragma once

#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace program {

/// Called with the bytes of text done so far, from any thread, also from several at once.
using text_progress = std::function<void(std::uint64_t text_bytes)>;

/// Shared by all copies of a watched_model.
class symbol_watch {
public:
    explicit symbol_watch(text_progress tell) : m_tell(std::move(tell)) {}
    void add(std::uint64_t symbols) { m_tell(m_count += symbols); }

private:
    text_progress m_tell;
    std::atomic<std::uint64_t> m_count = 0;
};

/// One thread's part of a symbol_watch: tells it of many symbols at once.
class symbol_count {
public:
    explicit symbol_count(std::shared_ptr<symbol_watch> watch) : m_watch(std::move(watch)) {}
    void add(std::uint64_t symbols) {
        m_untold += symbols;
        if (m_untold >= told_at_once) {
            m_watch->add(std::exchange(m_untold, 0));
        }
    }

private:
    static constexpr std::uint64_t told_at_once = 8192;

    std::shared_ptr<symbol_watch> m_watch;
    std::uint64_t m_untold = 0;
};

/// The lanes of a watched_model.
template <equinfo::batched_model Lanes>
class watched_lanes {
public:
    watched_lanes(Lanes lanes, symbol_count count) : m_lanes(std::move(lanes)), m_count(std::move(count)) {}

    [[nodiscard]] std::size_t lane_count() const { return m_lanes.lane_count(); }
    void predict(std::span<const std::size_t> lanes) { m_lanes.predict(lanes); }
    [[nodiscard]] decltype(auto) distribution_of(std::size_t lane) const { return m_lanes.distribution_of(lane); }
    void update(std::size_t lane, std::uint8_t symbol) {
        m_lanes.update(lane, symbol);
        m_count.add(1);
    }
    void reset(std::size_t lane) { m_lanes.reset(lane); }

private:
    Lanes m_lanes;
    symbol_count m_count;
};

/// Predicts as Model does, with its fingerprint, and as fast where Model has a faster way.
template <equinfo::identified_model Model>
class watched_model {
public:
    watched_model(Model model, std::shared_ptr<symbol_watch> watch)
        : m_model(std::move(model)), m_count(std::move(watch)) {}

    [[nodiscard]] decltype(auto) predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) {
        m_model.update(symbol);
        m_count.add(1);
    }
    void reset() { m_model.reset(); }
    [[nodiscard]] std::uint64_t fingerprint() const { return m_model.fingerprint(); }

    template <class Visit>
        requires equinfo::foresees_text<Model>
    void foresee(std::span<const std::uint8_t> text, Visit&& visit) {
        m_model.foresee(text, std::forward<Visit>(visit));
        m_count.add(text.size());
    }

    [[nodiscard]] auto lanes(std::size_t count) const
        requires equinfo::makes_lanes<Model>
    {
        return watched_lanes<equinfo::lanes_t<Model>>(m_model.lanes(count), m_count);
    }

private:
    Model m_model;
    symbol_count m_count;
};

}  // namespace program
