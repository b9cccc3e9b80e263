// SPDX-License-Identifier: MIT
// Seeded randomness for tests: numbers, texts and frequency tables that are the same on every machine.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace equinfo::test {

/// The splitmix64 generator: one 64-bit state, every seed is a good one. A UniformRandomBitGenerator, but never feed it
/// to a std::*_distribution, whose results differ between standard libraries; below() and chance() do not.
class random_source {
public:
    using result_type = std::uint64_t;

    constexpr explicit random_source(std::uint64_t seed) : m_state(seed) {}

    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }

    /// 64 random bits.
    constexpr std::uint64_t operator()() {
        m_state += 0x9e3779b97f4a7c15u;
        std::uint64_t mixed = m_state;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
        return mixed ^ (mixed >> 31);
    }

    /// `count` (0..64) random bits.
    constexpr std::uint64_t bits(unsigned count) { return count == 0 ? 0 : (*this)() >> (64 - count); }

    /// A number of [0, bound), bound > 0; each equally likely up to 2^-32 for bounds below 2^32.
    constexpr std::uint64_t below(std::uint64_t bound) {
        assert(bound > 0);
        return (*this)() % bound;
    }

    /// A number of [first, last], both included.
    constexpr std::uint64_t between(std::uint64_t first, std::uint64_t last) {
        assert(first <= last && last - first != max());
        return first + below(last - first + 1);
    }

    /// True in `times` of `out_of` cases.
    constexpr bool chance(std::uint64_t times, std::uint64_t out_of) { return below(out_of) < times; }

    /// A length that is as likely to be in [2^k, 2^(k+1)) for each k: mostly short, sometimes near `longest`.
    constexpr std::size_t length(std::size_t longest) {
        unsigned width = 0;
        while ((longest >> width) != 0) {
            ++width;
        }
        const std::uint64_t drawn = bits(static_cast<unsigned>(below(width + 1u)));
        return static_cast<std::size_t>(std::min<std::uint64_t>(drawn, longest));
    }

private:
    std::uint64_t m_state;
};

// ---- texts ---------------------------------------------------------------------------------------------------------

enum class text_kind {
    uniform,     // every byte value alike: does not compress
    skewed,      // byte values fall off geometrically
    runs,        // one byte many times, then another
    text_like,   // words of a small vocabulary, blanks, line ends
    few_symbols, // two to four byte values
};

inline constexpr std::array all_text_kinds = {text_kind::uniform, text_kind::skewed, text_kind::runs,
                                              text_kind::text_like, text_kind::few_symbols};

constexpr std::string_view name_of(text_kind kind) {
    constexpr std::array<std::string_view, 5> names = {"uniform", "skewed", "runs", "text_like", "few_symbols"};
    return names[static_cast<std::size_t>(kind)];
}

/// Exactly `length` bytes of the kind asked for.
inline std::vector<std::uint8_t> random_text(random_source& random, std::size_t length, text_kind kind) {
    std::vector<std::uint8_t> text;
    text.reserve(length + 32);
    const auto byte = [&] { return static_cast<std::uint8_t>(random.bits(8)); };
    switch (kind) {
    case text_kind::uniform:
        while (text.size() < length) {
            text.push_back(byte());
        }
        break;
    case text_kind::skewed: {
        const std::uint8_t start = byte();
        while (text.size() < length) {
            unsigned steps = 0;
            while (steps < 255 && random.chance(3, 4)) {
                ++steps;
            }
            text.push_back(static_cast<std::uint8_t>(start + steps));
        }
        break;
    }
    case text_kind::runs:
        while (text.size() < length) {
            // One draw a statement: the order in which a call's arguments are worked out is the compiler's choice.
            const std::size_t run = std::min(1 + random.length(300), length - text.size());
            text.insert(text.end(), run, byte());
        }
        break;
    case text_kind::text_like: {
        std::vector<std::vector<std::uint8_t>> vocabulary(200);
        for (auto& word : vocabulary) {
            word.resize(1 + random.below(8));
            for (auto& letter : word) {
                letter = static_cast<std::uint8_t>('a' + std::min(random.below(26), random.below(26)));
            }
        }
        while (text.size() < length) {
            const std::uint64_t rank = std::min(random.below(200), std::min(random.below(200), random.below(200)));
            const auto& word = vocabulary[static_cast<std::size_t>(rank)];
            text.insert(text.end(), word.begin(), word.end());
            text.push_back(random.chance(1, 12) ? '\n' : ' ');
        }
        text.resize(length);
        break;
    }
    case text_kind::few_symbols: {
        std::array<std::uint8_t, 4> symbols = {byte(), byte(), byte(), byte()};
        const std::uint64_t count = random.between(2, 4);
        while (text.size() < length) {
            text.push_back(symbols[static_cast<std::size_t>(std::min(random.below(count), random.below(count)))]);
        }
        break;
    }
    }
    return text;
}

/// Exactly `length` bytes of a random kind.
inline std::vector<std::uint8_t> random_text(random_source& random, std::size_t length) {
    return random_text(random, length, all_text_kinds[static_cast<std::size_t>(random.below(all_text_kinds.size()))]);
}

