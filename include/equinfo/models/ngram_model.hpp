// SPDX-License-Identifier: MIT
// A frozen order-n model of bytes: it follows the text, and never learns from it.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_distribution.hpp>
#include <equinfo/models/ngram_tables.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// Content that many models share, with the tables of the contexts that were needed first. All members may be called
/// from several threads at once.
class ngram_data {
public:
    /// The tables of all contexts of up to three symbols are kept once made, and those of longer ones as far as
    /// `kept_bytes` go (docs/ngram.md, section 6, says what English takes). More bytes make it faster and change nothing else.
    /// So the first prediction behind a context may allocate, and throw std::bad_alloc; later ones do neither.
    explicit ngram_data(ngram_content content, std::size_t kept_bytes = std::size_t{64} << 20)
        : m_content(std::move(content)), m_tables(m_content, kept_bytes) {
        EQUINFO_EXPECTS(!m_content.contexts.empty());
    }
    ngram_data(const ngram_data&) = delete;
    ngram_data& operator=(const ngram_data&) = delete;

    [[nodiscard]] const ngram_content& content() const { return m_content; }

    /// Worked out when it is first asked for, which takes some milliseconds for a large model.
    [[nodiscard]] std::uint64_t fingerprint() const {
        std::uint64_t known = m_fingerprint.load(std::memory_order_relaxed);
        if (known == 0) {
            known = m_content.fingerprint();
            m_fingerprint.store(known, std::memory_order_relaxed);
        }
        return known;
    }

    /// What is predicted behind a context; `room` is where that is made if it is not one of those that are kept.
    [[nodiscard]] EQUINFO_FORCE_INLINE const ngram_distribution& prediction(std::uint32_t number, detail::ngram_room& room) const {
        const detail::ngram_record* const record = m_tables.find(number);
        return record != nullptr ? record->prediction : m_tables.make(number, room);
    }

    /// The longest context that the text ends with, once `symbol` has followed context `number`.
    [[nodiscard]] EQUINFO_FORCE_INLINE std::uint32_t next(std::uint32_t number, std::uint8_t symbol) const {
        for (;;) {
            const detail::ngram_record* const record = m_tables.known(number);
            if (record == nullptr) {
                return next_in_content(number, symbol);
            }
            const std::uint8_t* const symbols = record->prediction.m_symbols;
            const std::uint32_t k = detail::count_less(symbols, record->size, symbol);
            if (k < record->size && symbols[k] == symbol) {
                return record->next[k];
            }
            if (number == 0) {
                return 0;
            }
            number = record->shorter;
        }
    }

private:
    [[nodiscard]] std::uint32_t next_in_content(std::uint32_t number, std::uint8_t symbol) const {
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

    ngram_content m_content;
    mutable std::atomic<std::uint64_t> m_fingerprint = 0;  // 0: not known
    detail::ngram_tables m_tables;
};

/// The model: which context the text ends with. Copies share all tables and cost room for one.
class ngram_model {
public:
    using symbol_type = std::uint8_t;
    static constexpr unsigned precision = ngram_precision;

    explicit ngram_model(std::shared_ptr<const ngram_data> data) : m_data(std::move(data)) {
        EQUINFO_EXPECTS(m_data != nullptr);
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE const ngram_distribution& predict() { return m_data->prediction(m_context, m_room); }
    EQUINFO_FORCE_INLINE void update(std::uint8_t symbol) { m_context = m_data->next(m_context, symbol); }
    void reset() { m_context = 0; }

    [[nodiscard]] std::uint64_t fingerprint() const { return m_data->fingerprint(); }
    [[nodiscard]] const std::shared_ptr<const ngram_data>& data() const { return m_data; }

private:
    std::shared_ptr<const ngram_data> m_data;
    detail::ngram_room m_room;
    std::uint32_t m_context = 0;
};

}  // namespace equinfo
