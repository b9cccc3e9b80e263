// SPDX-License-Identifier: MIT
// Adaptive contexts of up to six bytes, mixed: the good model without training, or from a trained one on.
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/adaptive_bits.hpp>
#include <equinfo/models/bit_history.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/context_slots.hpp>
#include <equinfo/models/match_context.hpp>
#include <equinfo/models/prior_context.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace equinfo {

/// What a context_model looks at, and how much memory it takes. Part of its fingerprint: both sides need the same.
struct context_model_options {
    /// The longest context, in bytes, 1..6. All shorter ones are mixed in.
    unsigned order = 6;
    /// log2 of the number of context slots, 10..24. Memory is about 17.7 * 2^table_bits bytes (74 MB for 22), of which what
    /// is not used stays untouched, and a fixed 0.25 MB.
    unsigned table_bits = 22;
    /// Also the letters of the word so far.
    bool words = true;
    /// Also the longest repetition within the last 2^table_bits bytes.
    bool matches = true;

    /// Options for texts of about `byte_count` bytes: a table that such a text does not overfill, and not much larger.
    [[nodiscard]] static constexpr context_model_options for_size(std::uint64_t byte_count) noexcept {
        context_model_options options;
        const unsigned bits = static_cast<unsigned>(std::bit_width(byte_count)) + 2;
        options.table_bits = std::clamp(bits, 12u, options.table_bits);
        return options;
    }

    friend constexpr bool operator==(const context_model_options&, const context_model_options&) = default;
};

/// A model that learns while it codes: a byte is eight binary decisions, most significant bit first; for each, contexts
/// of 1..order bytes, the word and the longest repetition give a probability, which small weight sets mix and
/// corrections refine. Integers only. `docs/context_model.md` states the arithmetic.
///
/// Prior: no_prior, or a byte_model that is one more input in place of the context of one byte. It starts with nearly
/// all the weight, so that the first bytes cost what it makes them cost, and keeps as much as it turns out to be worth.
/// It sees every symbol, and is reset with the model. Named context_model and primed_context_model below.
///
/// predict() is free; a distribution works out only the decisions that lead to the symbols it is asked for, and keeps
/// the last path, so that update() of the symbol just coded does not work it out again. Therefore even const calls of
/// one object must not run at the same time. A moved-from model may only be assigned to or destroyed.
template <class Prior>
    requires(byte_model<Prior> || std::same_as<Prior, no_prior>)
class basic_context_model {
    static constexpr bool primed = !std::same_as<Prior, no_prior>;
    using prior_context = detail::prior_context<Prior>;

public:
    class distribution_type {
    public:
        using symbol_type = std::uint8_t;
        static constexpr unsigned precision = 22;

        [[nodiscard]] frequency_range range_of(std::uint8_t symbol) const noexcept { return m_model->range_of(symbol); }

        [[nodiscard]] located_symbol<std::uint8_t> locate(frequency point) const noexcept {
            EQUINFO_EXPECTS(point < frequency{1} << precision);
            return m_model->locate(point);
        }

    private:
        friend class basic_context_model;
        explicit distribution_type(const basic_context_model& model) noexcept : m_model(&model) {}
        const basic_context_model* m_model;
    };

    basic_context_model()
        requires(!primed)
        : basic_context_model(context_model_options{}) {}

    /// Throws error{errc::bad_parameter} for options out of range, std::bad_alloc where memory is short.
    explicit basic_context_model(const context_model_options& options)
        requires(!primed)
        : basic_context_model(no_prior{}, options) {}

    /// As above; the prior may be in any state, and is reset.
    explicit basic_context_model(Prior prior, const context_model_options& options = {})
        : m_options(checked(options)),
          m_prior(std::move(prior)),
          m_slots(options.table_bits),
          m_match(options.table_bits),
          m_first_order(primed ? 0 : 256u * 256u),
          m_maps(histories * 256u),
          m_match_map(match_lengths),
          m_weights(weight_sets),
          m_corrections((256u + hashed_corrections) * detail::correction_points) {
        for (unsigned order = 2; order <= options.order; ++order) {
            m_active[order - 1] = true;
        }
        m_active[word_history] = options.words;
        initialise();
    }

    [[nodiscard]] const context_model_options& options() const noexcept { return m_options; }

    [[nodiscard]] distribution_type predict() const noexcept { return distribution_type(*this); }

