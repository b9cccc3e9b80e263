// SPDX-License-Identifier: MIT
// The tables of an n-gram model's contexts, each made when it is first needed and kept in bounded memory.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_distribution.hpp>
#include <equinfo/models/ngram_scale.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <vector>

namespace equinfo::detail {

/// The prediction behind a context, and where its symbols lead to.
struct ngram_record {
    ngram_distribution prediction;
    const std::uint32_t* next;  ///< of each symbol that has an entry (`size` of them) the longest context that it leads to
    std::uint32_t size;
    std::uint32_t shorter;      ///< the suffix that says where all other symbols lead to; 0 for context 0 itself
};

/// Where the prediction behind a context is made that is not kept.
struct ngram_room {
    ngram_distribution prediction{};
    std::array<std::uint32_t, 260> starts{};
};

/// Contexts of up to ngram_anchor_length symbols have whole tables, which those of all others go back to. A longer context
/// lists the entries of its *root*, its suffix of one symbol more than that: the last context that gives shares
/// (docs/ngram.md, section 2), with entries for all symbols that have one. What is the same for all contexts of one
/// root is kept once. All members may be called from several threads at once.
class ngram_tables {
public:
    /// `kept_bytes` bounds what is kept for contexts longer than a root; those that come first are kept. What is kept
    /// for all others is bounded by the content.
    ngram_tables(const ngram_content& content, std::size_t kept_bytes)
        : m_content(content), m_records(content.contexts.size()), m_left_to_keep(kept_bytes) {}

    /// The record of a context if it is kept; it is made first unless there is no room.
    [[nodiscard]] EQUINFO_FORCE_INLINE const ngram_record* find(std::uint32_t number) const {
        const ngram_record* const known = m_records[number].load(std::memory_order_acquire);
        return known != nullptr ? known : find_or_make(number);
    }

    /// The record of a context if it is kept already.
    [[nodiscard]] EQUINFO_FORCE_INLINE const ngram_record* known(std::uint32_t number) const {
        return m_records[number].load(std::memory_order_acquire);
    }

    /// The prediction behind a context that find() has no record of.
    [[nodiscard]] const ngram_distribution& make(std::uint32_t number, ngram_room& room) const {
        room.prediction = find(root_of(number))->prediction;
        room.prediction.m_starts = room.starts.data();
        share_out(number, room.prediction, room.starts.data());
        return room.prediction;
    }

private:
    static constexpr unsigned root_length = ngram_anchor_length + 1;
    static constexpr std::size_t chunk_size = std::size_t{1} << 18;

    [[nodiscard]] const ngram_context& context(std::uint32_t number) const { return m_content.contexts[number]; }

    [[nodiscard]] std::uint32_t root_of(std::uint32_t number) const {
        while (context(number).length > root_length) {
            number = context(number).suffix;
        }
        return number;
    }

    const ngram_record* find_or_make(std::uint32_t number) const {
        if (context(number).length > root_length && m_is_full.load(std::memory_order_relaxed)) {
            return nullptr;
        }
        const std::lock_guard lock(m_making);
        return find_locked(number);
    }

    const ngram_record* find_locked(std::uint32_t number) const {
        const ngram_record* known = m_records[number].load(std::memory_order_relaxed);
        if (known == nullptr) {
            const unsigned length = context(number).length;
            known = length < root_length ? make_short(number) : length == root_length ? make_root(number) : make_long(number);
            m_records[number].store(known, std::memory_order_release);
        }
        return known;
    }

    const ngram_record* make_short(std::uint32_t number) const {
        const ngram_context& own = context(number);
        const ngram_lows* const below = number == 0 ? &uniform_lows : find_locked(own.suffix)->prediction.m_table;
        ngram_record* const record = start_record(number, take<ngram_record>(1), below);
        std::array<std::uint32_t, 260> starts;
        record->prediction.m_starts = starts.data();
        auto* const lows = take<ngram_lows>(1);
        *lows = uniform_lows;
        if (own.size != 0) {
            share_out(number, record->prediction, starts.data());
            std::array<frequency, 256> frequencies;
            record->prediction.frequencies(frequencies);
            for (std::size_t symbol = 0; symbol < 256; ++symbol) {
                lows->lows[symbol + 1] = lows->lows[symbol] + frequencies[symbol];
            }
            for (std::size_t block = 0; block < 16; ++block) {
                lows->every_sixteenth[block] = lows->lows[16 * block];
            }
        }
        // From here on it stands for itself: nothing is listed, all is left.
        record->prediction.m_table = lows;
        record->prediction.m_listed = 0;
        record->prediction.m_starts = &whole;
        record->prediction.m_left = &shared_out;
        record->prediction.m_factor = 1;
        record->prediction.m_shift = 0;
        record->shorter = own.suffix;
        return record;
    }

