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
        : m_content(std::move(content)), m_fingerprint(m_content.fingerprint()), m_slots(m_content.contexts(), 0) {
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
    [[nodiscard]] const ngram_table& table(std::uint32_t context, ngram_table& room) const {
        if (const ngram_table* const known = kept(context)) {
            return *known;
        }
        if (context < m_anchors) {
            return make_anchor(context, room);
        }
        std::array<std::uint32_t, ngram_max_order> chain;  // suffixes longer than the anchor, longest first
        std::size_t length = 0;
        std::uint32_t anchor = context;
        for (; anchor >= m_anchors; anchor = m_content.suffix[anchor]) {
            chain[length++] = anchor;
        }
        const ngram_table* start = kept(anchor);
        if (start == nullptr) {
            start = &make_anchor(anchor, room);
        }
        detail::ngram_shares shares;
        shares.start(*start, m_content.symbols_of(chain[length - 1]));
        while (length-- > 0) {
            shares.narrow(m_content.symbols_of(chain[length]), m_content.codes_of(chain[length]), m_content.escape[chain[length]]);
        }
        room = shares.finish();
        return keep(context, room);
    }

    /// The longest context that the text ends with, once `symbol` has followed `context`.
    [[nodiscard]] std::uint32_t next(std::uint32_t context, std::uint8_t symbol) const {
        for (;;) {
            const std::uint8_t* const begin = m_content.symbol.data() + m_content.first_entry[context];
            const std::uint8_t* const end = m_content.symbol.data() + m_content.first_entry[context + 1];
            const std::uint8_t* const found = std::lower_bound(begin, end, symbol);
            if (found != end && *found == symbol) {
                const std::uint32_t child = m_content.child[static_cast<std::size_t>(found - m_content.symbol.data())];
                if (child != 0) {
                    return child;
                }
            }
            if (context == 0) {
                return 0;
            }
            context = m_content.suffix[context];
        }
    }

private:
    /// The table of a context of up to `ngram_anchor_length` symbols, each from that of its suffix.
    EQUINFO_NOINLINE const ngram_table& make_anchor(std::uint32_t context, ngram_table& room) const {
        const ngram_table alike;
        detail::ngram_shares shares;
        shares.start(context == 0 ? alike : table(m_content.suffix[context], room), m_content.symbols_of(context));
        shares.narrow(m_content.symbols_of(context), m_content.codes_of(context), m_content.escape[context]);
        room = shares.finish();
        return keep(context, room);
    }

    /// Gives slots to all anchors, and to the other contexts whose probability is largest, by the codes of the entries
    /// that lead to them.
    void choose_kept(std::size_t kept_tables) {
        std::vector<std::uint16_t> rarity(m_content.contexts(), 0);
        std::vector<std::uint32_t> histogram(ngram_code_count * ngram_max_order);
        std::vector<std::uint8_t> length(m_content.contexts(), 0);
        m_anchors = 0;
        for (std::uint32_t context = 0; context < m_content.contexts(); ++context) {
            if (length[context] <= ngram_anchor_length) {
                m_anchors = context + 1;
                m_slots[context] = context + 1;
            } else {
                ++histogram[rarity[context]];
            }
            for (std::uint32_t i = m_content.first_entry[context]; i < m_content.first_entry[context + 1]; ++i) {
                if (m_content.child[i] != 0) {
                    rarity[m_content.child[i]] = static_cast<std::uint16_t>(rarity[context] + m_content.code[i]);
                    length[m_content.child[i]] = static_cast<std::uint8_t>(length[context] + 1);
                }
            }
        }
        std::size_t limit = 0;  // contexts below it are all kept
        std::size_t total = 0;
        while (limit < histogram.size() && total + histogram[limit] <= kept_tables) {
            total += histogram[limit++];
        }
        std::uint32_t slots = m_anchors;
        for (std::size_t context = m_anchors; context < rarity.size(); ++context) {
            if (rarity[context] < limit) {
                m_slots[context] = ++slots;
            }
        }
        m_kept = std::vector<std::atomic<const ngram_table*>>(slots + 1);
    }

    [[nodiscard]] const ngram_table* kept(std::uint32_t context) const {
        const std::uint32_t slot = m_slots[context];
        return slot == 0 ? nullptr : m_kept[slot].load(std::memory_order_acquire);
    }

    /// Keeps a copy of `table` if the context has a slot; whoever was there first has made the same table.
    const ngram_table& keep(std::uint32_t context, const ngram_table& table) const {
        const std::uint32_t slot = m_slots[context];
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
    std::uint32_t m_anchors = 0;         // contexts of up to ngram_anchor_length symbols
    std::vector<std::uint32_t> m_slots;  // of each context; 0: not kept
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