    /// Throws what the prior throws; the model then has to be reset.
    void update(std::uint8_t symbol) noexcept(prior_context::never_throws) {
        static_cast<void>(range_of(symbol));  // nothing to do where this is the path just walked
        const std::size_t last = m_recent & 255u;
        step(symbol);
        m_prior.update(symbol);  // while the slots of the next byte are on their way
        learn_path(last, symbol);
        if (m_options.matches) {
            m_match.update(symbol, m_recent);
        }
        forget_path();
    }

    /// Costs what was learned since the last reset, and about 20 microseconds.
    void reset() noexcept(prior_context::never_throws) {
        m_prior.reset();
        m_slots.clear();
        m_match.reset();
        initialise();
    }

    [[nodiscard]] std::uint64_t fingerprint() const
        requires(!primed || names_itself<Prior>)
    {
        fingerprint_builder builder(primed ? "primed_context_model 1" : "context_model 1");
        if constexpr (primed) {
            builder.add(m_prior.prior().fingerprint());
        }
        builder.add(std::uint64_t{m_options.order});
        builder.add(std::uint64_t{m_options.table_bits});
        builder.add(std::uint64_t{m_options.words ? 1u : 0u});
        builder.add(std::uint64_t{m_options.matches ? 1u : 0u});
        return builder.value();
    }

private:
    // Inputs of the mixers: 0..5 are the orders 1..6, then words and matches. A prior takes the place of order 1.
    static constexpr std::size_t first_history = primed ? 1 : 0;
    static constexpr std::uint8_t word_history = 6;
    static constexpr std::size_t histories = 7;  // inputs that are bit histories
    static constexpr std::size_t match_input = 7;
    static constexpr std::size_t match_lengths = 32;
    static constexpr std::size_t hashed_corrections = 2048;
    // Two sets are chosen for a bit: by the bits before it in the byte; by how many contexts know this place, how long
    // the match is, and the bit's number.
    static constexpr std::size_t weight_choices = 2;
    static constexpr std::size_t confidence_sets = 6 * 4 * 8;
    static constexpr std::size_t weight_sets = 256 + confidence_sets;
    // How fast weights learn: by error * input * rate / 2^(4 + rate_shift). With a prior they begin far from what a text
    // needs once it is known, and so go three times as fast.
    static constexpr std::int32_t rate = primed ? 5 : 6;
    static constexpr unsigned rate_shift = primed ? 2 : 4;
    static constexpr std::uint32_t history_limit = 400;
    static constexpr std::uint32_t match_limit = 1023;

    /// One binary decision on the path: what was predicted, and whatever must learn from its outcome.
    struct decision {
        alignas(16) detail::mixer_input input;
        std::array<std::uint8_t, 8> state;           // of every bit history
        std::array<std::uint16_t, weight_choices> mixed;          // each set's probability
        std::array<std::uint16_t, weight_choices> weights;        // the sets
        std::array<std::uint32_t, 2> corrections;    // the points
        std::uint16_t one;                           // the final probability of a one, 2^-16
        std::uint8_t match_entry;                    // entry of the match map, or none
        std::uint8_t match_bit;
    };
    static constexpr std::uint8_t no_match = 255;

    [[nodiscard]] static const context_model_options& checked(const context_model_options& options) {
        if (options.order < 1 || options.order > 6) {
            throw error(errc::bad_parameter, 0, "context_model: order must be 1..6");
        }
        if (options.table_bits < 10 || options.table_bits > 24) {
            throw error(errc::bad_parameter, 0, "context_model: table_bits must be 10..24");
        }
        return options;
    }

    [[nodiscard]] static std::uint32_t hash_of(std::uint64_t context) noexcept {
        std::uint64_t hash = context * 0x9E3779B97F4A7C15u;
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
        return static_cast<std::uint32_t>(hash >> 32);
    }

    /// The second half of a byte, behind the context with this hash and the first half: another slot within the same
    /// 4 KiB, whose address is already translated, and another check.
    [[nodiscard]] static std::uint32_t second_hash(std::uint32_t hash, unsigned half) noexcept {
        const std::uint32_t mixed = (hash + (half + 1) * 0x3C6EF372u) * 0x9E3779B1u;
        return hash ^ ((mixed ^ mixed >> 15) & 0xff0000ffu);
    }

