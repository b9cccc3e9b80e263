// SPDX-License-Identifier: MIT
// A line on the terminal with what is done, the rate and the time left; nothing where there is no terminal.
#pragma once

#include "plain_text.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace program {

/// Call at() often: it looks at the clock, and draws five times a second from half a second on. Erases its line at the
/// end.
class progress {
public:
    enum class shown { on_terminal, never };
    enum class unit { bytes, steps };

    /// `total` in the same unit as at() is called with; without it there is no share and no time left.
    progress(std::string name, std::optional<std::uint64_t> total, shown where, unit counted = unit::bytes)
        : m_name(std::move(name)),
          m_total(total),
          m_unit(counted),
          m_enabled(where == shown::on_terminal && ::isatty(STDERR_FILENO) == 1) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() { clear(); }

    /// From any thread.
    void at(std::uint64_t done) {
        if (!m_enabled) {
            return;
        }
        const std::unique_lock lock(m_mutex, std::try_to_lock);
        if (!lock) {
            return;
        }
        const auto now = clock::now();
        if (now >= m_next) {
            m_next = now + std::chrono::milliseconds(200);
            draw(done, std::chrono::duration<double>(now - m_begin).count());
        }
    }

    /// Takes the line away; at() brings it back.
    void clear() {
        const std::lock_guard lock(m_mutex);
        if (m_drawn) {
            std::fputs("\r\033[K", stderr);
            m_drawn = false;
        }
    }

private:
    using clock = std::chrono::steady_clock;

    void draw(std::uint64_t done, double seconds) {
        const double rate = static_cast<double>(done) / seconds;
        std::string line = "\r" + m_name + ": ";
        if (m_total && *m_total != 0) {
            const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*m_total));
            constexpr std::size_t width = 24;
            const auto filled = static_cast<std::size_t>(share * width);
            char percent[16];
            std::snprintf(percent, sizeof percent, "%3.0f %%", 100 * share);
            line += '[' + std::string(filled, '#') + std::string(width - filled, '.') + "] " + percent + ", ";
        }
        if (m_unit == unit::bytes) {
            line += in_units(static_cast<double>(done)) + ", " + in_units(rate) + "/s";
        } else if (m_total) {
            line += std::to_string(done) + " of " + std::to_string(*m_total);
        }
        if (m_total && done != 0 && done <= *m_total) {
            const auto left = static_cast<unsigned long long>(static_cast<double>(*m_total - done) / rate + 0.5);
            char time[64];
            std::snprintf(time, sizeof time, ", %llu:%02llu left", left / 60, left % 60);
            line += time;
        }
        std::fputs((line + "\033[K").c_str(), stderr);
        std::fflush(stderr);
        m_drawn = true;
    }

    std::mutex m_mutex;
    std::string m_name;
    std::optional<std::uint64_t> m_total;
    unit m_unit;
    bool m_enabled;
    bool m_drawn = false;
    clock::time_point m_begin = clock::now();
    clock::time_point m_next = m_begin + std::chrono::milliseconds(500);
};

}  // namespace program
