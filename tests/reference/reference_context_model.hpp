// SPDX-License-Identifier: MIT
// The slow twin of context_model: docs/context_model.md word for word, without tables of states, without memory of paths.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace equinfo::reference {

class reference_context_model {
public:
    /// The prior's frequencies for the symbol behind a text, 256 of them; none for a model without a prior.
    using prior_function = std::function<std::vector<std::uint32_t>(const std::vector<std::uint8_t>&)>;

    reference_context_model(unsigned order, unsigned table_bits, bool words, bool matches, prior_function prior = {})
        : m_order(order), m_table_bits(table_bits), m_words(words), m_matches(matches), m_prior(std::move(prior)),
          m_slots(std::size_t{1} << table_bits), m_places(std::size_t{1} << (table_bits - 4), 0) {
        std::int64_t power = std::int64_t{1} << 32;
        for (int d = 0; d <= 2815; ++d) {
            const std::int64_t p = (std::int64_t{1} << 48) / ((std::int64_t{1} << 32) + power);
            m_squash[d] = std::min<std::int64_t>(p, 65535);
            m_squash[-d] = 65536 - m_squash[d];
            power = static_cast<std::int64_t>(static_cast<std::uint64_t>(power) * 4278222805u >> 32);
        }
        for (int i = 2048; i < 4096; ++i) {
            int d = i == 2048 ? 0 : m_stretch[i - 1];
            while (d < 2047 && m_squash[d] < 16 * i + 8) {
                ++d;
            }
            m_stretch[i] = d;
            m_stretch[4095 - i] = -d;
        }
        ask_prior();
    }

    /// {low, frequency} of a symbol out of 2^22.
    std::array<std::int64_t, 2> range_of(unsigned symbol) {
        std::int64_t low = 0;
        std::int64_t count = std::int64_t{1} << 22;
        for (unsigned depth = 0; depth < 8; ++depth) {
            const std::int64_t symbols = 128 >> depth;
            const std::int64_t ones = symbols + (((count - 2 * symbols) * decide(symbol, depth).one) >> 16);
            if (bit_of(symbol, depth) != 0) {
                low += count - ones;
                count = ones;
            } else {
                count -= ones;
            }
        }
        return {low, count};
    }

    void update(unsigned symbol) {
        std::vector<decision> path;
        std::array<std::array<std::optional<std::size_t>, 7>, 2> found;
        std::array<std::array<std::uint32_t, 7>, 2> hashes{};
        for (unsigned depth = 0; depth < 8; ++depth) {
            path.push_back(decide(symbol, depth));
        }
        for (unsigned half = 0; half < 2; ++half) {
            for (unsigned input = 1; input < 7; ++input) {
                hashes[half][input] = hash_of(input, half, symbol);
                found[half][input] = find(hashes[half][input]);
            }
        }
        for (unsigned depth = 0; depth < 8; ++depth) {
            const unsigned bit = bit_of(symbol, depth);
            const decision& d = path[depth];
            for (std::size_t set = 0; set < 2; ++set) {
                const std::int64_t error = (bit != 0 ? 65535 : 0) - d.mixed[set];
                const std::int64_t rated = m_prior ? error * 5 / 16 : error * 3 / 8;  // towards zero
                auto& weights = weights_of(set, d.set[set]);
                for (std::size_t i = 0; i < 8; ++i) {
                    const std::int64_t moved = weights[i] + (m_prior ? (d.input[i] * rated + 2) >> 2 : (d.input[i] * rated + 8) >> 4);
                    weights[i] = std::clamp<std::int64_t>(moved, -2013265920, 2013265920);
                }
            }
            for (unsigned input = m_prior ? 1 : 0; input < 7; ++input) {
                learn(map_of(input, d.state[input]), bit, 400);
            }
            if (d.match_entry) {
                learn(match_map_of(*d.match_entry), bit == d.match_bit ? 1 : 0, 1023);
            }
            for (std::size_t table = 0; table < 2; ++table) {
                std::int64_t& p = correction(table, d.row[table])[static_cast<std::size_t>(d.nearest)];
                p = bit != 0 ? 65535 - ((65535 - p) - ((65535 - p) >> 6)) : p - (p >> 6);
            }
            auto& first = m_first_order[{last(), (256 | symbol) >> (8 - depth)}];
            first = next(first, bit);
        }
        for (unsigned half = 0; half < 2; ++half) {
            for (unsigned input = 1; input < 7; ++input) {
                if (!active(input)) {
                    continue;
                }
                const std::size_t owned = found[half][input] ? *found[half][input] : claim(hashes[half][input]);
                for (unsigned depth = 4 * half; depth < 4 * half + 4; ++depth) {
                    history& h = m_slots[owned].nodes[node_of(symbol, depth)];
                    h = next(h, bit_of(symbol, depth));
                }
            }
        }
        m_text.push_back(static_cast<std::uint8_t>(symbol));
        const unsigned letter = symbol >= 'A' && symbol <= 'Z' ? symbol + 32 : symbol;
        m_word = (letter >= 'a' && letter <= 'z') || letter >= 128
                     ? static_cast<std::uint32_t>((m_word + letter) * 0x2F0B4C47u + 0x3D4D51CBu)
                     : 0;
        if (m_matches) {
            follow_match(symbol);
        }
        ask_prior();
    }

private:
    /// Up to four bits in full, then counts and the last bit.
    struct history {
        std::vector<std::uint8_t> bits;  // not wider: libstdc++ 12 orders such vectors wrongly on big-endian machines
        int zeros = 0, ones = 0;
        unsigned last = 0;
        bool counted = false;
        auto key() const { return std::tuple(counted, bits, zeros, ones, zeros == 0 || ones == 0 ? 0u : last); }
    };

