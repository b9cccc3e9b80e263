// SPDX-License-Identifier: MIT
// Counts of all n-grams of a corpus, found by sorting, so that memory is bounded by the corpus and not by its n-grams.
#pragma once

#include <equinfo/config.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

/// The longest context of an n-gram model, in symbols: an n-gram with its two first bytes apart fits a 64-bit key.
inline constexpr unsigned ngram_max_order = 9;

namespace detail {

/// The n-grams of one length, in lexicographic order. What follows an n-gram lies together in the next level.
struct ngram_level {
    std::vector<std::uint8_t> symbol;         ///< the last one
    std::vector<std::uint32_t> count;         ///< occurrences
    std::vector<std::uint32_t> first_child;   ///< into the next level; one more than n-grams
    std::vector<std::uint32_t> followers;     ///< occurrences that another symbol follows
    std::vector<std::array<std::uint16_t, 3>> spectrum;  ///< followers seen once, twice, more often
    std::vector<std::uint32_t> suffix;        ///< into the level before: the n-gram without its first symbol
    std::array<std::uint64_t, 5> count_of_counts{};  ///< n-grams seen 1, 2, 3 and 4 times; [0] is not used

    [[nodiscard]] std::size_t size() const { return symbol.size(); }
};

/// Levels 0 (the empty n-gram) to `order` + 1. N-grams seen less than `min_count` times are left out, but counted in
/// their context's `followers` and `spectrum`. A NUL byte parts documents: no n-gram holds one.
class ngram_counts {
public:
    /// `sort_memory` bounds the keys that are sorted at one time, in bytes. `progress(done, total)` is called now and
    /// then. The corpus must be shorter than 2^32 - 1 bytes.
    template <class Progress>
    ngram_counts(std::span<const std::uint8_t> corpus, unsigned order, std::uint32_t min_count, std::size_t sort_memory,
                 Progress&& progress)
        : m_order(order), m_min_count(min_count), m_levels(order + 2) {
        EQUINFO_EXPECTS(order <= ngram_max_order);
        EQUINFO_EXPECTS(corpus.size() < 0xffffffffu);
        m_open.resize(order + 2);
        count_sorted(corpus, std::max<std::size_t>(sort_memory / sizeof(std::uint64_t), 1), progress);
        for (auto& level : m_levels) {
            level.first_child.resize(level.size() + 1);
        }
        for (std::size_t length = 0; length + 1 < m_levels.size(); ++length) {
            m_levels[length].first_child.back() = static_cast<std::uint32_t>(m_levels[length + 1].size());
        }
        link_suffixes();
    }

    [[nodiscard]] unsigned order() const { return m_order; }
    [[nodiscard]] const ngram_level& level(std::size_t length) const { return m_levels[length]; }

private:
    /// An n-gram whose occurrences are being passed.
    struct open_ngram {
        std::uint8_t symbol = 0;
        std::uint32_t count = 0;
        std::uint32_t followers = 0;
        std::uint32_t first_child = 0;
        std::array<std::uint16_t, 3> spectrum{};
    };

    /// Hands every position to `visit(prefix, key)`, last position first: the two symbols there, and the eight behind
    /// them, first symbol in the highest byte; zeros from the document's end on.
    template <class Visit>
    void scan(std::span<const std::uint8_t> corpus, Visit&& visit) const {
        const unsigned kept = m_order + 1 > 2 ? m_order - 1 : 0;  // symbols of the key that matter
        const std::uint64_t mask = kept == 0 ? 0 : ~std::uint64_t{0} << (64 - 8 * kept);
        std::uint64_t key = 0;
        std::uint32_t first = 0;
        std::uint32_t second = 0;
        for (std::size_t i = corpus.size(); i-- > 0;) {
            if (corpus[i] == 0) {
                key = 0;
                first = second = 0;
                continue;
            }
            key = (key >> 8) | (std::uint64_t{second} << 56);
            second = first;
            first = corpus[i];
            visit((first << 8) | (m_order == 0 ? 0 : second), key & mask);
        }
    }

