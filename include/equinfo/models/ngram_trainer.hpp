// SPDX-License-Identifier: MIT
// Makes a frozen n-gram model from text, as large as it may be.
#pragma once

#include <equinfo/error.hpp>
#include <equinfo/models/ngram_counts.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_selection.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {

/// How to train. The defaults are those of the bundled English model.
struct ngram_options {
    unsigned order = 9;                    ///< longest context in symbols, 0..ngram_max_order
    std::uint64_t max_bytes = 1'000'000;   ///< largest model file; 0: keep all n-grams of `min_count`
    std::uint32_t min_count = 0;           ///< rarer n-grams are never kept; 0: 1 for each 32 MiB of text begun
    std::uint32_t fresh = 64;              ///< of 256: how much of a context's use is to be at the start of a text
    std::size_t sort_memory = 256u << 20;  ///< bytes for sorting; more is faster

    /// Throws errc::bad_parameter, with offset 0, for values outside the ranges above.
    void validate() const {
        if (order > ngram_max_order) {
            detail::throw_error(errc::bad_parameter, 0, "n-gram models have an order of at most 9");
        }
        if (fresh > 256) {
            detail::throw_error(errc::bad_parameter, 0, "the fresh share of an n-gram model is at most 256");
        }
    }
};

/// What a trainer is doing.
enum class ngram_stage { counting, selecting };

/// Feed text, then build. The same bytes in the same order give the same model on every machine: there is no floating
/// point in it. Memory: the text, `sort_memory`, and about 26 bytes for each n-gram of `min_count` (for 220 MB of
/// English at order 9: 0.9 GB in all).
class ngram_trainer {
public:
    explicit ngram_trainer(ngram_options options = {}) : m_options(options) { m_options.validate(); }

    /// Adds text. A NUL byte in it ends a document, as end_document() does. To weigh a text, feed it several times.
    /// Throws errc::too_large at 2^32 - 1 bytes.
    void feed(std::span<const std::uint8_t> text) {
        if (text.size() >= 0xffffffffu - m_corpus.size()) {
            detail::throw_error(errc::too_large, m_corpus.size(), "an n-gram model is trained on less than 4 GiB of text");
        }
        m_corpus.insert(m_corpus.end(), text.begin(), text.end());
    }

    /// No n-gram reaches from what was fed before to what comes after.
    void end_document() {
        static constexpr std::uint8_t nul[1]{};
        feed(nul);
    }

    [[nodiscard]] std::size_t size() const { return m_corpus.size(); }

    /// `progress(ngram_stage, done, total)` is called now and then. Throws errc::bad_parameter if no model is as small as
    /// `max_bytes`. What was fed stays, so that more can be added.
    template <class Progress>
    [[nodiscard]] ngram_content build(Progress&& progress) const {
        const std::uint32_t min_count =
            m_options.min_count != 0 ? m_options.min_count : static_cast<std::uint32_t>(m_corpus.size() >> 25) + 1;
        const detail::ngram_counts counts(m_corpus, m_options.order, min_count, m_options.sort_memory,
                                          [&](std::uint64_t done, std::uint64_t total) {
                                              progress(ngram_stage::counting, done, total);
                                          });
        detail::ngram_selection selection(counts);
        if (m_options.max_bytes == 0) {
            selection.select({keep_all, 0, m_options.fresh});
            return selection.content(m_options.fresh);
        }
        ngram_content best;
        std::uint32_t low = 0;  // of the steps of price(): those below keep too much
        std::uint32_t high = price_steps;
        const std::uint64_t rounds = std::bit_width(price_steps);
        for (std::uint64_t round = 0; low < high; ++round) {
            progress(ngram_stage::selecting, round, rounds);
            const std::uint32_t middle = low + (high - low) / 2;
            selection.select({price(middle), price(middle), m_options.fresh});
            ngram_content content = selection.content(m_options.fresh);
            if (write_ngram(content).size() <= m_options.max_bytes) {
                best = std::move(content);
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        progress(ngram_stage::selecting, rounds, rounds);
        if (best.contexts.empty()) {
            detail::throw_error(errc::bad_parameter, 0, "no n-gram model of this text is as small as that");
        }
        return best;
    }

    [[nodiscard]] ngram_content build() const {
        return build([](ngram_stage, std::uint64_t, std::uint64_t) {});
    }

private:
    static constexpr std::int64_t keep_all = -(std::int64_t{1} << 50);
    static constexpr std::uint32_t price_steps = 64 * 32;

    /// Prices from 2^-10 to 2^22 bits saved an entry, in 1/65536 bits, 64 to a doubling.
    static std::int64_t price(std::uint32_t step) { return std::int64_t{64 + step % 64} << (step / 64); }

    ngram_options m_options;
    std::vector<std::uint8_t> m_corpus;
};

}  // namespace equinfo
