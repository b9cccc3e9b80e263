// SPDX-License-Identifier: MIT
// Which n-grams a model keeps, and the probabilities that they get: smoothing and pruning, in integers.
#pragma once

#include <equinfo/models/ngram_counts.hpp>
#include <equinfo/models/ngram_data.hpp>
#include <equinfo/models/ngram_scale.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace equinfo::detail {

/// How dear an n-gram is, and what it is for.
struct ngram_prices {
    std::int64_t entry = 0;       ///< bits that an entry must save over the corpus, in 1/65536
    std::int64_t context = 0;     ///< bits that a context must save beyond that
    std::uint32_t fresh = 64;     ///< 0..256: share of all uses of an n-gram that are at a text's start, where no longer one can serve
};

/// Holds every n-gram's probability given its context, smoothed by interpolated absolute discounting (three
/// discounts a length, from the counts of counts), and chooses those that are worth their price.
class ngram_selection {
public:
    explicit ngram_selection(const ngram_counts& counts) : m_counts(counts), m_levels(counts.order() + 2) {
        for (std::size_t length = 1; length < m_levels.size(); ++length) {
            smooth(length);
        }
    }

    /// Keeps the n-grams that are worth it: longest first, since what a longer one predicts is no longer there to be
    /// predicted by the shorter. An n-gram is kept as well if one that was kept needs it.
    void select(const ngram_prices& prices) {
        for (std::size_t length = 0; length < m_levels.size(); ++length) {
            m_levels[length].kept.assign(m_counts.level(length).size(), 0);
            m_levels[length].covered.assign(m_counts.level(length).size(), 0);
        }
        for (std::size_t length = m_levels.size() - 1; length > 0; --length) {
            const ngram_level& contexts = m_counts.level(length - 1);
            for (std::size_t context = 0; context < contexts.size(); ++context) {
                select_followers(length, context, prices);
            }
        }
    }

    [[nodiscard]] ngram_content content(std::uint32_t fresh) const {
        ngram_content result;
        result.order = m_counts.order();
        std::vector<std::uint32_t> ngrams{0};              // of the contexts of this length
        std::vector<std::uint32_t> context_of_suffix;      // n-gram of the length before -> context
        for (std::size_t length = 1; length < m_levels.size() && !ngrams.empty(); ++length) {
            add_contexts(length, fresh, ngrams, context_of_suffix, result);
        }
        return result;
    }

private:
    struct level_state {
        std::vector<std::uint32_t> probability;  // 31 fraction bits
        std::vector<std::uint32_t> covered;      // occurrences that longer kept n-grams predict
        std::vector<std::uint8_t> kept;
    };

    static constexpr std::uint32_t one = 1u << 31;

    /// The discounts of Chen and Goodman (1999, "An empirical study of smoothing techniques for language modeling",
    /// section 3.5), in 1/65536; fixed ones where the counts of counts are not those of plain text.
    static std::array<std::uint64_t, 3> discounts(const std::array<std::uint64_t, 5>& n) {
        std::array<std::uint64_t, 3> result{38000, 62000, 80000};
        if (n[1] < 100 || n[2] < 100 || n[3] < 100 || n[4] < 100) {
            return result;
        }
        const std::uint64_t y = (n[1] << 16) / (n[1] + 2 * n[2]);
        for (std::uint64_t i = 1; i <= 3; ++i) {
            const std::uint64_t loss = (i + 1) * y * n[i + 1] / n[i];
            if (loss + 6554 < i << 16) {
                result[i - 1] = std::min<std::uint64_t>((i << 16) - loss, (i << 16) - 6554);
            }
        }
        return result;
    }

    void smooth(std::size_t length) {
        const ngram_level& contexts = m_counts.level(length - 1);
        const ngram_level& ngrams = m_counts.level(length);
        const auto discount = discounts(ngrams.count_of_counts);
        auto& probability = m_levels[length].probability;
        probability.resize(ngrams.size());
        for (std::size_t context = 0; context < contexts.size(); ++context) {
            const std::uint64_t total = contexts.followers[context];
            const auto& spectrum = contexts.spectrum[context];
            const std::uint64_t freed =
                discount[0] * spectrum[0] + discount[1] * spectrum[1] + discount[2] * spectrum[2];
            for (std::uint32_t i = contexts.first_child[context]; i < contexts.first_child[context + 1]; ++i) {
                const std::uint64_t count = ngrams.count[i];
                const std::uint64_t shorter = length == 1 ? one / 256 : m_levels[length - 1].probability[ngrams.suffix[i]];
                const std::uint64_t share =
                    (count << 16) - discount[std::min<std::uint64_t>(count, 3) - 1] + ((freed * shorter) >> 31);
                probability[i] = static_cast<std::uint32_t>(std::clamp<std::uint64_t>((share << 15) / total, 1, one - 1));
            }
        }
    }

