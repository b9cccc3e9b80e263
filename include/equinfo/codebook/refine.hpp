// SPDX-License-Identifier: MIT
// A codebook's strings fitted to a corpus: those that it hardly uses give way to those that it misses.
#pragma once

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/codebook/string_trie.hpp>
#include <equinfo/config.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace equinfo {

/// What grows by as much again and by shorter beginnings still has room in a trie.
inline constexpr std::size_t max_refined_strings = std::size_t{1} << 18;

/// A round: strings are added, up to grow_percent of their number, and as many taken away again.
struct refine_round {
    std::uint32_t grow_percent;
    std::uint32_t share;  ///< each share-th piece of the text is looked at
};

/// How strings are fitted.
struct refine_options {
    std::vector<refine_round> rounds;
    std::uint32_t prune_steps = 2;     ///< losses are counted afresh in between: strings that replace each other look cheap
    std::uint32_t unseen = 2;          ///< so many occurrences of a string are held to be chance, since this text chose it
    std::uint32_t table_bits = 25;     ///< room for 2^table_bits candidates, 24 bytes each
    bool count_all_prefixes = false;   ///< slower, for small texts: long candidates count from their first occurrence on
    bool whole_characters = true;      ///< strings of more than a byte are whole UTF-8 characters
};

namespace detail {

/// Does a byte go on with a UTF-8 character?
[[nodiscard]] constexpr bool continues_character(std::uint8_t byte) noexcept { return (byte & 0xC0) == 0x80; }

/// Is this well-formed UTF-8, from character to character?
[[nodiscard]] constexpr bool is_whole_characters(std::span<const std::uint8_t> text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const std::uint8_t lead = text[i];
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (size == 0 || i + size > text.size()) {
            return false;
        }
        for (std::size_t k = 1; k < size; ++k) {
            if (!continues_character(text[i + k])) {
                return false;
            }
        }
        const std::uint8_t second = size > 2 ? text[i + 1] : std::uint8_t{0};
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
            (lead == 0xF4 && second > 0x8F)) {
            return false;
        }
        i += size;
    }
    return true;
}

/// What each candidate for a string saves. Open addressing; when it is full, those that saved least go.
class candidate_table {
public:
    struct candidate {
        std::uint64_t key;   // of its bytes; its length in the top byte. 0: a free place
        std::int32_t gain;   // tokens saved
        std::uint32_t at;    // where in the text it occurs
        std::uint32_t count;
    };

    static constexpr std::int32_t most_gain = 1 << 30;  // more than any gain of one place, so that sums do not overflow

    explicit candidate_table(unsigned bits) : m_places(std::size_t{1} << bits), m_limit(m_places.size() / 10 * 7) {}

    /// Adds an occurrence, and says if there was one before.
    bool add(std::uint64_t key, std::int32_t gain, std::uint32_t at) {
        candidate* place = find(key);
        if (place->key != 0) {
            place->gain = std::clamp(place->gain + gain, -most_gain, most_gain);  // a billion tokens are enough to be chosen by
            ++place->count;
            return true;
        }
        if (m_used >= m_limit) {
            drop_least();
            place = find(key);
        }
        *place = {key, gain, at, 1};
        ++m_used;
        return false;
    }

    /// Those that save more than `least`.
    [[nodiscard]] std::vector<candidate> above(std::int32_t least) const {
        std::vector<candidate> found;
        std::copy_if(m_places.begin(), m_places.end(), std::back_inserter(found),
                     [least](const candidate& c) { return c.key != 0 && c.gain > least; });
        return found;
    }

private:
    [[nodiscard]] candidate* find(std::uint64_t key) noexcept {
        std::size_t i = (key * 0x9E3779B97F4A7C15u) >> 20 & (m_places.size() - 1);
        while (m_places[i].key != 0 && m_places[i].key != key) {
            i = (i + 1) & (m_places.size() - 1);
        }
        return &m_places[i];
    }

    void drop_least() {
        while (m_used > m_limit / 2) {
            const std::vector<candidate> kept = above(m_least++);
            std::fill(m_places.begin(), m_places.end(), candidate{});
            for (const candidate& c : kept) {
                *find(c.key) = c;
            }
            m_used = kept.size();
        }
    }

    std::vector<candidate> m_places;
    std::size_t m_limit;
    std::size_t m_used = 0;
    std::int32_t m_least = 1;
};