    const ngram_record* make_root(std::uint32_t number) const {
        const std::uint32_t suffix = context(number).suffix;
        ngram_record* const record = start_record(number, take<ngram_record>(1), find_locked(suffix)->prediction.m_table);
        auto* const starts = take<std::uint32_t>(start_count(record->size));
        record->prediction.m_starts = starts;
        share_out(number, record->prediction, starts);
        record->shorter = suffix;
        return record;
    }

    const ngram_record* make_long(std::uint32_t number) const {
        const ngram_record& root = *find_locked(root_of(number));
        const std::size_t bytes = sizeof(ngram_record) + (start_count(root.size) + root.size) * sizeof(std::uint32_t) + 8;
        if (bytes > m_left_to_keep) {
            m_is_full.store(true, std::memory_order_relaxed);
            return nullptr;
        }
        m_left_to_keep -= bytes;
        auto* const record = take<ngram_record>(1);
        *record = root;
        auto* const starts = take<std::uint32_t>(start_count(root.size));
        record->prediction.m_starts = starts;
        share_out(number, record->prediction, starts);
        record->next = list_next(number, root);
        return record;
    }

    /// Writes down which symbols have entries, and where they lead to.
    ngram_record* start_record(std::uint32_t number, ngram_record* record, const ngram_lows* below) const {
        const std::span entries = m_content.entries_of(context(number));
        const std::size_t padded = (entries.size() + 15) / 16 * 16;
        auto* const symbols = take<std::uint8_t>(padded);
        std::fill_n(symbols, padded, std::uint8_t{255});
        auto* const left = take<std::uint32_t>(entries.size() + 1);
        std::uint32_t had = 0;
        for (std::size_t k = 0; k < entries.size(); ++k) {
            const std::uint32_t symbol = entries[k].symbol;
            symbols[k] = entries[k].symbol;
            left[k] = below->lows[symbol] - symbol - had;
            had += below->lows[symbol + 1] - below->lows[symbol] - 1;
        }
        left[entries.size()] = shared_out - had;
        record->size = static_cast<std::uint32_t>(entries.size());
        record->next = list_next(number);
        record->prediction.m_table = below;
        record->prediction.m_symbols = symbols;
        record->prediction.m_left = left;
        record->prediction.m_listed = record->size;
        return record;
    }

    /// Where the symbols lead to that have an entry in this context, of up to root_length symbols: where that says nothing,
    /// the suffix does.
    const std::uint32_t* list_next(std::uint32_t number) const {
        const std::span entries = m_content.entries_of(context(number));
        auto* const next = take<std::uint32_t>(entries.size());
        const std::uint32_t suffix = context(number).suffix;
        const ngram_record* const shorter = number == 0 ? nullptr : find_locked(suffix);
        std::uint32_t j = 0;
        for (std::size_t k = 0; k < entries.size(); ++k) {
            next[k] = entries[k].child;
            if (shorter != nullptr) {
                while (shorter->prediction.m_symbols[j] != entries[k].symbol) {
                    ++j;
                }
                next[k] = next[k] != 0 ? next[k] : shorter->next[j];
            }
        }
        return next;
    }

    /// The same for a longer context, and all symbols that the root lists: what the root says, where nothing longer does.
    const std::uint32_t* list_next(std::uint32_t number, const ngram_record& root) const {
        auto* const next = take<std::uint32_t>(root.size);
        std::fill_n(next, root.size, 0u);
        for (; context(number).length > root_length; number = context(number).suffix) {
            std::uint32_t k = 0;
            for (const ngram_entry& entry : m_content.entries_of(context(number))) {
                if (entry.child != 0) {
                    while (root.prediction.m_symbols[k] != entry.symbol) {
                        ++k;
                    }
                    next[k] = next[k] != 0 ? next[k] : entry.child;
                }
            }
        }
        for (std::uint32_t k = 0; k < root.size; ++k) {
            next[k] = next[k] != 0 ? next[k] : root.next[k];
        }
        return next;
    }

