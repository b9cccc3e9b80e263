// SPDX-License-Identifier: MIT
// The longest string of a list that a text begins with, found in one step a byte.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <span>
#include <vector>

namespace equinfo {

/// A string's number and its bytes.
struct string_match {
    std::uint32_t number;
    std::uint32_t length;
    friend constexpr bool operator==(string_match, string_match) = default;
};

/// A trie as a double array, but with a row for each two first bytes. A prefix is an entry of 8 bytes, which already has the
/// longest string on the way to it, so that a walk that ends anywhere needs no way back. The child of a prefix for byte c
/// stands at base + c; no two prefixes have the same base, so an entry that carries the label c there is that child and no
/// other one. Prefixes that lead to many strings come first, so that the ones which are met most lie close together.
class string_trie {
public:
    static constexpr std::size_t max_strings = std::size_t{1} << 20;
    static constexpr std::size_t max_length = 4095;  // bytes of a string

    /// `strings` are in the order of their bytes, and all 256 strings of one byte are among them. Of equal ones the first counts.
    /// Throws errc::too_large if they have too many prefixes, about 2^24.
    explicit string_trie(const string_list& strings) { builder(*this, strings).build(); }

    /// Where a walk down the trie is: its base, 24 bits; the number of the longest string on the way, 20 bits; how many bytes ago
    /// that one ended, 12 bits; the label, 8 bits.
    class place {
    public:
        constexpr place() noexcept = default;
        constexpr place(std::uint64_t base, std::uint32_t number, std::uint32_t back, std::uint8_t label) noexcept
            : m_bits(base << 40 | std::uint64_t{number} << 20 | std::uint64_t{back} << 8 | label) {}

        /// The longest string on the way here.
        [[nodiscard]] constexpr std::uint32_t number() const noexcept { return static_cast<std::uint32_t>(m_bits >> 20) & 0xfffff; }
        /// Bytes between its end and here.
        [[nodiscard]] constexpr std::uint32_t back() const noexcept { return static_cast<std::uint32_t>(m_bits >> 8) & 0xfff; }

    private:
        friend class string_trie;
        [[nodiscard]] constexpr std::uint64_t base() const noexcept { return m_bits >> 40; }
        [[nodiscard]] constexpr std::uint8_t label() const noexcept { return static_cast<std::uint8_t>(m_bits); }

        std::uint64_t m_bits = 0;
    };

    /// Behind two bytes, with which a text begins.
    [[nodiscard]] EQUINFO_FORCE_INLINE place behind(const std::uint8_t* two) const noexcept {
        return m_pairs[load_little<std::uint16_t>(reinterpret_cast<const std::byte*>(two))];
    }

    /// Goes on by one byte; false, and no step, if no string does.
    [[nodiscard]] EQUINFO_FORCE_INLINE bool step(place& at, std::uint8_t symbol) const noexcept {
        const place next = m_places[at.base() + symbol];
        if (next.label() != symbol) {
            return false;
        }
        at = next;
        return true;
    }

    /// step() by arithmetic alone: `at` becomes the next place, or `other` where there is none, and 0 or all ones says which. The
    /// end of a walk can't be foreseen, so a branch would be mistaken about once a string (docs/benchmarks.md).
    [[nodiscard]] EQUINFO_FORCE_INLINE std::uint64_t step_or(place& at, std::uint8_t symbol, place other) const noexcept {
        const place next = m_places[at.base() + symbol];
        const std::uint64_t ends = std::uint64_t{0} - static_cast<std::uint64_t>(next.label() != symbol);
        at.m_bits = next.m_bits ^ ((next.m_bits ^ other.m_bits) & ends);
        return ends;
    }

    /// The longest string that `text` begins with; the text is not empty.
    [[nodiscard]] string_match match(std::span<const std::uint8_t> text) const noexcept {
        EQUINFO_EXPECTS(!text.empty());
        if (text.size() == 1) {
            return {m_singles[text[0]], 1};
        }
        place at = behind(text.data());
        std::uint32_t depth = 2;
        for (; depth < text.size() && step(at, text[depth]); ++depth) {
        }
        return {at.number(), depth - at.back()};
    }

    /// Bytes that it takes.
    [[nodiscard]] std::size_t memory() const noexcept {
        return sizeof *this + (m_pairs.size() + m_places.size()) * sizeof(place);
    }

private:
    /// Where nothing goes on: no entry below 256 is any base's child.
    static constexpr std::uint64_t no_base = 0;

    /// Of each 256 bases one is never taken: so there is a label for any entry that stays free.
    static constexpr std::size_t unused_base = 255;

    class builder {
    public:
        builder(string_trie& trie, const string_list& strings) : m_trie(trie), m_strings(strings) {}

        void build() {
            EQUINFO_EXPECTS(m_strings.size() <= max_strings);
            grow(1024);
            for (std::size_t entry = 0; entry < 256; ++entry) {
                take(entry);
            }
            m_trie.m_pairs.resize(65536);
            const std::vector<family> singles = children_of({0, static_cast<std::uint32_t>(m_strings.size()), 0, {0, 0}, 0});
            EQUINFO_EXPECTS(singles.size() == 256);
            for (const family& single : singles) {
                m_trie.m_singles[single.label] = single.longest.number;
                for (std::size_t second = 0; second < 256; ++second) {
                    m_trie.m_pairs[second << 8 | single.label] = place(no_base, single.longest.number, 1, 0);
                }
                for (family pair : children_of(single)) {
                    pair.entry = std::size_t{pair.label} << 8 | single.label;  // as behind() loads them
                    m_trie.m_pairs[pair.entry] = pair.at(no_base);
                    m_queue.push(pair);
                }
            }
            while (!m_queue.empty()) {
                const family next = m_queue.top();
                m_queue.pop();
                place_children(next);
            }
            label_free_entries();
        }