/// `length` uniform random bytes as compressed data.
inline std::vector<std::byte> random_bytes(random_source& random, std::size_t length) {
    std::vector<std::byte> bytes(length);
    for (auto& byte : bytes) {
        byte = static_cast<std::byte>(random.bits(8));
    }
    return bytes;
}

// ---- frequency tables ----------------------------------------------------------------------------------------------

enum class table_kind {
    even,       // all alike, the rest shared out one by one
    random,     // uniform random weights
    one_huge,   // one symbol owns all but one count of each other
    geometric,  // each symbol about half of the one before, in a random order
    aligned,    // every frequency a power of two and every slice aligned to its length
    two_symbol, // two symbols own nearly everything
    sparse,     // a few symbols share, all others have the least
};

inline constexpr std::array all_table_kinds = {table_kind::even,      table_kind::random,  table_kind::one_huge,
                                               table_kind::geometric, table_kind::aligned, table_kind::two_symbol,
                                               table_kind::sparse};

constexpr std::string_view name_of(table_kind kind) {
    constexpr std::array<std::string_view, 7> names = {"even",    "random",     "one_huge", "geometric",
                                                       "aligned", "two_symbol", "sparse"};
    return names[static_cast<std::size_t>(kind)];
}

/// Frequencies of `alphabet_size` symbols, each at least 1, with the sum 2^precision. Precision is 1..24 and the alphabet
/// no larger than 2^precision. An alphabet of one symbol gives that symbol probability 1, whatever the kind.
inline std::vector<std::uint32_t> random_frequencies(random_source& random, unsigned precision,
                                                     std::size_t alphabet_size, table_kind kind) {
    const std::uint32_t total = std::uint32_t{1} << precision;
    assert(precision >= 1 && precision <= 24 && alphabet_size >= 1 && alphabet_size <= total);
    const auto any_symbol = [&] { return static_cast<std::size_t>(random.below(alphabet_size)); };
    std::vector<std::uint32_t> table(alphabet_size, 1);
    std::uint32_t left = total - static_cast<std::uint32_t>(alphabet_size);
    const auto give = [&](std::size_t symbol, std::uint64_t counts) {
        const auto given = static_cast<std::uint32_t>(std::min<std::uint64_t>(counts, left));
        table[symbol] += given;
        left -= given;
    };
    switch (kind) {
    case table_kind::even:
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            give(symbol, total / alphabet_size - 1);
        }
        for (std::size_t symbol = 0; symbol < total % alphabet_size; ++symbol) {
            give(symbol, 1);
        }
        break;
    case table_kind::random: {
        std::vector<std::uint64_t> weights(alphabet_size);
        std::uint64_t sum = 0;
        for (auto& weight : weights) {
            weight = random.bits(16);
            sum += weight;
        }
        const std::uint64_t to_share = left;
        for (std::size_t symbol = 0; symbol < alphabet_size && sum > 0; ++symbol) {
            give(symbol, weights[symbol] * to_share / sum);
        }
        give(any_symbol(), left);
        break;
    }
    case table_kind::one_huge:
        give(any_symbol(), left);
        break;
    case table_kind::geometric: {
        std::vector<std::size_t> order(alphabet_size);
        for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol) {
            order[symbol] = symbol;
        }
        for (std::size_t symbol = alphabet_size; symbol > 1; --symbol) {
            std::swap(order[symbol - 1], order[static_cast<std::size_t>(random.below(symbol))]);
        }
        for (const std::size_t symbol : order) {
            give(symbol, (left + 1u) / 2u);
        }
        give(order[0], left);
        break;
    }
    case table_kind::aligned: {
        // Halve a random block that can be halved until there are enough blocks; blocks stay in order and aligned.
        std::vector<std::uint32_t> blocks = {total};
        while (blocks.size() < alphabet_size) {
            const auto at = static_cast<std::size_t>(random.below(blocks.size()));
            if (blocks[at] >= 2) {
                blocks[at] /= 2;
                blocks.insert(blocks.begin() + static_cast<std::ptrdiff_t>(at), blocks[at]);
            }
        }
        return blocks;
    }
    case table_kind::two_symbol: {
        const std::uint32_t share = static_cast<std::uint32_t>(random.below(std::uint64_t{left} + 1));
        give(any_symbol(), share);
        give(any_symbol(), left);
        break;
    }
    case table_kind::sparse:
        for (int rounds = 0; rounds < 6; ++rounds) {
            const std::size_t symbol = any_symbol();
            give(symbol, random.below(std::uint64_t{left} + 1));
        }
        give(any_symbol(), left);
        break;
    }
    return table;
}

/// Frequencies of a random kind.
inline std::vector<std::uint32_t> random_frequencies(random_source& random, unsigned precision,
                                                     std::size_t alphabet_size) {
    const auto kind = all_table_kinds[static_cast<std::size_t>(random.below(all_table_kinds.size()))];
    return random_frequencies(random, precision, alphabet_size, kind);
}

}  // namespace equinfo::test
