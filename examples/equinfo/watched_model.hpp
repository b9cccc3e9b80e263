// SPDX-License-Identifier: MIT
// A model that tells how many symbols went through it, so that a bar moves while a large block is coded.
#pragma once

#include <equinfo/models/concepts.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
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

/// Predicts as Model does, and has its fingerprint.
template <equinfo::identified_model Model>
class watched_model {
public:
    watched_model(Model model, std::shared_ptr<symbol_watch> watch)
        : m_model(std::move(model)), m_watch(std::move(watch)) {}

    [[nodiscard]] decltype(auto) predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) {
        m_model.update(symbol);
        if (++m_untold == told_at_once) {
            m_watch->add(std::exchange(m_untold, 0));
        }
    }
    void reset() { m_model.reset(); }
    [[nodiscard]] std::uint64_t fingerprint() const { return m_model.fingerprint(); }

private:
    static constexpr std::uint64_t told_at_once = 8192;

    Model m_model;
    std::shared_ptr<symbol_watch> m_watch;
    std::uint64_t m_untold = 0;
};

}  // namespace program