/// Strings, and the text that they are fitted to.
class refiner {
public:
    refiner(std::span<const std::uint8_t> text, const string_list& start, const refine_options& options)
        : m_text(text), m_options(options), m_wanted(start.size()),
          m_longest(std::min<std::size_t>(255, 16 * static_cast<std::size_t>(std::bit_width(m_wanted) - 1) - 1)) {
        for (std::size_t i = 0; i < start.size(); ++i) {
            const std::string_view string = string_of(start[i]);
            if (string.size() == 1 || (string.size() <= m_longest && string.find('\0') == string.npos && is_allowed(string))) {
                m_strings.emplace_back(string);
            }
        }
        settle();
        cut_into_pieces();
    }

    void run(const refine_round& round) {
        grow(round);
        for (std::uint32_t step = m_options.prune_steps; step > 0 && m_strings.size() > m_wanted; --step) {
            const std::size_t excess = m_strings.size() - m_wanted;
            prune(m_wanted + excess * (step - 1) / step, round.share);
        }
    }

    /// Bytes of text for each token in the last walk.
    [[nodiscard]] double bytes_per_token() const noexcept { return m_walked_bytes / std::max(m_walked_tokens, 1.0); }

    [[nodiscard]] string_list result() const { return list(); }

private:
    struct piece {
        std::uint32_t at;
        std::uint32_t size;
    };

    [[nodiscard]] bool is_allowed(std::string_view string) const noexcept {
        return !m_options.whole_characters || is_whole_characters(text_of(string));
    }
    [[nodiscard]] bool cuts_character(std::span<const std::uint8_t> text, std::size_t at) const noexcept {
        return m_options.whole_characters && at < text.size() && continues_character(text[at]);
    }

