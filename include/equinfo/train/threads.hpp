// SPDX-License-Identifier: MIT
// Numbered pieces of work on a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace equinfo::train {

/// Does work(number) for 0..count-1 on at most so many threads; any of them may do any. Throws what one of them threw, when all have ended.
template <class Work>
void in_threads(unsigned threads, std::size_t count, Work&& work) {
    std::atomic<std::size_t> next = 0;
    std::mutex guard;
    std::exception_ptr fault;
    const auto go_on = [&]() noexcept {
        for (std::size_t i = next++; i < count; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard lock(guard);
                fault = std::current_exception();
                next = count;
            }
        }
    };
    std::vector<std::jthread> others;  // joins, whatever is thrown
    try {
        for (std::size_t i = 1; i < std::min<std::size_t>(threads, count); ++i) {
            others.emplace_back(go_on);
        }
    } catch (const std::exception&) {  // the system gives no more: the fewer do it all
    }
    go_on();
    others.clear();
    if (fault) {
        std::rethrow_exception(fault);
    }
}

}  // namespace equinfo::train