    void select_followers(std::size_t length, std::size_t context, const ngram_prices& prices) {
        const ngram_level& contexts = m_counts.level(length - 1);
        const ngram_level& ngrams = m_counts.level(length);
        level_state& state = m_levels[length];
        const std::uint32_t begin = contexts.first_child[context];
        const std::size_t count = contexts.first_child[context + 1] - begin;
        if (count == 0) {
            return;
        }
        std::array<std::int64_t, 256> uses;  // in 1/256
        std::array<std::int64_t, 256> p;
        std::array<std::int64_t, 256> q;     // from the shorter context
        std::int64_t all_uses = 0;
        bool needed = false;
        const std::int64_t fresh = prices.fresh;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t ngram = begin + i;
            const std::int64_t seen = ngrams.count[ngram];
            uses[i] = (seen - state.covered[ngram]) * (256 - fresh) + seen * fresh;
            all_uses += uses[i];
            p[i] = state.probability[ngram];
            q[i] = length == 1 ? one / 256 : m_levels[length - 1].probability[ngrams.suffix[ngram]];
            needed = needed || state.kept[ngram] != 0;
        }
        std::array<std::uint8_t, 256> keep{};
        std::int64_t saved = 0;
        std::int64_t alpha = one;  // what the shorter context's probabilities are multiplied by, 31 fraction bits
        for (unsigned round = 0; round < 3; ++round) {
            saved = 0;
            std::int64_t left = one;
            std::int64_t had = one;
            const std::int64_t log_alpha = log2_fixed(static_cast<std::uint64_t>(alpha)) - (31 << 16);
            for (std::size_t i = 0; i < count; ++i) {
                const std::int64_t backed_off = (q[i] * (alpha >> 8)) >> 23;
                // Poisson divergence: what is taken from the others by a too large share is paid by them.
                const std::int64_t log_ratio = log2_fixed(static_cast<std::uint64_t>(p[i])) -
                                               log2_fixed(static_cast<std::uint64_t>(q[i])) - log_alpha;
                const std::int64_t excess = ((p[i] - backed_off) * (all_uses >> 8)) >> 15;  // below 2^48
                // excess * 94548 / 2^16, which is 2^16 / ln 2; in two parts, since the product may pass 2^63.
                const std::int64_t taken = (excess >> 16) * 94548 + ((excess & 0xFFFF) * 94548 >> 16);
                const std::int64_t gain = ((uses[i] * log_ratio) >> 8) - taken;
                keep[i] = state.kept[begin + i] != 0 || gain > prices.entry;
                if (keep[i] != 0) {
                    saved += gain - prices.entry;
                    left -= p[i];
                    had -= q[i];
                }
            }
            left = std::max<std::int64_t>(left, one >> 20);
            had = std::max<std::int64_t>(had, one >> 20);
            alpha = std::clamp<std::int64_t>((left << 20) / had << 11, one >> 12, std::int64_t{one} << 4);
        }
        if (!needed && saved <= prices.context) {
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (keep[i] == 0) {
                continue;
            }
            state.kept[begin + i] = 1;
            m_levels[length - 1].kept[context] = 1;
            if (length > 1) {
                const std::uint32_t suffix = ngrams.suffix[begin + i];
                m_levels[length - 1].kept[suffix] = 1;
                m_levels[length - 1].covered[suffix] += ngrams.count[begin + i];
            }
        }
    }

    /// Adds the contexts of one length and replaces `ngrams` by those of the next.
    ///
    /// Deep in a text a context is used only where no longer one is known, and what follows it there is not what follows
    /// it anywhere; near a text's start it is. So each probability is multiplied by the share of its occurrences in
    /// which it serves, and all are scaled to a sum of 1.
    void add_contexts(std::size_t length, std::uint32_t fresh, std::vector<std::uint32_t>& ngrams,
                      std::vector<std::uint32_t>& context_of_suffix, ngram_content& result) const {
        const ngram_level& contexts = m_counts.level(length - 1);
        const ngram_level& followers = m_counts.level(length);
        const level_state& state = m_levels[length];
        const occurrences longer = occurrences_in_longer(length);
        std::vector<std::uint32_t> context_of(contexts.size());
        std::vector<std::uint32_t> next;
        auto next_context = static_cast<std::uint32_t>(result.contexts.size() + ngrams.size());
        for (const std::uint32_t ngram : ngrams) {
            context_of[ngram] = static_cast<std::uint32_t>(result.contexts.size());
            ngram_context& context = result.contexts.emplace_back();
            context.first_entry = static_cast<std::uint32_t>(result.entries.size());
            context.suffix = length < 2 ? 0 : context_of_suffix[contexts.suffix[ngram]];
            context.length = static_cast<std::uint8_t>(length - 1);
            std::array<std::uint64_t, 256> shares;
            std::size_t entries = 0;
            std::uint64_t sum = 0;
            std::uint64_t left = one;
            std::uint64_t seen = contexts.followers[ngram];
            std::uint64_t seen_longer = longer.of_context[ngram];
            for (std::uint32_t i = contexts.first_child[ngram]; i < contexts.first_child[ngram + 1]; ++i) {
                if (state.kept[i] == 0) {
                    continue;
                }
                left -= std::min<std::uint64_t>(left, state.probability[i]);
                seen -= followers.count[i];
                seen_longer -= std::min<std::uint64_t>(seen_longer, longer.of_ngram[i]);
                shares[entries] = weighed(state.probability[i], followers.count[i], longer.of_ngram[i], fresh);
                sum += shares[entries++];
                const bool leads_on = length + 1 < m_levels.size() && has_kept_followers(length + 1, i);
                result.entries.push_back({leads_on ? next_context++ : 0, followers.symbol[i], 0});
                if (leads_on) {
                    next.push_back(i);
                }
            }
            const std::uint64_t escape = weighed(std::max<std::uint64_t>(left, 2048), seen, seen_longer, fresh);
            sum += escape;
            for (std::size_t i = 0; i < entries; ++i) {
                result.entries[context.first_entry + i].code = code_of(shares[i], sum);
            }
            context.escape = code_of(escape, sum);
            context.size = static_cast<std::uint16_t>(entries);
        }
        context_of_suffix = std::move(context_of);
        ngrams = std::move(next);
    }

    /// Occurrences that stand behind a longer context of the model.
    struct occurrences {
        std::vector<std::uint32_t> of_ngram;    // n-grams of a length
        std::vector<std::uint32_t> of_context;  // their contexts, whatever follows
    };

    [[nodiscard]] occurrences occurrences_in_longer(std::size_t length) const {
        const ngram_level& ngrams = m_counts.level(length);
        occurrences result{std::vector<std::uint32_t>(ngrams.size()),
                           std::vector<std::uint32_t>(m_counts.level(length - 1).size())};
        if (length + 1 == m_levels.size()) {
            return result;
        }
        const ngram_level& longer = m_counts.level(length + 1);
        for (std::uint32_t context = 0; context < ngrams.size(); ++context) {
            if (has_kept_followers(length + 1, context)) {
                result.of_context[ngrams.suffix[context]] += ngrams.followers[context];
                for (std::uint32_t i = ngrams.first_child[context]; i < ngrams.first_child[context + 1]; ++i) {
                    result.of_ngram[longer.suffix[i]] += longer.count[i];
                }
            }
        }
        return result;
    }

    /// `probability` times the share of its `seen` occurrences that count: those at a text's start, a share of `fresh` /
    /// 256, and of the others those not behind a longer context. Above 0.
    static std::uint64_t weighed(std::uint64_t probability, std::uint64_t seen, std::uint64_t longer, std::uint32_t fresh) {
        const std::uint64_t alone = seen - std::min(seen, longer);
        const std::uint64_t share = seen == 0 ? 65536 : fresh * 256 + (256 - fresh) * ((alone << 8) / seen);
        return std::max<std::uint64_t>(probability * share, 1);
    }

    [[nodiscard]] bool has_kept_followers(std::size_t length, std::uint32_t context) const {
        const ngram_level& contexts = m_counts.level(length - 1);
        const auto& kept = m_levels[length].kept;
        return std::any_of(kept.begin() + contexts.first_child[context], kept.begin() + contexts.first_child[context + 1],
                           [](std::uint8_t flag) { return flag != 0; });
    }

    static std::uint8_t code_of(std::uint64_t share, std::uint64_t sum) {
        return ngram_code_of_bits(log2_fixed(sum) - log2_fixed(share));
    }

    const ngram_counts& m_counts;
    std::vector<level_state> m_levels;
};

}  // namespace equinfo::detail
