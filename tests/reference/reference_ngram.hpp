// SPDX-License-Identifier: MIT
// The n-gram model once more, from maps of strings: slow, and with every n-gram kept.
#pragma once

#include <equinfo/models/ngram_scale.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace equinfo::test {

/// Trains on documents parted by NUL, and gives the 256 frequencies after any text, as docs/ngram.md says.
class reference_ngram {
public:
    reference_ngram(const std::string& corpus, std::size_t order, std::uint64_t fresh) : m_order(order) {
        for (std::size_t i = 0; i < corpus.size(); ++i) {
            for (std::size_t length = 1; length <= order + 1 && i + length <= corpus.size(); ++length) {
                if (corpus[i + length - 1] == '\0') {
                    break;
                }
                ++m_count[corpus.substr(i, length)];
            }
        }
        for (const auto& [ngram, count] : m_count) {
            context_of(ngram).followers[ngram.back()] = count;
            if (count <= 4) {
                ++m_count_of_counts[ngram.size()][count];
            }
        }
        for (auto& [text, known] : m_contexts) {
            code(text, known, fresh);
        }
    }

    [[nodiscard]] std::array<std::uint32_t, 256> frequencies(const std::string& text) const {
        return table(longest_context(text));
    }

    [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return m_count; }
    [[nodiscard]] std::size_t contexts() const { return m_contexts.size(); }

private:
    struct context {
        std::map<char, std::uint64_t> followers;
        std::map<char, unsigned> codes;
        unsigned escape = 0;
    };

    context& context_of(const std::string& ngram) { return m_contexts[ngram.substr(0, ngram.size() - 1)]; }

    [[nodiscard]] std::uint64_t discount(std::size_t length, std::uint64_t count) const {
        const std::uint64_t i = std::min<std::uint64_t>(count, 3);
        const std::array<std::uint64_t, 4> fixed{0, 38000, 62000, 80000};
        const auto found = m_count_of_counts.find(length);
        if (found == m_count_of_counts.end()) {
            return fixed[i];
        }
        const auto& n = found->second;
        if (n[1] < 100 || n[2] < 100 || n[3] < 100 || n[4] < 100) {
            return fixed[i];
        }
        const std::uint64_t y = (n[1] << 16) / (n[1] + 2 * n[2]);
        const std::uint64_t loss = (i + 1) * y * n[i + 1] / n[i];
        return loss + 6554 < i << 16 ? std::min<std::uint64_t>((i << 16) - loss, (i << 16) - 6554) : fixed[i];
    }

    /// P(last symbol | the others), times 2^31.
    [[nodiscard]] std::uint64_t probability(const std::string& ngram) const {
        const auto& followers = m_contexts.at(ngram.substr(0, ngram.size() - 1)).followers;
        std::uint64_t total = 0;
        std::uint64_t freed = 0;
        for (const auto& [symbol, count] : followers) {
            total += count;
            freed += discount(ngram.size(), count);
        }
        const std::uint64_t shorter = ngram.size() == 1 ? 1u << 23 : probability(ngram.substr(1));
        const std::uint64_t count = followers.at(ngram.back());
        const std::uint64_t share = (count << 16) - discount(ngram.size(), count) + ((freed * shorter) >> 31);
        return std::clamp<std::uint64_t>((share << 15) / total, 1, (1u << 31) - 1);
    }

    void code(const std::string& text, context& known, std::uint64_t fresh) {
        std::map<char, std::uint64_t> shares;
        std::uint64_t left = 1u << 31;
        std::uint64_t sum = 0;
        for (const auto& [symbol, count] : known.followers) {
            std::uint64_t longer = 0;  // occurrences where a longer context is known
            for (const auto& [ngram, times] : m_count) {
                if (ngram.size() == text.size() + 2 && ngram.compare(1, std::string::npos, text + symbol) == 0) {
                    longer += times;
                }
            }
            const std::uint64_t p = probability(text + symbol);
            left -= std::min(left, p);
            shares[symbol] = std::max<std::uint64_t>(p * (fresh * 256 + (256 - fresh) * (((count - longer) << 8) / count)), 1);
            sum += shares[symbol];
        }
        const std::uint64_t escape = std::max<std::uint64_t>(left, 2048) * 65536;  // nothing was left out
        sum += escape;
        const auto code_of = [sum](std::uint64_t share) {
            return detail::ngram_code_of_bits(detail::log2_fixed(sum) - detail::log2_fixed(share));
        };
        for (const auto& [symbol, share] : shares) {
            known.codes[symbol] = code_of(share);
        }
        known.escape = code_of(escape);
    }

    [[nodiscard]] std::string longest_context(const std::string& text) const {
        for (std::size_t length = std::min(text.size(), m_order); length > 0; --length) {
            const std::string end = text.substr(text.size() - length);
            if (m_contexts.count(end) != 0) {
                return end;
            }
        }
        return {};
    }

    [[nodiscard]] std::array<std::uint32_t, 256> table(std::string text) const {
        std::array<std::uint32_t, 256> result;
        result.fill(1u << 12);
        if (m_contexts.empty()) {
            return result;
        }
        const unsigned char first = static_cast<unsigned char>(first_symbol(text));
        std::map<unsigned char, std::uint64_t> shares;
        std::uint64_t mass = (1u << 20) - 256;
        bool whole = false;  // went down to the uniform table
        do {
            const context& known = m_contexts.at(text);
            std::uint64_t sum = ngram_weight(known.escape);
            for (const auto& [symbol, code] : known.codes) {
                sum += shares.count(static_cast<unsigned char>(symbol)) == 0 ? ngram_weight(code) : 0;
            }
            const std::uint64_t unit = (mass << 24) / sum;
            for (const auto& [symbol, code] : known.codes) {
                if (shares.count(static_cast<unsigned char>(symbol)) == 0) {
                    const std::uint64_t share = (ngram_weight(code) * unit) >> 24;
                    shares[static_cast<unsigned char>(symbol)] = share;
                    mass -= share;
                }
            }
            whole = text.empty();
            text = text.empty() ? text : text.substr(1);
        } while (text.size() > 2);
        const auto below = whole ? result : table(text);
        std::uint64_t had = 0;
        for (unsigned s = 0; s < 256; ++s) {
            had += shares.count(static_cast<unsigned char>(s)) == 0 ? below[s] - 1 : 0;
        }
        unsigned shift = 31;
        while (mass >> (31 - shift) != 0) {
            --shift;
        }
        const std::uint64_t factor = had == 0 ? 0 : (mass << shift) / had;
        shares[first] += mass - ((had * factor) >> shift);
        std::uint64_t passed = 0;
        for (unsigned s = 0; s < 256; ++s) {
            const auto found = shares.find(static_cast<unsigned char>(s));
            if (found != shares.end()) {
                result[s] = static_cast<std::uint32_t>(found->second + 1);
            } else {
                const std::uint64_t next = passed + below[s] - 1;
                result[s] = static_cast<std::uint32_t>(((next * factor) >> shift) - ((passed * factor) >> shift) + 1);
                passed = next;
            }
        }
        return result;
    }

    /// The lowest byte that follows a context.
    [[nodiscard]] char first_symbol(const std::string& text) const {
        const auto& codes = m_contexts.at(text).codes;
        return std::min_element(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
                   return static_cast<unsigned char>(a.first) < static_cast<unsigned char>(b.first);
               })->first;
    }

    std::size_t m_order;
    std::map<std::string, std::uint64_t> m_count;
    std::map<std::size_t, std::array<std::uint64_t, 5>> m_count_of_counts;
    std::map<std::string, context> m_contexts;
};

}  // namespace equinfo::test
