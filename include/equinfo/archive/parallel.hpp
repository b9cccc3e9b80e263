// SPDX-License-Identifier: MIT
// Work in order over several threads, with a bounded number of pieces under way.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace equinfo {

/// Applies a function to inputs and gives the results in the order of the inputs.
///
/// The thread that owns the object submits inputs and takes results; `threads` other threads do the work, each with
/// its own copy of the function (so a model can be part of it). With one thread there is no other: submit() works at
/// once. An exception in the work comes out of next(), in its place.
///
/// At most capacity() inputs or results exist at a time: two a thread, so that no worker waits for the owner.
template <class Input, class Output, class Work>
class ordered_workers {
public:
    static constexpr unsigned max_threads = 256;

    /// `threads` is brought into 1..max_threads.
    ordered_workers(unsigned threads, Work work) : m_work(std::move(work)) {
        threads = std::clamp(threads, 1u, max_threads);
        m_slots.resize(threads == 1 ? 1 : std::size_t{2} * threads);
        if (threads > 1) {
            try {
                m_threads.reserve(threads);
                for (unsigned i = 0; i < threads; ++i) {
                    // The copies are made here, where an exception has somewhere to go.
                    Work own = i + 1 == threads ? std::move(m_work) : m_work;
                    m_threads.emplace_back([this, own = std::move(own)]() mutable { run(own); });
                }
            } catch (const std::system_error& refused) {
                stop();
                throw error(errc::io, 0, std::string("the system starts no more threads: ") + refused.what());
            } catch (...) {
                stop();
                throw;
            }
        }
    }

    ordered_workers(const ordered_workers&) = delete;
    ordered_workers& operator=(const ordered_workers&) = delete;

    /// Ends what is being worked on, drops the rest.
    ~ordered_workers() { stop(); }

    [[nodiscard]] std::size_t capacity() const noexcept { return m_slots.size(); }

    /// How many inputs were submitted whose results were not taken.
    [[nodiscard]] std::size_t outstanding() const noexcept { return m_submitted - m_taken; }

    /// Takes one more input; needs outstanding() < capacity().
    void submit(Input input) {
        EQUINFO_EXPECTS(outstanding() < capacity());
        slot& s = m_slots[m_submitted % m_slots.size()];
        s.input.emplace(std::move(input));
        if (m_threads.empty()) {
            ++m_submitted;
            perform(m_work, s);
            return;
        }
        {
            const std::lock_guard lock(m_mutex);
            ++m_submitted;
        }
        m_work_there.notify_one();
    }

    /// The result of the oldest input that is outstanding, of which there must be one. Waits for it.
    [[nodiscard]] Output next() {
        EQUINFO_EXPECTS(outstanding() > 0);
        slot& s = m_slots[m_taken % m_slots.size()];
        if (!m_threads.empty()) {
            std::unique_lock lock(m_mutex);
            m_result_there.wait(lock, [&s] { return s.done; });
        }
        ++m_taken;
        s.done = false;
        if (s.failure) {
            std::rethrow_exception(std::exchange(s.failure, nullptr));
        }
        Output output = std::move(*s.output);
        s.output.reset();
        return output;
    }

private:
    /// A worker owns a slot from the moment it counts it as started until it sets `done`; otherwise the owner does.
    struct slot {
        std::optional<Input> input;
        std::optional<Output> output;
        std::exception_ptr failure;
        bool done = false;
    };

    static void perform(Work& work, slot& s) {
        try {
            s.output.emplace(work(std::move(*s.input)));
        } catch (...) {
            s.failure = std::current_exception();
        }
        s.input.reset();
    }

    void run(Work& work) {
        std::unique_lock lock(m_mutex);
        for (;;) {
            m_work_there.wait(lock, [this] { return m_stopping || m_started < m_submitted; });
            if (m_stopping) {
                return;
            }
            slot& s = m_slots[m_started++ % m_slots.size()];
            lock.unlock();
            perform(work, s);
            lock.lock();
            s.done = true;
            m_result_there.notify_one();
        }
    }

    void stop() noexcept {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_work_there.notify_all();
        for (std::thread& thread : m_threads) {
            thread.join();
        }
        m_threads.clear();
    }

    Work m_work;
    std::vector<slot> m_slots;  // a ring: input number n is in slot n modulo their count
    std::size_t m_submitted = 0;
    std::size_t m_started = 0;
    std::size_t m_taken = 0;  // the owner's alone
    bool m_stopping = false;
    std::mutex m_mutex;
    std::condition_variable m_work_there;
    std::condition_variable m_result_there;
    std::vector<std::thread> m_threads;
};

}  // namespace equinfo
