// SPDX-License-Identifier: MIT
// A frozen order-n model of bytes: it follows the text, and never learns from it.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/ngram_data.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Content that many models share, with the tables of the likeliest contexts, each made when it is first needed.
/// All members may be called from several threads at once.
class ngram_data {
public:
    /// The tables of all contexts of up to two symbols are kept once made, and of `kept_tables` longer ones; each takes
    /// 1,088 bytes. English text makes about 8,000 short ones.
    explicit ngram_data(ngram_content content, std::size_t kept_tables = 8192)
        : m_content(std::move(content)), m_fingerprint(m_content.fingerprint()) {
        EQUINFO_EXPECTS(!m_content.contexts.empty());
        choose_kept(kept_tables);
    }
    ngram_data(const ngram_data&) = delete;
    ngram_data& operator=(const ngram_data&) = delete;
    ~ngram_data() {
        for (auto& table : m_kept) {
            delete table.load(std::memory_order_relaxed);
        }
    }

    [[nodiscard]] const ngram_content& content() const { return m_content; }
    [[nodiscard]] std::uint64_t fingerprint() const { return m_fingerprint; }

    /// The table of a context; `room` is where it is made if it is not one of those that are kept.
    [[nodiscard]] const ngram_table& table(std::uint32_t number, ngram_table& room) const {
        const ngram_context* context = &m_content.contexts[number];
        if (const ngram_table* const known = kept(*context)) {
            return *known;
        }
        const std::span entries = m_content.entries_of(*context);
        if (entries.empty()) {
            return room = ngram_table{};  // the empty context of a model that was never trained
        }
        const std::uint32_t slot = context->slot;
        detail::ngram_shares shares;
        std::span<const ngram_entry> listed;
        do {
            listed = m_content.entries_of(*context);
            shares.share(listed, context->escape);
            number = context->suffix;
            context = &m_content.contexts[number];
        } while (context->length > ngram_anchor_length);
        const ngram_table* anchor = kept(*context);
        if (anchor == nullptr) {
            anchor = slot == 1 ? &(room = ngram_table{}) : &table(number, room);
        }
        room = shares.finish(*anchor, listed, entries.front().symbol);
        return keep(slot, room);
    }

    /// The longest context that the text ends with, once `symbol` has followed context `number`.
    [[nodiscard]] std::uint32_t next(std::uint32_t number, std::uint8_t symbol) const {
        for (;;) {
            const ngram_context& context = m_content.contexts[number];
            const std::span entries = m_content.entries_of(context);
            const auto found = std::partition_point(entries.begin(), entries.end(),
                                                    [symbol](const ngram_entry& entry) { return entry.symbol < symbol; });
            if (found != entries.end() && found->symbol == symbol && found->child != 0) {
                return found->child;
            }
            if (number == 0) {
                return 0;
            }
            number = context.suffix;
        }
    }

private:
    /// Gives slots to all contexts of up to ngram_anchor_length symbols, and to those longer ones whose probability is
    /// largest, by the codes of the entries that lead to them.
    void choose_kept(std::size_t kept_tables) {
        std::vector<std::uint16_t> rarity(m_content.contexts.size(), 0);
        std::vector<std::uint32_t> histogram(ngram_code_count * ngram_max_order);
        std::uint32_t slots = 0;
        for (std::size_t number = 0; number < rarity.size(); ++number) {
            ngram_context& context = m_content.contexts[number];
            if (context.length <= ngram_anchor_length) {
                context.slot = ++slots;
            } else {
                context.slot = 0;
                ++histogram[rarity[number]];
            }
            for (const ngram_entry& entry : m_content.entries_of(context)) {
                if (entry.child != 0) {
                    rarity[entry.child] = static_cast<std::uint16_t>(rarity[number] + entry.code);
                }
            }
        }
        std::size_t limit = 0;  // contexts less rare than that are all kept
        for (std::size_t total = 0; limit < histogram.size() && total + histogram[limit] <= kept_tables; ++limit) {
            total += histogram[limit];
        }
        for (std::size_t number = 0; number < rarity.size(); ++number) {
            ngram_context& context = m_content.contexts[number];
            if (context.slot == 0 && rarity[number] < limit) {
                context.slot = ++slots;
            }
        }
        m_kept = std::vector<std::atomic<const ngram_table*>>(slots + 1);
    }

    [[nodiscard]] const ngram_table* kept(const ngram_context& context) const {
        return m_kept[context.slot].load(std::memory_order_acquire);  // slot 0 stays empty
    }

    /// Keeps a copy of `table` if there is a slot for it; whoever was there first has made the same table.
    const ngram_table& keep(std::uint32_t slot, const ngram_table& table) const {
        if (slot == 0) {
            return table;
        }
        auto copy = std::make_unique<const ngram_table>(table);
        const ngram_table* none = nullptr;
        if (m_kept[slot].compare_exchange_strong(none, copy.get(), std::memory_order_acq_rel)) {
            return *copy.release();
        }
        return *none;
    }

    ngram_content m_content;
    std::uint64_t m_fingerprint;
    mutable std::vector<std::atomic<const ngram_table*>> m_kept;
};

/// The model: which context the text ends with. Copies share all tables and cost one of them.
class ngram_model {
public:
    using symbol_type = std::uint8_t;
    static constexpr unsigned precision = ngram_precision;

    explicit ngram_model(std::shared_ptr<const ngram_data> data) : m_data(std::move(data)) {
        EQUINFO_EXPECTS(m_data != nullptr);
    }

    [[nodiscard]] const ngram_table& predict() { return m_data->table(m_context, m_room); }
    void update(std::uint8_t symbol) { m_context = m_data->next(m_context, symbol); }
    void reset() { m_context = 0; }

    [[nodiscard]] std::uint64_t fingerprint() const { return m_data->fingerprint(); }
    [[nodiscard]] const std::shared_ptr<const ngram_data>& data() const { return m_data; }

private:
    std::shared_ptr<const ngram_data> m_data;
    ngram_table m_room;
    std::uint32_t m_context = 0;
};

}  // namespace equinfo
