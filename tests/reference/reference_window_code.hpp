// SPDX-License-Identifier: MIT
// A window code as docs/windows.md states it, spelled out as the list of all its strings. For windows of a few bits.
#pragma once

#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo::reference {

using text = std::basic_string<std::uint8_t>;

struct share_list {
    std::array<std::uint64_t, 256> counts{};
    std::uint64_t scale = 0;
};

/// Rule 3: codewords are given out one at a time, to whom deserves the next one at the lowest scale.
inline share_list share_out(const std::array<std::uint64_t, 256>& frequencies, std::uint64_t codewords,
                            std::uint64_t weight) {
    constexpr std::uint64_t one = std::uint64_t{1} << 20;
    std::vector<std::pair<std::uint64_t, unsigned>> wishes;  // scale, symbol
    for (unsigned symbol = 0; symbol < 256; ++symbol) {
        const std::uint64_t f = frequencies[symbol];
        if (f == 0) {
            continue;
        }
        const std::uint64_t least = (one + weight - 1) / weight;
        wishes.emplace_back((least + f - 1) / f, symbol);
        for (std::uint64_t k = 1; k <= codewords; ++k) {
            wishes.emplace_back((k * one + f - 1) / f, symbol);
        }
    }
    std::sort(wishes.begin(), wishes.end());
    share_list shares;
    if (codewords == 0) {
        return shares;
    }
    for (std::size_t i = 0; i < codewords; ++i) {
        ++shares.counts[wishes[i].second];
    }
    shares.scale = wishes[static_cast<std::size_t>(codewords)].first - 1;
    return shares;
}

/// All 2^b strings of the code, in the order of their codewords. Codewords that no text is encoded to (only where a
/// string has the greatest length) stand for that string too.
template <byte_model Model>
class window_code {
public:
    window_code(Model model, unsigned window_bits, bool keeps_every_prefix)
        : m_model(std::move(model)), m_cap(16 * std::size_t{window_bits} - 1), m_keeps_all(keeps_every_prefix) {
        m_strings.resize(std::size_t{1} << window_bits);
        grow({}, 0, m_strings.size(), 0);
        for (std::size_t i = m_strings.size(); i-- > 0;) {
            m_codewords[m_strings[i]] = i;
        }
    }

    const std::vector<text>& strings() const { return m_strings; }

    /// The longest string that begins `all`, and its codeword.
    std::pair<std::size_t, std::uint64_t> longest_match(std::span<const std::uint8_t> all) const {
        for (std::size_t length = std::min(all.size(), m_cap); length > 0; --length) {
            const auto found = m_codewords.find(text(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length)));
            if (found != m_codewords.end()) {
                return {length, found->second};
            }
        }
        return {0, 0};
    }

private:
    std::array<std::uint64_t, 256> frequencies_after(const text& prefix) {
        m_model.reset();
        for (const std::uint8_t symbol : prefix) {
            m_model.update(symbol);
        }
        const auto& d = m_model.predict();
        std::array<std::uint64_t, 256> result;
        for (unsigned symbol = 0; symbol < 256; ++symbol) {
            result[symbol] = d.range_of(static_cast<std::uint8_t>(symbol)).freq;
        }
        return result;
    }

    void grow(const text& prefix, std::uint64_t first, std::uint64_t count, std::uint64_t past_kept) {
        constexpr unsigned precision = distribution_t<Model>::precision;
        if (prefix.size() == m_cap) {
            std::fill_n(m_strings.begin() + static_cast<std::ptrdiff_t>(first), count, prefix);
            return;
        }
        if (count == 1) {
            m_strings[first] = m_keeps_all || prefix.size() == 1 ? prefix : run_on(prefix, past_kept);
            return;
        }
        const std::array<std::uint64_t, 256> f = frequencies_after(prefix);
        std::array<std::uint64_t, 256> counts{};
        bool keeps = !prefix.empty() && (m_keeps_all || prefix.size() == 1 || count > 1024);
        if (count <= 1024) {
            std::array<std::uint64_t, 256> cut = f;
            for (std::uint64_t& each : cut) {
                each >>= precision > 16 ? precision - 16 : 0;
            }
            const std::uint64_t weight = m_keeps_all ? 2 : 3;
            share_list shares;
            if (!m_keeps_all && prefix.size() > 1) {
                shares = share_out(cut, count, weight * (past_kept + 1));
                std::uint64_t leaving = std::uint64_t{1} << std::min(precision, 16u);
                for (unsigned symbol = 0; symbol < 256; ++symbol) {
                    leaving -= shares.counts[symbol] == 0 ? 0 : cut[symbol];
                }
                keeps = 5 * past_kept * leaving * shares.scale > std::uint64_t{1} << 20;
            }
            if (keeps || prefix.empty()) {
                shares = share_out(cut, count - (prefix.empty() ? 256 : 1), weight);
            }
            counts = shares.counts;
        } else {
            const std::uint64_t spare = count - (prefix.empty() ? 256 : 1);
            std::uint64_t below = 0;
            for (unsigned symbol = 0; symbol < 256; ++symbol) {
                counts[symbol] = (spare * (below + f[symbol]) >> precision) - (spare * below >> precision);
                below += f[symbol];
            }
        }
        if (keeps) {
            m_strings[first++] = prefix;
        }
        for (unsigned symbol = 0; symbol < 256; ++symbol) {
            const std::uint64_t own = counts[symbol] + (prefix.empty() ? 1 : 0);
            if (own > 0) {
                text longer = prefix;
                longer.push_back(static_cast<std::uint8_t>(symbol));
                grow(longer, first, own, keeps || prefix.empty() ? 1 : past_kept + 1);
                first += own;
            }
        }
    }

    text run_on(const text& prefix, std::uint64_t past_kept) {
        text chain = prefix;
        text best = prefix;
        std::uint64_t best_value = past_kept << 32;
        std::uint64_t probability = std::uint64_t{1} << 32;
        for (std::uint64_t k = 1; chain.size() < m_cap && probability * (past_kept + k + 1) >= best_value; ++k) {
            const auto f = frequencies_after(chain);
            const auto likeliest = std::max_element(f.begin(), f.end());
            chain.push_back(static_cast<std::uint8_t>(likeliest - f.begin()));
            probability = probability * *likeliest >> distribution_t<Model>::precision;
            if (probability * (past_kept + k) > best_value) {
                best_value = probability * (past_kept + k);
                best = chain;
            }
        }
        return best;
    }

    Model m_model;
    std::size_t m_cap;
    bool m_keeps_all;
    std::vector<text> m_strings;
    std::map<text, std::uint64_t> m_codewords;
};

}  // namespace equinfo::reference