    /// Works one decision out; `partial` is a one followed by the bits before it, `depth` their number.
    template <std::size_t Half>
    EQUINFO_FORCE_INLINE void evaluate(unsigned depth, unsigned partial) const noexcept {
        decision& d = m_path[depth];
        const unsigned top = 1u << (depth - 4 * Half);
        const unsigned node = (partial & (top - 1)) | top;
        unsigned known = 0;
        const auto listen = [&](std::size_t input, std::uint8_t state) {
            d.state[input] = state;
            d.input[input] = detail::stretch_learned(m_maps[input * 256 + state]);
        };
        if constexpr (primed) {
            d.input[0] = m_prior.stretched_one(depth, partial);
        } else {
            listen(0, m_first_order[static_cast<unsigned>(m_recent & 255u) * 256 + partial]);
        }
        for (std::size_t input = 1; input < histories; ++input) {
            const std::uint8_t state = m_slots[m_found[Half][input]].bytes[node];
            listen(input, state);
            if (input < word_history) {
                known += state != 0 ? 1u : 0u;
            }
        }
        unsigned match_class = 0;
        d.match_entry = no_match;
        d.input[match_input] = 0;
        if (m_match.length() != 0 && ((m_match.expected() | 256u) >> (8 - depth)) == partial) {
            const std::uint32_t length = m_match.length();
            const std::uint32_t entry = length < 16 ? length : std::min<std::uint32_t>(14 + length / 8, match_lengths - 1);
            d.match_entry = static_cast<std::uint8_t>(entry);
            d.match_bit = static_cast<std::uint8_t>((unsigned{m_match.expected()} >> (7 - depth)) & 1u);
            const std::int16_t stretched = detail::stretch_learned(m_match_map[entry]);
            d.input[match_input] = d.match_bit != 0 ? stretched : static_cast<std::int16_t>(-stretched);
            match_class = length < 16 ? 1 : length < 32 ? 2 : 3;
        }
        d.weights[0] = static_cast<std::uint16_t>(partial);
        d.weights[1] = static_cast<std::uint16_t>(256 + (known * 4 + match_class) * 8 + depth);
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < weight_choices; ++i) {
            const std::int32_t stretched =
                std::clamp(detail::mix(m_weights[d.weights[i]], d.input), -detail::squash_limit, detail::squash_limit);
            d.mixed[i] = static_cast<std::uint16_t>(detail::squash(stretched));
            sum += stretched;
        }
        const std::int32_t stretched = sum >> 1;
        const std::int32_t narrow = std::clamp(stretched, -detail::stretch_limit, detail::stretch_limit);
        const std::size_t row0 = std::size_t{partial} * detail::correction_points;
        const std::uint32_t hash = (static_cast<std::uint32_t>(m_recent & 0xffffu) * 0x9E3779B1u + partial * 0x85EBCA6Bu) >> 21;
        const std::size_t row1 = (256u + std::size_t{hash}) * detail::correction_points;
        const detail::corrected c0 = detail::correct(m_corrections.data() + row0, narrow);
        const detail::corrected c1 = detail::correct(m_corrections.data() + row1, narrow);
        d.corrections[0] = static_cast<std::uint32_t>(row0) + c0.nearest;
        d.corrections[1] = static_cast<std::uint32_t>(row1) + c1.nearest;
        const std::uint32_t one = (detail::squash(stretched) + c0.probability + 2 * c1.probability) / 4;
        d.one = static_cast<std::uint16_t>(std::clamp<std::uint32_t>(one, 1, 65535));
    }

    template <std::size_t Half>
    void find() const noexcept {
        for (std::size_t input = 1; input < histories; ++input) {
            m_found[Half][input] = m_active[input] ? m_slots.find(m_hashes[Half][input]) : m_slots.none();
        }
    }

    /// Hashes of the contexts behind the first half of the byte; their slots are fetched while that half is worked on.
    void expect_half(unsigned first_half) const noexcept {
        if (m_expected_half != first_half) {
            m_expected_half = first_half;
            for (std::size_t input = 1; input < histories; ++input) {
                m_hashes[1][input] = second_hash(m_hashes[0][input], first_half);
                m_slots.prefetch(m_hashes[1][input]);
            }
        }
    }

    /// The part of [0, 2^precision) that is left behind some decisions.
    struct part {
        frequency low = 0;
        frequency count = frequency{1} << distribution_type::precision;
        unsigned partial = 1;  // a one, and the bits so far
    };

    /// Four decisions. `choose(depth, middle)` says which part to take: a bit 1 owns what lies from `middle` on. Each
    /// part keeps a count for every symbol in it.
    template <std::size_t Half, class Choose>
    EQUINFO_FORCE_INLINE void walk_half(part& at, Choose choose) const noexcept {
        for (unsigned depth = 4 * Half; depth < 4 * Half + 4; ++depth) {
            if (depth >= m_known) {
                evaluate<Half>(depth, at.partial);
                m_known = depth + 1;
            }
            const frequency symbols = 128u >> depth;  // in each part
            const std::uint64_t spare = at.count - 2 * symbols;
            const frequency ones = symbols + static_cast<frequency>(spare * m_path[depth].one >> 16);
            const frequency middle = at.low + (at.count - ones);
            // A jump and not a selection: a processor that guesses right begins the next decision before this one is known.
            unsigned bit = 0;
            if (choose(depth, middle)) {
                bit = 1;
                at.low = middle;
                at.count = ones;
            } else {
                at.count -= ones;
            }
            at.partial = at.partial * 2 + bit;
            if (bit != ((m_walked >> (7 - depth)) & 1u)) {  // off the path known so far
                m_walked ^= 128u >> depth;
                m_known = depth + 1;
            }
        }
    }

    template <class Choose>
    EQUINFO_FORCE_INLINE located_symbol<std::uint8_t> walk(Choose choose) const noexcept {
        part at;
        if (m_known == 0) {
            find<0>();
        }
        walk_half<0>(at, choose);
        if (m_known <= 4) {
            expect_half(at.partial & 15u);
            find<1>();
        }
        walk_half<1>(at, choose);
        return {static_cast<std::uint8_t>(at.partial), {at.low, at.count}};
    }

    [[nodiscard]] frequency_range range_of(std::uint8_t symbol) const noexcept {
        expect_half(unsigned{symbol} >> 4);
        return walk([symbol](unsigned depth, frequency) { return ((unsigned{symbol} >> (7 - depth)) & 1u) != 0; }).range;
    }

    [[nodiscard]] located_symbol<std::uint8_t> locate(frequency point) const noexcept {
        return walk([point](unsigned, frequency middle) { return point >= middle; });
    }

    /// Lets everything on the path learn from `symbol`.
    void learn_path([[maybe_unused]] std::size_t last, unsigned symbol) noexcept {
        for (unsigned depth = 0; depth < 8; ++depth) {
            const decision& d = m_path[depth];
            const unsigned bit = (symbol >> (7 - depth)) & 1u;
            for (std::size_t i = 0; i < weight_choices; ++i) {
                const std::int32_t error = (bit != 0 ? 65535 : 0) - std::int32_t{d.mixed[i]};
                detail::train<rate_shift>(m_weights[d.weights[i]], d.input, static_cast<std::int16_t>(error * rate / 16));
            }
            for (std::size_t input = first_history; input < histories; ++input) {
                detail::learn(m_maps[input * 256 + d.state[input]], bit, history_limit);
            }
            if (d.match_entry != no_match) {
                detail::learn(m_match_map[d.match_entry], bit == d.match_bit ? 1u : 0u, match_limit);
            }
            for (const std::uint32_t point : d.corrections) {
                detail::learn_correction(m_corrections[point], bit);
            }
            if constexpr (!primed) {
                std::uint8_t& state = m_first_order[last * 256 + ((256u | symbol) >> (8 - depth))];
                state = detail::bit_history.next[state][bit];
            }
        }
        learn_slots<0>(symbol >> 4);
        learn_slots<1>(symbol & 15u);
    }

    template <std::size_t Half>
    void learn_slots(unsigned bits) noexcept {
        for (std::size_t input = 1; input < histories; ++input) {
            if (!m_active[input]) {
                continue;
            }
            std::uint32_t slot = m_found[Half][input];
            if (slot == m_slots.none()) {
                slot = m_slots.claim(m_hashes[Half][input]);
            }
            auto& bytes = m_slots[slot].bytes;
            for (unsigned depth = 0; depth < 4; ++depth) {
                std::uint8_t& state = bytes[(16u | bits) >> (4 - depth)];
                state = detail::bit_history.next[state][(bits >> (3 - depth)) & 1u];
            }
        }
    }

    /// Moves the contexts on, except for the path; the first slots of the next byte are fetched meanwhile.
    void step(std::uint8_t symbol) noexcept {
        m_recent = m_recent << 8 | symbol;
        const std::uint32_t letter = symbol >= 'A' && symbol <= 'Z' ? symbol + 32u : symbol;
        const bool in_word = (letter >= 'a' && letter <= 'z') || letter >= 128;
        m_word = in_word ? (m_word + letter) * 0x2F0B4C47u + 0x3D4D51CBu : 0;
        for (std::size_t input = 1; input < histories; ++input) {
            m_next_hashes[input] = first_hash(input);
            m_slots.prefetch(m_next_hashes[input]);
        }
    }

    /// The context of an input before a byte.
    [[nodiscard]] std::uint32_t first_hash(std::size_t input) const noexcept {
        const std::uint64_t bytes = input + 1;
        const std::uint64_t context = input == word_history ? m_word | (m_recent & 255u) << 32
                                                            : m_recent & ((std::uint64_t{1} << (8 * bytes)) - 1);
        return hash_of(context | bytes << 56);
    }

    void forget_path() noexcept {
        m_hashes[0] = m_next_hashes;
        m_known = 0;
        m_expected_half = no_half;
    }

    void initialise() noexcept {
        std::fill(m_first_order.begin(), m_first_order.end(), std::uint8_t{0});
        for (std::size_t i = 0; i < m_maps.size(); ++i) {
            m_maps[i] = detail::untrained_histories[i % 256];
        }
        for (std::size_t i = 0; i < match_lengths; ++i) {  // right in all but one of length + 2
            m_match_map[i] = (detail::learned_bit_mask - detail::learned_bit_mask / static_cast<std::uint32_t>(i + 2)) << 10;
        }
        std::fill(m_weights.begin(), m_weights.end(), initial_weights);
        for (std::size_t i = 0; i < m_corrections.size(); i += detail::correction_points) {
            std::copy(detail::untrained_correction.begin(), detail::untrained_correction.end(), m_corrections.begin() + static_cast<std::ptrdiff_t>(i));
        }
        m_recent = 0;
        m_word = 0;
        for (std::size_t input = 1; input < histories; ++input) {
            m_next_hashes[input] = first_hash(input);
        }
        forget_path();
    }

    static constexpr detail::mixer_weights initial_weights = [] {
        if (!primed) {
            return detail::equal_weights((3 << 28) / 10);
        }
        // Hundredths: the prior nearly alone; longer contexts say more when they have just been seen first.
        constexpr std::array<std::int32_t, detail::mixer_inputs> hundredths{90, 4, 6, 8, 10, 12, 14, 15};
        detail::mixer_weights set{};
        for (std::size_t i = 0; i < detail::mixer_inputs; ++i) {
            set.weights[i] = hundredths[i] * ((1 << 28) / 100);
            set.upper[i] = static_cast<std::int16_t>(set.weights[i] >> 16);
        }
        return set;
    }();
    static constexpr unsigned no_half = 16;

    context_model_options m_options;
    [[no_unique_address]] prior_context m_prior;
    std::array<bool, histories> m_active{};  // which of the bit histories in slots are used

    detail::context_slots m_slots;
    detail::match_context m_match;
    std::vector<std::uint8_t> m_first_order;             // [last byte][partial byte]; empty with a prior
    std::vector<detail::learned_bit> m_maps;             // [input][state]
    std::vector<detail::learned_bit> m_match_map;        // [length class]: that the expected bit comes
    std::vector<detail::mixer_weights> m_weights;
    std::vector<std::uint16_t> m_corrections;
    std::uint64_t m_recent = 0;                          // the last eight bytes, the latest lowest
    std::array<std::uint32_t, histories> m_next_hashes{};
    std::uint32_t m_word = 0;                            // hash of the letters since the last other byte

    // What was worked out for the coming byte: a function of the state above, kept to spare work.
    mutable std::array<std::array<std::uint32_t, histories>, 2> m_hashes{};
    mutable std::array<std::array<std::uint32_t, histories>, 2> m_found{};
    mutable std::array<decision, 8> m_path{};            // the first m_known along the bits of m_walked
    mutable unsigned m_known = 0;
    mutable unsigned m_walked = 0;
    mutable unsigned m_expected_half = no_half;          // the first half that m_hashes[1] is for
};

/// An identified_model that needs no training.
using context_model = basic_context_model<no_prior>;

/// Knows what its prior knows from the first byte on, and learns the text: an identified_model if the prior is one.
template <byte_model Prior>
using primed_context_model = basic_context_model<Prior>;

}  // namespace equinfo
