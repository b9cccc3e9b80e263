// SPDX-License-Identifier: MIT
// A text as the longest strings of a trie, one behind the other, at several places of the text at a time.
#pragma once

#include <equinfo/codebook/string_table.hpp>
#include <equinfo/codebook/string_trie.hpp>
#include <equinfo/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace equinfo {

/// Takes the longest string that the text begins with, then the longest one behind it, and so on. Where a string ends decides
/// where the next begins, so a single walk waits for memory at each byte. Therefore pieces of a text are parsed side by side,
/// each from a guess where a string begins; a guess is right from where both parses have a string that ends at the same
/// byte, mostly after a few strings. What comes before is parsed again, so the result is always that of the single walk.
class greedy_parse {
public:
    /// Both are made from the same strings, and outlive this.
    greedy_parse(const string_trie& trie, const string_table& table) : m_trie(trie), m_table(table) {}

    /// Appends the numbers of the strings from `begin` on until one ends at `stop` or somewhat behind it; returns where that is.
    /// Sees all of `text`, so that a string may reach over `stop`.
    template <class Token>
    std::size_t append(std::span<const std::uint8_t> text, std::size_t begin, std::size_t stop, std::vector<Token>& tokens) const {
        std::size_t at = begin;
        if (stop - begin >= 2 * tile) {
            std::vector<Token> room(lanes * piece_room);
            // A lane looks at most that far beyond the end of its piece: a round takes it on by two bytes at most, and looks
            // a string ahead.
            const std::size_t ahead = 2 * rounds + 2 * m_table.longest() + 2;
            while (at + tile <= stop && at + tile + ahead <= text.size()) {
                at = append_tile(text, at, room, tokens);
            }
        }
        return append_simply(text, at, stop, tokens);
    }

    /// Appends a parse that began at the place `more_at`, where `at` is where the strings of `tokens` end; returns where all end.
    template <class Token>
    std::size_t join(std::span<const std::uint8_t> text, std::size_t at, std::vector<Token>& tokens, std::size_t more_at,
                     std::span<const Token> more) const {
        std::size_t used = 0;
        while (more_at != at) {
            if (more_at > at) {
                at = append_simply(text, at, at + 1, tokens);
            } else if (used < more.size()) {
                more_at += m_table.length(more[used++]);
            } else {
                return at;  // they never met
            }
        }
        for (const Token token : more.subspan(used)) {
            at += m_table.length(token);
        }
        tokens.insert(tokens.end(), more.begin() + static_cast<std::ptrdiff_t>(used), more.end());
        return at;
    }

private:
    static constexpr std::size_t lanes = 6;
    static constexpr std::size_t piece = 4096;  // bytes of text for a lane
    static constexpr std::size_t tile = lanes * piece;
    static constexpr std::size_t rounds = 64;   // steps between looks at who is done
    static constexpr std::size_t piece_room = piece + rounds + 1;

    struct lane {
        const std::uint8_t* at;  // the byte to go on with
        string_trie::place place;
        std::size_t count;       // of tokens
    };

    template <class Token>
    std::size_t append_simply(std::span<const std::uint8_t> text, std::size_t at, std::size_t stop, std::vector<Token>& tokens) const {
        while (at < stop) {
            const string_match match = m_trie.match(text.subspan(at));
            tokens.push_back(static_cast<Token>(match.number));
            at += match.length;
        }
        return at;
    }

    template <class Token>
    std::size_t append_tile(std::span<const std::uint8_t> text, std::size_t begin, std::vector<Token>& room,
                            std::vector<Token>& tokens) const {
        lane all[lanes];
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint8_t* const start = text.data() + begin + i * piece;
            all[i] = {start + 2, m_trie.behind(start), 0};
        }
        run(text.data() + begin, all, room.data());
        std::size_t end = begin;
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::size_t start = begin + i * piece;
            end = join(text, end, tokens, start, std::span<const Token>(room).subspan(i * piece_room, all[i].count));
        }
        return end;
    }

    /// One byte more, or one token more.
    template <class Token>
    EQUINFO_FORCE_INLINE void advance(lane& l, Token* room) const {
        room[l.count] = static_cast<Token>(l.place.number());
        const std::uint64_t back = l.place.back();
        const std::uint64_t ends = m_trie.step_or(l.place, *l.at, m_trie.behind(l.at - back));
        l.count -= ends;  // plus one, where it is all ones
        l.at += static_cast<std::ptrdiff_t>(1 + ((1 - back) & ends));
    }

    /// All lanes step by step, until one is through its piece: the others are mostly few bytes behind.
    template <class Token>
    void run(const std::uint8_t* text, lane (&all)[lanes], Token* room) const {
        lane l[lanes];
        std::copy(all, all + lanes, l);
        for (bool goes_on = true; goes_on;) {
            for (std::size_t round = 0; round < rounds; ++round) {
                advance(l[0], room);
                advance(l[1], room + piece_room);
                advance(l[2], room + 2 * piece_room);
                advance(l[3], room + 3 * piece_room);
                advance(l[4], room + 4 * piece_room);
                advance(l[5], room + 5 * piece_room);
            }
            for (std::size_t i = 0; i < lanes; ++i) {
                goes_on = goes_on && l[i].at < text + (i + 1) * piece;
            }
        }
        std::copy(l, l + lanes, all);
    }

    const string_trie& m_trie;
    const string_table& m_table;
};

}  // namespace equinfo