    /// Section 2 of docs/ngram.md, steps 1 to 4. `list` says which symbols may get shares and what the others have in
    /// the table below; its factor and shift are written, and the lower ends to `starts`.
    void share_out(std::uint32_t number, ngram_distribution& list, std::uint32_t* starts) const {
        std::array<std::uint32_t, 256> shares;  // beside the count that every symbol has
        std::array<std::uint32_t, 256> absent;  // all ones where there is no share yet, else 0
        for (std::uint32_t k = 0; k < list.m_listed; ++k) {
            shares[list.m_symbols[k]] = 0;
            absent[list.m_symbols[k]] = ~std::uint32_t{0};
        }
        const std::uint8_t first = m_content.entries_of(context(number)).front().symbol;
        std::uint32_t mass = shared_out;
        do {
            const std::span entries = m_content.entries_of(context(number));
            std::uint64_t sum = ngram_weights[context(number).escape];
            for (const ngram_entry& entry : entries) {
                sum += ngram_weights[entry.code] & absent[entry.symbol];
            }
            const std::uint64_t unit = (std::uint64_t{mass} << 24) / sum;
            for (const ngram_entry& entry : entries) {
                const std::uint32_t weight = ngram_weights[entry.code] & absent[entry.symbol];
                const auto share = static_cast<std::uint32_t>((weight * unit) >> 24);
                shares[entry.symbol] += share;
                mass -= share;
                absent[entry.symbol] = 0;
            }
            number = context(number).suffix;
        } while (context(number).length > ngram_anchor_length);

        const std::uint32_t left = list.m_left[list.m_listed];
        list.m_shift = 31 - static_cast<unsigned>(std::bit_width(mass));
        list.m_factor = left == 0 ? 0 : (mass << list.m_shift) / left;
        shares[first] += mass - ((left * list.m_factor) >> list.m_shift);
        std::uint32_t before = 0;
        for (std::uint32_t k = 0; k < list.m_listed; ++k) {
            const std::uint32_t symbol = list.m_symbols[k];
            starts[k] = symbol + before + ((list.m_left[k] * list.m_factor) >> list.m_shift);
            before += shares[symbol];
        }
        std::fill(starts + list.m_listed, starts + start_count(list.m_listed), whole);
    }

    /// With one more for the end of the last slice, in groups of four; see count_at_most.
    [[nodiscard]] static constexpr std::size_t start_count(std::size_t listed) { return (listed + 1 + 3) / 4 * 4; }

    /// Memory for `count` objects, until the end. Only simple types: nothing is constructed or destroyed.
    template <class T>
    [[nodiscard]] T* take(std::size_t count) const {
        static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);
        const std::size_t bytes = (count * sizeof(T) + 7) / 8 * 8;
        if (bytes > m_chunk_left) {
            m_chunk_left = std::max(bytes, chunk_size);
            m_chunks.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(m_chunk_left / 8));
            m_chunk = reinterpret_cast<std::byte*>(m_chunks.back().get());
        }
        std::byte* const memory = m_chunk;
        m_chunk += bytes;
        m_chunk_left -= bytes;
        return reinterpret_cast<T*>(memory);
    }

    static constexpr frequency whole = frequency{1} << ngram_precision;
    static constexpr std::uint32_t shared_out = whole - 256;
    static constexpr ngram_lows uniform_lows = [] {
        ngram_lows all{};
        for (std::uint32_t symbol = 0; symbol < all.lows.size(); ++symbol) {
            all.lows[symbol] = std::min(symbol * (whole / 256), whole);
        }
        for (std::size_t block = 0; block < 16; ++block) {
            all.every_sixteenth[block] = all.lows[16 * block];
        }
        return all;
    }();

    const ngram_content& m_content;
    mutable std::vector<std::atomic<const ngram_record*>> m_records;  // by context
    mutable std::atomic<bool> m_is_full = false;
    mutable std::mutex m_making;                                       // guards all that follow
    mutable std::size_t m_left_to_keep;
    mutable std::vector<std::unique_ptr<std::uint64_t[]>> m_chunks;
    mutable std::byte* m_chunk = nullptr;
    mutable std::size_t m_chunk_left = 0;
};

}  // namespace equinfo::detail