    /// Documents end at a NUL byte; long ones are cut between characters, so that what is known of a piece stays in the cache.
    void cut_into_pieces() {
        constexpr std::size_t longest = 65536;
        for (std::size_t i = 0; i < m_text.size();) {
            const auto border = std::find(m_text.begin() + static_cast<std::ptrdiff_t>(i), m_text.end(), std::uint8_t{0});
            const auto end = static_cast<std::size_t>(border - m_text.begin());
            while (i < end) {
                std::size_t stop = std::min(end, i + longest);
                while (stop < end && stop > i + 1 && cuts_character(m_text, stop)) {
                    --stop;
                }
                m_pieces.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(stop - i)});
                i = stop;
            }
            ++i;
        }
    }

    [[nodiscard]] string_list list() const {
        string_list strings;
        for (const std::string& string : m_strings) {
            strings.push_back(text_of(string));
        }
        return strings;
    }

    /// Sorts, and finds for each string the longest other one that it begins with: what the text takes without it.
    void settle() {
        std::sort(m_strings.begin(), m_strings.end());
        m_strings.erase(std::unique(m_strings.begin(), m_strings.end()), m_strings.end());
        m_shorter.assign(m_strings.size(), 0);
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < m_strings.size(); ++i) {
            while (!open.empty() && !m_strings[i].starts_with(m_strings[open.back()])) {
                open.pop_back();
            }
            m_shorter[i] = open.empty() ? 0 : static_cast<std::uint32_t>(m_strings[open.back()].size());
            open.push_back(i);
        }
    }

    [[nodiscard]] std::uint32_t size_of(std::uint32_t token) const noexcept { return static_cast<std::uint32_t>(m_strings[token].size()); }

    /// Goes through the tokens of a share of the text: visit(token, piece, text of the piece, i). m_tokens_left[i] is how
    /// many tokens the rest of the piece takes from i on, so that the price of any other choice at a token is exact.
    template <class Visit>
    void walk(const string_trie& trie, std::uint32_t share, Visit&& visit) {
        m_walked_bytes = 0;
        m_walked_tokens = 0;
        share = std::max<std::uint32_t>(share, 1);
        for (std::size_t n = m_turn++ % share; n < m_pieces.size(); n += share) {
            const piece& p = m_pieces[n];
            const std::span text = m_text.subspan(p.at, p.size);
            m_token.resize(p.size);
            m_tokens_left.assign(p.size + std::size_t{1}, 0);
            for (std::uint32_t i = p.size; i-- > 0;) {
                const string_match found = trie.match(text.subspan(i));
                m_token[i] = found.number;
                m_tokens_left[i] = 1 + m_tokens_left[i + found.length];
            }
            for (std::uint32_t i = 0; i < p.size; i += size_of(m_token[i])) {
                visit(m_token[i], p, text, i);
            }
            m_walked_bytes += p.size;
            m_walked_tokens += m_tokens_left[0];
        }
    }

    /// Tokens more than now, if the token at i ended at `end`.
    [[nodiscard]] std::int32_t price(std::uint32_t i, std::uint32_t end) const noexcept {
        return static_cast<std::int32_t>(m_tokens_left[end] + 1 - m_tokens_left[i]);
    }

    /// What `sum` over `count` occurrences is worth where some of them are chance; in 1/256 tokens.
    [[nodiscard]] std::int64_t discounted(std::int64_t sum, std::uint32_t count) const noexcept {
        return count <= m_options.unseen ? 0 : sum * 256 * (count - m_options.unseen) / count;
    }

    void grow(const refine_round& round) {
        const string_trie trie(list());
        candidate_table table(m_options.table_bits);
        std::vector<std::uint32_t> first(m_strings.size() + 1, 0);
        for (std::size_t t = 0; t < m_strings.size(); ++t) {
            first[t + 1] = first[t] + static_cast<std::uint32_t>(m_strings[t].size());
        }
        std::vector<std::int64_t> shortened(first.back(), 0);  // a string, a length: tokens more if it had that length
        std::vector<std::uint32_t> count(m_strings.size(), 0);
        walk(trie, round.share, [&](std::uint32_t token, const piece& p, std::span<const std::uint8_t> text, std::uint32_t i) {
            const std::uint32_t size = size_of(token);
            ++count[token];
            for (std::uint32_t s = m_shorter[token] + 1; s < size; ++s) {
                shortened[first[token] + s] += price(i, i + s);
            }
            if (!cuts_character(text, i) && i + size < p.size) {
                extend(table, text, p.at, i, size);
            }
        });
        std::vector<std::string> added = best_of(table, round);
        for (std::size_t t = 0; t < m_strings.size(); ++t) {
            // A beginning that would have served as well wherever the string was taken; pruning then chooses between them.
            for (std::uint32_t s = size_of(static_cast<std::uint32_t>(t)) - 1; count[t] > 0 && s > m_shorter[t]; --s) {
                if (shortened[first[t] + s] <= 0 && is_allowed(std::string_view(m_strings[t]).substr(0, s))) {
                    added.push_back(m_strings[t].substr(0, s));
                    break;
                }
            }
        }
        m_strings.insert(m_strings.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
        settle();
    }

    /// Enters what the token at i could grow to, up to the end of the next token.
    void extend(candidate_table& table, std::span<const std::uint8_t> text, std::uint32_t at, std::uint32_t i, std::uint32_t size) const {
        const std::uint32_t stop = std::min(i + size + size_of(m_token[i + size]), i + static_cast<std::uint32_t>(m_longest));
        std::uint64_t hash = 0x1234567;
        for (std::uint32_t j = i; j < stop; ++j) {
            hash = (hash ^ text[j]) * 0x100000001B3u;
            hash ^= hash >> 29;
            const std::uint64_t length = j + 1 - i;
            if (length <= size || cuts_character(text, j + 1)) {
                continue;
            }
            const std::uint64_t key = (hash * 0xD6E8FEB86659FD93u) >> 8 | length << 56;
            // Nothing longer is frequent where this one is new; to stop there saves most of the table.
            if (!table.add(key, -price(i, j + 1), at + i) && !m_options.count_all_prefixes) {
                break;
            }
        }
    }

    [[nodiscard]] std::vector<std::string> best_of(const candidate_table& table, const refine_round& round) const {
        struct scored {
            std::int64_t score;
            std::string_view string;
        };
        std::vector<scored> found;
        for (const candidate_table::candidate& c : table.above(1)) {
            const std::string_view string = string_of(m_text.subspan(c.at, static_cast<std::size_t>(c.key >> 56)));
            found.push_back({discounted(c.gain, c.count), string});
        }
        std::size_t wanted = m_wanted * round.grow_percent / 100;
        wanted += m_wanted - std::min(m_wanted, m_strings.size());
        wanted = std::min(wanted, found.size());
        std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wanted), found.end(), [](const scored& a, const scored& b) {
            return a.score != b.score ? a.score > b.score : a.string < b.string;  // the same on every machine
        });
        std::vector<std::string> best;
        for (std::size_t k = 0; k < wanted; ++k) {
            if (found[k].score > 0 && is_allowed(found[k].string)) {
                best.emplace_back(found[k].string);
            }
        }
        return best;
    }

    void prune(std::size_t target, std::uint32_t share) {
        const string_trie trie(list());
        std::vector<std::int64_t> loss(m_strings.size(), 0);
        std::vector<std::uint32_t> count(m_strings.size(), 0);
        walk(trie, share, [&](std::uint32_t token, const piece&, std::span<const std::uint8_t>, std::uint32_t i) {
            if (m_shorter[token] != 0) {
                loss[token] += price(i, i + m_shorter[token]);
                ++count[token];
            }
        });
        std::vector<std::uint32_t> order;
        for (std::uint32_t t = 0; t < m_strings.size(); ++t) {
            loss[t] = discounted(loss[t], count[t]);
            if (m_shorter[t] != 0) {  // a single byte has nothing shorter, and stays
                order.push_back(t);
            }
        }
        const std::size_t gone = std::min(m_strings.size() - target, order.size());
        std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(gone), order.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return loss[a] != loss[b] ? loss[a] < loss[b] : a < b; });
        for (std::size_t k = 0; k < gone; ++k) {
            m_strings[order[k]].clear();
        }
        std::erase_if(m_strings, [](const std::string& string) { return string.empty(); });
        settle();
    }

    std::span<const std::uint8_t> m_text;
    const refine_options& m_options;
    std::size_t m_wanted;   // strings
    std::size_t m_longest;  // bytes of one
    std::vector<piece> m_pieces;
    std::vector<std::string> m_strings;
    std::vector<std::uint32_t> m_shorter;      // a string: the length of the longest other one that it begins with, or 0
    std::vector<std::uint32_t> m_token;        // a byte of the piece: the string that would be taken there
    std::vector<std::uint32_t> m_tokens_left;  // a byte of the piece: tokens from there to its end
    std::size_t m_turn = 0;
    double m_walked_bytes = 0;
    double m_walked_tokens = 0;
};

}  // namespace detail

