// SPDX-License-Identifier: MIT
// All strings of a window code, in the order of their codewords.
#pragma once

#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/codebook/window_tree.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace equinfo {

namespace detail {

/// Strings in the order in which they were found.
struct found_strings {
    struct entry {
        std::uint64_t word;
        std::uint64_t count;  // of codewords: one, but where a window is full
        std::size_t end;      // of its bytes, which begin where those of the string before end
    };
    std::vector<entry> strings;
    std::vector<std::uint8_t> bytes;
    std::vector<open_prefix> tasks;  // what was left

    void opened(const opened_prefix& /*prefix*/) {}

    void found(const codeword& word, std::uint64_t count, std::span<const std::uint8_t> string) {
        bytes.insert(bytes.end(), string.begin(), string.end());
        strings.push_back({word.low, count, bytes.size()});
    }

    void left(const left_prefix& prefix) {
        tasks.push_back({std::vector<std::uint8_t>(prefix.symbols.begin(), prefix.symbols.end()), prefix.state, prefix.word});
    }
};

}  // namespace detail

/// Every string of the code with windows of `window_bits` bits (9..20), the model reset at every window: string i is what
/// codeword i decodes to. They are in the order of their bytes; codewords that no encoder writes repeat the string before.
/// With `threads` the model is copied for each; the result is the same. Takes a prediction for each prefix that owns more
/// than one codeword, and one or more for each where a codeword runs on: about two for each string.
template <ending_rule Ending = longest_match, byte_model Model>
[[nodiscard]] string_list window_strings(const Model& model, unsigned window_bits, unsigned threads = 1) {
    EQUINFO_EXPECTS(window_bits >= min_window_bits && window_bits <= max_codebook_bits && threads >= 1);
    constexpr std::size_t lanes_a_thread = 32;
    const std::uint64_t size = std::uint64_t{1} << window_bits;
    std::vector<detail::found_strings> found(threads + 1);

    // The top of the tree first, so that the rest is many tasks of about the same size.
    detail::with_lanes(model, 1, [&](auto& lanes) {
        bool is_given = false;
        detail::window_tree_walk<Ending, std::remove_cvref_t<decltype(lanes)>, detail::found_strings> walk(lanes, window_bits);
        walk.run(
            [&](detail::open_prefix& task) {
                task = {{}, window_walk<Ending>(window_bits).prefix(), {}};
                return !std::exchange(is_given, true);
            },
            ~std::uint64_t{0} / 512, found[threads]);
    });
    std::vector<detail::open_prefix>& tasks = found[threads].tasks;

    std::atomic<std::size_t> next = 0;
    std::vector<std::exception_ptr> failures(threads);
    const auto explore = [&](unsigned thread) {
        try {
            detail::with_lanes(model, std::min(lanes_a_thread, tasks.size()), [&](auto& lanes) {
                detail::window_tree_walk<Ending, std::remove_cvref_t<decltype(lanes)>, detail::found_strings> walk(lanes, window_bits);
                walk.run(
                    [&](detail::open_prefix& task) {
                        const std::size_t number = next.fetch_add(1, std::memory_order_relaxed);
                        if (number < tasks.size()) {
                            task = std::move(tasks[number]);
                        }
                        return number < tasks.size();
                    },
                    0, found[thread]);
            });
        } catch (...) {
            failures[thread] = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (unsigned thread = 1; thread < threads; ++thread) {
            others.emplace_back(explore, thread);
        }
        explore(0);
    }
    for (const std::exception_ptr& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }

    std::vector<std::span<const std::uint8_t>> in_order(static_cast<std::size_t>(size));
    std::size_t bytes = 0;
    for (const detail::found_strings& part : found) {
        std::size_t begin = 0;
        for (const detail::found_strings::entry& string : part.strings) {
            for (std::uint64_t word = string.word; word < string.word + string.count; ++word) {
                in_order[static_cast<std::size_t>(word)] = std::span(part.bytes).subspan(begin, string.end - begin);
                bytes += string.end - begin;
            }
            begin = string.end;
        }
    }
    string_list strings;
    strings.reserve(in_order.size(), bytes);
    for (const std::span string : in_order) {
        EQUINFO_EXPECTS(!string.empty());
        strings.push_back(string);
    }
    return strings;
}

/// The windows of a model as a codebook; see window_strings. Throws errc::too_large for a model so sure of itself that its strings
/// have more than 128 bytes on average.
template <ending_rule Ending = longest_match, identified_model Model>
[[nodiscard]] codebook compile_codebook(const Model& model, unsigned window_bits = window_params{}.window_bits, unsigned threads = 1) {
    return codebook(window_bits, window_strings<Ending>(model, window_bits, threads), {model.fingerprint(), Ending::keeps_every_prefix});
}

}  // namespace equinfo