    struct slot {
        unsigned check = 0;
        std::array<history, 16> nodes;
    };

    struct decision {
        std::array<std::int64_t, 8> input{};
        std::array<history, 7> state;
        std::array<unsigned, 2> set{};
        std::array<std::int64_t, 2> mixed{};
        std::array<unsigned, 2> row{};
        std::int64_t nearest = 0;
        std::optional<unsigned> match_entry;
        unsigned match_bit = 0;
        std::int64_t one = 0;
    };

    static unsigned bit_of(unsigned symbol, unsigned depth) { return (symbol >> (7 - depth)) & 1; }
    static std::size_t node_of(unsigned symbol, unsigned depth) {
        std::size_t node = 1;
        for (unsigned before = depth / 4 * 4; before < depth; ++before) {
            node = 2 * node + bit_of(symbol, before);
        }
        return node;
    }
    unsigned last() const { return m_text.empty() ? 0u : m_text.back(); }
    std::uint64_t recent(unsigned bytes) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < std::min<std::size_t>(bytes, m_text.size()); ++i) {
            value |= std::uint64_t{m_text[m_text.size() - 1 - i]} << (8 * i);
        }
        return value;
    }
    bool active(unsigned input) const { return input == 6 ? m_words : input + 1 <= m_order; }

    // ---- the prior
    void ask_prior() {
        if (m_prior) {
            m_shares = m_prior(m_text);
        }
    }
    std::int64_t logarithm(std::uint64_t x) const {  // 256 ln x
        int exponent = 0;
        while (x >> (exponent + 1) != 0) {
            ++exponent;
        }
        const std::uint64_t eighths = (x << 24 >> exponent >> 16) - 256;
        std::uint64_t power = std::uint64_t{1} << 32;
        std::int64_t d = 0;
        while (power * (256 + eighths) > std::uint64_t{256} << 32) {
            power = power * 4278222805u >> 32;
            ++d;
        }
        return ((exponent * 45426) >> 8) + d;
    }
    std::int64_t prior_value(unsigned symbol, unsigned depth) const {
        std::array<std::uint64_t, 2> sums{};
        for (unsigned other = 0; other < 256; ++other) {
            if ((other ^ symbol) >> (8 - depth) == 0) {
                sums[bit_of(other, depth)] += m_shares[other];
            }
        }
        return std::clamp<std::int64_t>(logarithm(sums[1]) - logarithm(sums[0]), -2047, 2047);
    }

    // ---- bit histories
    static bool kept(int zeros, int ones) {
        const std::array<int, 6> bounds{30, 20, 12, 9, 8, 7};
        const int less = std::min(zeros, ones);
        return less < 6 && std::max(zeros, ones) <= bounds[static_cast<std::size_t>(less)];
    }
    static history next(history h, unsigned bit) {
        if (!h.counted) {
            h.bits.push_back(static_cast<std::uint8_t>(bit));
            if (h.bits.size() <= 4) {
                return h;
            }
            h.bits.pop_back();
            for (const unsigned b : h.bits) {
                ++(b == 0 ? h.zeros : h.ones);
            }
            h.bits.clear();
            h.counted = true;
        }
        int& same = bit == 0 ? h.zeros : h.ones;
        int& other = bit == 0 ? h.ones : h.zeros;
        ++same;
        if (other > 2) {
            other = std::min(2 + (other - 2) / 4, 5);
        }
        while (!kept(h.zeros, h.ones)) {
            --(h.zeros > h.ones ? h.zeros : h.ones);
        }
        while (h.zeros + h.ones < 5) {
            ++same;
        }
        h.last = bit;
        return h;
    }
    static int count(const history& h) { return h.zeros + h.ones + static_cast<int>(h.bits.size()); }
    static std::int64_t untrained(const history& h) {
        std::int64_t zeros = h.zeros;
        std::int64_t ones = h.ones;
        for (const unsigned b : h.bits) {
            ++(b == 0 ? zeros : ones);
        }
        return (10 * ones + 4) * 4194303 / (10 * (zeros + ones) + 8);
    }

    // ---- learned probabilities: {22-bit probability, count}
    using learned = std::array<std::int64_t, 2>;
    learned& map_of(unsigned input, const history& h) {
        return m_maps.try_emplace({input, h.key()}, learned{untrained(h), 0}).first->second;
    }
    learned& match_map_of(unsigned entry) {
        return m_match_map.try_emplace(entry, learned{4194303 - 4194303 / (entry + 2), 0}).first->second;
    }
    static void learn(learned& entry, unsigned bit, std::int64_t limit) {
        std::int64_t distance = bit != 0 ? 4194303 - entry[0] : entry[0];
        distance -= (distance / 16) * (16384 / (2 * entry[1] + 3)) / 512;
        entry[0] = bit != 0 ? 4194303 - distance : distance;
        entry[1] = std::min(entry[1] + 1, std::max(limit, entry[1]));
    }

    // ---- slots
    std::uint32_t hash_of(unsigned input, unsigned half, unsigned symbol) const {
        const std::uint64_t bytes = input + 1;
        const std::uint64_t context = (input == 6 ? m_word | std::uint64_t{last()} << 32 : recent(input + 1)) | bytes << 56;
        std::uint64_t hash = context * 0x9E3779B97F4A7C15u;
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
        const std::uint32_t first = static_cast<std::uint32_t>(hash >> 32);
        if (half == 0) {
            return first;
        }
        const std::uint32_t mixed = (first + ((symbol >> 4) + 1) * 0x3C6EF372u) * 0x9E3779B1u;
        return first ^ ((mixed ^ (mixed >> 15)) & 0xff0000ffu);
    }
    static unsigned check_of(std::uint32_t hash) { return std::max(hash >> 24, 1u); }
    std::array<std::size_t, 3> places_of(std::uint32_t hash) const {
        const std::size_t first = hash % m_slots.size();
        return {first, first ^ 1, first ^ 2};
    }
    std::optional<std::size_t> find(std::uint32_t hash) const {
        for (const std::size_t place : places_of(hash)) {
            if (m_slots[place].check == check_of(hash)) {
                return place;
            }
        }
        return std::nullopt;
    }
    std::size_t claim(std::uint32_t hash) {
        const auto places = places_of(hash);
        const std::size_t chosen = *std::min_element(places.begin(), places.end(), [this](std::size_t a, std::size_t b) {
            return count(m_slots[a].nodes[1]) < count(m_slots[b].nodes[1]);
        });
        m_slots[chosen] = slot{};
        m_slots[chosen].check = check_of(hash);
        return chosen;
    }

    // ---- one decision
    std::array<std::int64_t, 8>& weights_of(std::size_t choice, unsigned set) {
        std::array<std::int64_t, 8> untrained;
        untrained.fill(80530636);
        if (m_prior) {
            const std::array<std::int64_t, 8> hundredths{90, 4, 6, 8, 10, 12, 14, 15};
            for (std::size_t i = 0; i < 8; ++i) {
                untrained[i] = hundredths[i] * 2684354;
            }
        }
        return m_weights.try_emplace({choice, set}, untrained).first->second;
    }
    std::array<std::int64_t, 33>& correction(std::size_t table, unsigned row) {
        std::array<std::int64_t, 33> untrained;
        for (int i = 0; i < 33; ++i) {
            untrained[static_cast<std::size_t>(i)] = m_squash.at((i - 16) * 128);
        }
        return m_corrections.try_emplace({table, row}, untrained).first->second;
    }
    decision decide(unsigned symbol, unsigned depth) {
        decision d;
        const unsigned partial = (256 | symbol) >> (8 - depth);
        unsigned known = 0;
        for (unsigned input = 0; input < 7; ++input) {
            if (input == 0) {
                d.state[0] = m_first_order[{last(), partial}];
            } else if (active(input)) {
                if (const auto place = find(hash_of(input, depth / 4, symbol))) {
                    d.state[input] = m_slots[*place].nodes[node_of(symbol, depth)];
                }
            }
            d.input[input] = input == 0 && m_prior
                                 ? prior_value(symbol, depth)
                                 : m_stretch[static_cast<int>(map_of(input, d.state[input])[0] >> 10)];
            if (input >= 1 && input <= 5 && count(d.state[input]) != 0) {
                ++known;
            }
        }
        unsigned match_class = 0;
        if (m_length != 0 && (256u | m_expected) >> (8 - depth) == partial) {
            d.match_entry = m_length < 16 ? m_length : std::min(14 + m_length / 8, 31u);
            d.match_bit = bit_of(m_expected, depth);
            const std::int64_t stretched = m_stretch[static_cast<int>(match_map_of(*d.match_entry)[0] >> 10)];
            d.input[7] = d.match_bit != 0 ? stretched : -stretched;
            match_class = m_length < 16 ? 1 : m_length < 32 ? 2 : 3;
        }
        d.set = {partial, (known * 4 + match_class) * 8 + depth};
        std::int64_t sum = 0;
        for (std::size_t choice = 0; choice < 2; ++choice) {
            const auto& weights = weights_of(choice, d.set[choice]);
            std::int64_t mixed = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                mixed += (weights[i] >> 16) * d.input[i];
            }
            mixed = std::clamp<std::int64_t>(mixed >> 12, -2815, 2815);
            d.mixed[choice] = m_squash[static_cast<int>(mixed)];
            sum += mixed;
        }
        const std::int64_t stretched = sum >> 1;
        const std::int64_t position = std::clamp<std::int64_t>(stretched, -2047, 2047) + 2048;
        const std::uint32_t hash = static_cast<std::uint32_t>(recent(2) * 0x9E3779B1u + partial * 0x85EBCA6Bu);
        d.row = {partial, hash >> 21};
        d.nearest = (position + 64) / 128;
        std::array<std::int64_t, 2> corrected{};
        for (std::size_t table = 0; table < 2; ++table) {
            const auto& row = correction(table, d.row[table]);
            const auto point = static_cast<std::size_t>(position / 128);
            corrected[table] =
                (row[point] * (128 - position % 128) + row[point + 1] * (position % 128)) / 128;
        }
        d.one = std::clamp<std::int64_t>((m_squash[static_cast<int>(stretched)] + corrected[0] + 2 * corrected[1]) / 4, 1, 65535);
        return d;
    }

    // ---- the longest repetition
    void follow_match(unsigned symbol) {
        const std::size_t size = m_text.size();
        const std::size_t kept_bytes = std::size_t{1} << m_table_bits;
        if (m_length != 0) {
            m_length = m_expected == symbol ? std::min(m_length + 1, 255u) : 0;
            ++m_place;
        }
        std::size_t& place = m_places[m_line + ((symbol * 0x9E3779B1u) >> 28)];
        if (m_length == 0 && place != 0 && size - place < std::min(size, kept_bytes)) {
            unsigned length = 0;
            const std::size_t room = std::min<std::size_t>(std::min(size, kept_bytes) - (size - place), 32);
            while (length < room && m_text[place - 1 - length] == m_text[size - 1 - length]) {
                ++length;
            }
            if (length >= 5) {
                m_place = place;
                m_length = length;
            }
        }
        place = size;
        m_line = static_cast<std::size_t>(((recent(5) << 24) * 0x9FB21C651E98DF25u) >> (64 - (m_table_bits - 8))) * 16;
        m_expected = m_length != 0 ? m_text[m_place] : 0u;
    }

    unsigned m_order, m_table_bits;
    bool m_words, m_matches;
    prior_function m_prior;
    std::vector<std::uint32_t> m_shares;
    std::map<int, std::int64_t> m_squash;
    std::map<int, int> m_stretch;
    std::vector<slot> m_slots;
    std::map<std::tuple<unsigned, unsigned>, history> m_first_order;
    std::map<std::tuple<unsigned, std::tuple<bool, std::vector<std::uint8_t>, int, int, unsigned>>, learned> m_maps;
    std::map<unsigned, learned> m_match_map;
    std::map<std::tuple<std::size_t, unsigned>, std::array<std::int64_t, 8>> m_weights;
    std::map<std::tuple<std::size_t, unsigned>, std::array<std::int64_t, 33>> m_corrections;
    std::vector<std::uint8_t> m_text;
    std::uint32_t m_word = 0;
    std::vector<std::size_t> m_places;
    std::size_t m_line = 0, m_place = 0;
    unsigned m_length = 0, m_expected = 0;
};

}  // namespace equinfo::reference