    template <class Progress>
    void count_sorted(std::span<const std::uint8_t> corpus, std::size_t max_keys, Progress&& progress) {
        std::vector<std::uint32_t> sizes(65536);
        scan(corpus, [&](std::uint32_t prefix, std::uint64_t) { ++sizes[prefix]; });
        open(0, 0);
        std::vector<std::uint64_t> keys;
        std::vector<std::uint32_t> next(65536);
        std::size_t done = 0;
        for (std::uint32_t begin = 0; begin < 65536;) {
            std::uint32_t end = begin;
            std::size_t total = 0;
            while (end < 65536 && (end == begin || total + sizes[end] <= max_keys)) {
                next[end] = static_cast<std::uint32_t>(total);
                total += sizes[end++];
            }
            if (total != 0) {
                keys.resize(total);
                scan(corpus, [&](std::uint32_t prefix, std::uint64_t key) {
                    if (prefix >= begin && prefix < end) {
                        keys[next[prefix]++] = key;
                    }
                });
                for (std::uint32_t prefix = begin; prefix < end; ++prefix) {
                    const std::span run(keys.data() + (next[prefix] - sizes[prefix]), sizes[prefix]);
                    std::sort(run.begin(), run.end());
                    count_run(prefix, run);
                    done += run.size();
                }
            }
            begin = end;
            progress(done, corpus.size());
        }
        close(1);
        close(0);
    }

    /// The n-grams that start with the two symbols of `prefix`.
    void count_run(std::uint32_t prefix, std::span<const std::uint64_t> keys) {
        if (keys.empty()) {
            return;
        }
        const auto first = static_cast<std::uint8_t>(prefix >> 8);
        const auto second = static_cast<std::uint8_t>(prefix);
        if (m_open[1].symbol != first) {
            close(1);
            open(1, first);
        }
        m_open[0].count += static_cast<std::uint32_t>(keys.size());
        m_open[1].count += static_cast<std::uint32_t>(keys.size());
        if (second == 0) {
            return;
        }
        open(2, second);
        m_open[2].count = static_cast<std::uint32_t>(keys.size());
        std::size_t depth = 2;  // length of the longest open n-gram
        std::uint64_t before = 0;
        for (const std::uint64_t key : keys) {
            const std::size_t common = 2 + static_cast<std::size_t>(std::countl_zero(key ^ before)) / 8;
            while (depth > std::max<std::size_t>(common, 2)) {
                close(depth--);
            }
            while (depth < m_order + 1) {
                const auto symbol = static_cast<std::uint8_t>(key >> (56 - 8 * (depth - 2)));
                if (symbol == 0) {
                    break;
                }
                open(++depth, symbol);
            }
            for (std::size_t length = 3; length <= depth; ++length) {
                ++m_open[length].count;
            }
            before = key;
        }
        while (depth >= 2) {
            close(depth--);
        }
    }

    void open(std::size_t length, std::uint8_t symbol) {
        m_open[length] = {};
        m_open[length].symbol = symbol;
        if (length + 1 < m_levels.size()) {
            m_open[length].first_child = static_cast<std::uint32_t>(m_levels[length + 1].size());
        }
    }

    void close(std::size_t length) {
        open_ngram& ngram = m_open[length];
        if (ngram.count == 0 && length != 0) {
            return;
        }
        ngram_level& level = m_levels[length];
        if (ngram.count < level.count_of_counts.size()) {
            ++level.count_of_counts[ngram.count];
        }
        if (length != 0) {
            open_ngram& context = m_open[length - 1];
            context.followers += ngram.count;
            ++context.spectrum[std::min<std::uint32_t>(ngram.count, 3) - 1];
        }
        if (ngram.count >= m_min_count || length == 0) {
            level.symbol.push_back(ngram.symbol);
            level.count.push_back(ngram.count);
            level.first_child.push_back(ngram.first_child);
            if (length + 1 < m_levels.size()) {
                level.followers.push_back(ngram.followers);
                level.spectrum.push_back(ngram.spectrum);
            }
        }
        ngram.count = 0;
    }

    /// Every n-gram that was kept has its suffix kept too, since that is at least as frequent.
    void link_suffixes() {
        for (std::size_t length = 1; length < m_levels.size(); ++length) {
            ngram_level& level = m_levels[length];
            const ngram_level& contexts = m_levels[length - 1];
            level.suffix.assign(level.size(), 0);
            if (length == 1) {
                continue;
            }
            for (std::size_t context = 0; context < contexts.size(); ++context) {
                std::uint32_t other = m_levels[length - 2].first_child[contexts.suffix[context]];
                for (std::uint32_t i = contexts.first_child[context]; i < contexts.first_child[context + 1]; ++i) {
                    while (contexts.symbol[other] != level.symbol[i]) {
                        ++other;
                    }
                    level.suffix[i] = other;
                }
            }
        }
    }

    unsigned m_order;
    std::uint32_t m_min_count;
    std::vector<ngram_level> m_levels;
    std::vector<open_ngram> m_open;
};

}  // namespace detail
}  // namespace equinfo