    private:
        /// All strings that begin with some prefix of `depth` bytes, and where the prefix has its entry.
        struct family {
            std::uint32_t begin, end;
            std::uint32_t depth;
            string_match longest;
            std::uint8_t label;
            std::size_t entry = 0;  // among the pairs where depth is 2

            [[nodiscard]] place at(std::uint64_t base) const noexcept { return {base, longest.number, depth - longest.length, label}; }

            friend bool operator<(const family& a, const family& b) noexcept {  // for the queue: the largest first
                const auto size = [](const family& f) { return f.end - f.begin; };
                return size(a) != size(b) ? size(a) < size(b) : a.begin != b.begin ? a.begin > b.begin : a.depth > b.depth;
            }
        };

        [[nodiscard]] std::vector<family> children_of(const family& parent) const {
            std::vector<family> children;
            std::uint32_t at = parent.begin;
            while (at < parent.end && m_strings[at].size() == parent.depth) {
                ++at;
            }
            while (at < parent.end) {
                const std::uint8_t label = m_strings[at][parent.depth];
                family child{at, at, parent.depth + 1, parent.longest, label};
                while (child.end < parent.end && m_strings[child.end][parent.depth] == label) {
                    ++child.end;
                }
                if (m_strings[at].size() == child.depth) {
                    child.longest = {at, child.depth};
                }
                at = child.end;
                children.push_back(child);
            }
            return children;
        }

        void place_children(const family& parent) {
            EQUINFO_EXPECTS(parent.depth <= max_length);
            std::vector<family> children = children_of(parent);
            if (children.empty()) {
                return;
            }
            const std::size_t base = find_base(children);
            m_base_used[base] = true;
            (parent.depth == 2 ? m_trie.m_pairs : m_trie.m_places)[parent.entry] = parent.at(base);
            for (family& child : children) {
                child.entry = base + child.label;
                take(child.entry);
                m_trie.m_places[child.entry] = child.at(no_base);
                m_queue.push(child);
            }
        }

        /// The first base that leaves each child a free entry, looked for from where the last family of this size went on.
        [[nodiscard]] std::size_t find_base(std::span<const family> children) {
            std::size_t& hint = m_hints[std::min(children.size(), m_hints.size() - 1)];
            for (std::size_t base = hint & ~std::size_t{63};; base += 64) {
                if (base + 64 + 256 + 64 > m_trie.m_places.size()) {
                    grow(2 * m_trie.m_places.size());
                }
                std::uint64_t fits = ~std::uint64_t{0};
                for (std::size_t i = 0; i < children.size() && fits != 0; ++i) {
                    fits &= free_from(base + children[i].label);
                }
                for (; fits != 0; fits &= fits - 1) {
                    const std::size_t found = base + static_cast<std::size_t>(std::countr_zero(fits));
                    if (found >= 256 && found % 256 != unused_base && !m_base_used[found]) {
                        hint = base;
                        return found;
                    }
                }
            }
        }

        /// Bit i: entry + i is free.
        [[nodiscard]] std::uint64_t free_from(std::size_t entry) const noexcept {
            const std::size_t word = entry / 64;
            const std::size_t shift = entry % 64;
            return shift == 0 ? m_free[word] : m_free[word] >> shift | m_free[word + 1] << (64 - shift);
        }

        void take(std::size_t entry) noexcept {
            m_free[entry / 64] &= ~(std::uint64_t{1} << entry % 64);
            m_last = std::max(m_last, entry);
        }

        void grow(std::size_t size) {
            if (size > std::size_t{1} << 24) {
                detail::throw_error(errc::too_large, 0, "too many strings for a trie");
            }
            m_trie.m_places.resize(size);
            m_free.resize(size / 64 + 1, ~std::uint64_t{0});
            m_base_used.resize(size, false);
        }

        /// A free entry must be no child of any base: it gets a label that would need a base that nobody has.
        void label_free_entries() {
            const std::size_t size = m_last + 256;  // the largest base is at most the last entry
            if (size > m_trie.m_places.size()) {
                grow(size);
            }
            m_trie.m_places.resize(size);
            m_trie.m_places.shrink_to_fit();
            for (std::size_t entry = 0; entry < m_trie.m_places.size(); ++entry) {
                if (entry >= 256 && (m_free[entry / 64] >> entry % 64 & 1) == 0) {
                    continue;
                }
                std::size_t label = entry < 256 ? (entry + 1) & 255 : 0;
                while (is_child(entry, label)) {
                    EQUINFO_EXPECTS(label < 255);
                    ++label;
                }
                m_trie.m_places[entry] = place(no_base, 0, 0, static_cast<std::uint8_t>(label));
            }
        }

        [[nodiscard]] bool is_child(std::size_t entry, std::size_t label) const {
            return entry >= label && (entry - label == no_base || m_base_used[entry - label]);
        }

        string_trie& m_trie;
        const string_list& m_strings;
        std::priority_queue<family> m_queue;
        std::vector<std::uint64_t> m_free;   // a bit an entry
        std::vector<bool> m_base_used;
        std::array<std::size_t, 16> m_hints{};
        std::size_t m_last = 0;
    };

    std::vector<place> m_pairs;   // the prefixes of two bytes
    std::vector<place> m_places;  // the longer ones
    std::array<std::uint32_t, 256> m_singles{};
};

}  // namespace equinfo