/// What suits a text of so many bytes; chosen on text held back (docs/codebook.md).
[[nodiscard]] inline refine_options refine_options_for(std::size_t text_size) {
    constexpr std::uint64_t megabyte = 1'000'000;
    // Each round with the bytes that are enough for it: the first ones only have to find what is frequent.
    constexpr std::pair<std::uint32_t, std::uint64_t> rounds[] = {
        {100, 12 * megabyte}, {100, 12 * megabyte}, {100, 18 * megabyte}, {100, 18 * megabyte}, {100, 24 * megabyte},
        {100, 24 * megabyte}, {100, 36 * megabyte}, {50, 36 * megabyte},  {50, 36 * megabyte},  {30, 48 * megabyte},
        {20, 48 * megabyte},  {10, 72 * megabyte},  {10, 72 * megabyte},  {5, 96 * megabyte},   {5, 96 * megabyte}};
    const bool is_small = text_size < 32 * megabyte;
    refine_options options;
    for (const auto& [percent, enough] : rounds) {
        options.rounds.push_back({percent, static_cast<std::uint32_t>(std::max<std::uint64_t>(1, text_size / enough))});
    }
    options.unseen = is_small ? 2 : 4;
    options.table_bits = is_small ? 24 : 25;
    options.count_all_prefixes = is_small;
    return options;
}

/// As many strings as `start` has, which are fitted to the text: fewer of them in a row make it up, and text like it. `start`
/// has the strings of a codebook of at most 18 bits. NUL bytes part documents, and no string of more than a byte has one.
/// Fewer strings than `start` had are returned where the text does not have so many worth having. After each round
/// progress(bytes of text for each string) is called, as the round's last parse had it, before the last strings were taken
/// away. The text has less than 2^32 bytes. Memory: about 1 GB for table_bits of 25.
template <class Progress>
[[nodiscard]] string_list refine_strings(std::span<const std::uint8_t> text, const string_list& start, const refine_options& options,
                                         Progress&& progress) {
    EQUINFO_EXPECTS(text.size() < 0xffffffffu && start.size() <= max_refined_strings && std::has_single_bit(start.size()));
    detail::refiner strings(text, start, options);
    for (const refine_round& round : options.rounds) {
        strings.run(round);
        progress(strings.bytes_per_token());
    }
    return strings.result();
}

[[nodiscard]] inline string_list refine_strings(std::span<const std::uint8_t> text, const string_list& start) {
    return refine_strings(text, start, refine_options_for(text.size()), [](double) {});
}

}  // namespace equinfo
