// SPDX-License-Identifier: MIT
// The likely beginnings of windows, compiled: for windows too long for a table of all strings.
#pragma once

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/window_tree.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/windows/codeword.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_walk.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace equinfo {

/// The prefixes that own more than 2^-top_bits of all codewords, and what a walk knows at each. A text's window is walked here
/// as far as it leads, and goes on with the model from there (top_windows.hpp), to the same bits.
class window_top {
public:
    /// A prefix whose codewords were shared out.
    struct node {
        window_prefix state;
        codeword word;                        ///< its first codeword
        std::uint64_t first;                  ///< its codewords begin so far behind its parent's, in the parent's units
        std::uint32_t children;               ///< number of its first child; the others follow in the order of their symbols
        std::uint32_t kept;                   ///< number of the last prefix on the way here, itself included, that keeps a codeword; 0: none
        std::array<std::uint64_t, 4> has{};   ///< bit s: it has a child for symbol s
        std::uint8_t symbol;                  ///< its last one
        bool keeps;                           ///< its first codeword is its own

        /// How many children it has for symbols below s.
        [[nodiscard]] std::uint32_t children_before(std::uint8_t s) const noexcept {
            std::uint32_t count = 0;
            for (std::size_t i = 0; i < s / 64u; ++i) {
                count += static_cast<std::uint32_t>(std::popcount(has[i]));
            }
            return count + static_cast<std::uint32_t>(std::popcount(has[s / 64u] & ((std::uint64_t{1} << s % 64) - 1)));
        }
        [[nodiscard]] std::uint32_t child_count() const noexcept {
            std::uint32_t count = 0;
            for (const std::uint64_t word_of_bits : has) {
                count += static_cast<std::uint32_t>(std::popcount(word_of_bits));
            }
            return count;
        }
    };

    /// The empty prefix first, each before those that it begins, the children of each one behind the other.
    window_top(unsigned window_bits, std::vector<node> nodes) : m_window_bits(window_bits), m_nodes(std::move(nodes)) {
        EQUINFO_EXPECTS(is_valid({window_bits}) && !m_nodes.empty());
    }

    [[nodiscard]] unsigned window_bits() const noexcept { return m_window_bits; }
    [[nodiscard]] std::size_t size() const noexcept { return m_nodes.size(); }
    [[nodiscard]] const node& operator[](std::uint32_t number) const noexcept { return m_nodes[number]; }

    /// The child of a prefix for `symbol`, or 0 where none is compiled: then the model knows.
    [[nodiscard]] std::uint32_t child(const node& parent, std::uint8_t symbol) const noexcept {
        const bool has = (parent.has[symbol / 64u] >> symbol % 64 & 1) != 0;
        return has ? parent.children + parent.children_before(symbol) : 0;
    }

    /// The child of a prefix that owns the codeword `offset` behind the prefix's first one, or 0 where none is compiled.
    [[nodiscard]] std::uint32_t child_at(const node& parent, std::uint64_t offset) const noexcept {
        const auto begin = m_nodes.begin() + parent.children;
        const auto end = begin + parent.child_count();
        const auto behind = std::upper_bound(begin, end, offset, [](std::uint64_t o, const node& n) { return o < n.first; });
        if (behind == begin) {
            return 0;
        }
        const node& found = *(behind - 1);
        const std::uint64_t count = found.state.count >> (parent.state.hidden_bits - found.state.hidden_bits);
        return offset - found.first < count ? static_cast<std::uint32_t>(behind - 1 - m_nodes.begin()) : 0;
    }

    /// Bytes that it takes.
    [[nodiscard]] std::size_t memory() const noexcept { return sizeof *this + m_nodes.size() * sizeof(node); }

private:
    unsigned m_window_bits;
    std::vector<node> m_nodes;
};

namespace detail {

/// Prefixes by their symbols.
struct opened_prefixes {
    struct entry {
        window_prefix state;
        codeword word;
        std::uint64_t first;
        bool keeps;
        std::uint32_t number;  // as a node
    };
    using map = std::map<std::string, entry>;  // in the order of the bytes, like all strings
    map prefixes;

    void opened(const opened_prefix& p) {
        prefixes.emplace(string_of(p.symbols), entry{p.state, p.word, p.first, p.keeps, 0});
    }
    void left(const left_prefix& /*prefix*/) {}
    void found(const codeword& /*word*/, std::uint64_t /*count*/, std::span<const std::uint8_t> /*string*/) {}
};

}  // namespace detail

/// Compiles the prefixes that own more than 2^-top_bits of the codewords (top_bits 1..20; 16: some 50,000 for English, 5 MB)
/// of windows of 9..128 bits, the model reset at every window.
template <ending_rule Ending = longest_match, byte_model Model>
[[nodiscard]] window_top compile_window_top(const Model& model, unsigned window_bits, unsigned top_bits = 16) {
    EQUINFO_EXPECTS(is_valid({window_bits}) && top_bits >= 1 && top_bits <= 20);
    detail::opened_prefixes opened;
    detail::with_lanes(model, 32, [&](auto& lanes) {
        bool is_given = false;
        detail::window_tree_walk<Ending, std::remove_cvref_t<decltype(lanes)>, detail::opened_prefixes> walk(lanes, window_bits);
        walk.run(
            [&](detail::open_prefix& task) {
                task = {{}, window_walk<Ending>(window_bits).prefix(), {}};
                return !std::exchange(is_given, true);
            },
            std::uint64_t{1} << (64 - top_bits), opened);
    });

    // Level by level, so that the children of a prefix follow each other.
    std::vector<detail::opened_prefixes::map::value_type*> in_order;
    for (auto& prefix : opened.prefixes) {
        in_order.push_back(&prefix);
    }
    std::stable_sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) { return a->first.size() < b->first.size(); });
    std::vector<window_top::node> nodes;
    nodes.reserve(in_order.size());
    for (auto* const prefix : in_order) {
        std::string symbols = prefix->first;
        detail::opened_prefixes::entry& entry = prefix->second;
        entry.number = static_cast<std::uint32_t>(nodes.size());
        window_top::node node{entry.state, entry.word, entry.first, 0, 0, {}, 0, entry.keeps};
        if (!symbols.empty()) {
            node.symbol = static_cast<std::uint8_t>(symbols.back());
            symbols.pop_back();
            window_top::node& parent = nodes[opened.prefixes.at(symbols).number];
            parent.children = parent.child_count() == 0 ? entry.number : parent.children;
            parent.has[node.symbol / 64u] |= std::uint64_t{1} << node.symbol % 64;
            node.kept = node.keeps ? entry.number : parent.kept;
        }
        nodes.push_back(node);
    }
    return window_top(window_bits, std::move(nodes));
}

}  // namespace equinfo
