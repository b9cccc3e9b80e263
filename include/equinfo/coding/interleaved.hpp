// SPDX-License-Identifier: MIT
// Several range coders taking turns, so that a processor works on several symbols at once.
#pragma once

#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace equinfo {

/// Codes symbol i with coder i mod Lanes. Decoding a symbol is one long chain of operations that wait for each other
/// (divide, search, multiply); with lanes, the chains of neighbouring symbols overlap. It pays where the next
/// distribution does not depend on the last symbol, and costs a third of a byte a lane beside their lengths.
template <std::size_t Lanes>
class interleaved_encoder {
public:
    static_assert(Lanes == 1 || Lanes == 2 || Lanes == 4 || Lanes == 8 || Lanes == 16, "a power of two up to 16");

    /// As range_encoder::encode.
    EQUINFO_FORCE_INLINE void encode(frequency_range slice, unsigned precision) {
        m_lanes[m_turn].encode(slice, precision);
        m_turn = (m_turn + 1) % Lanes;
    }

    /// Ends all lanes. Their messages are stored apart; each needs its length.
    void finish() {
        for (range_encoder& lane : m_lanes) {
            lane.finish();
        }
        m_turn = 0;
    }

    [[nodiscard]] std::span<const std::byte> bytes(std::size_t lane) const noexcept { return m_lanes[lane].bytes(); }

    [[nodiscard]] std::uint64_t bit_count() const noexcept {
        std::uint64_t sum = 0;
        for (const range_encoder& lane : m_lanes) {
            sum += lane.bit_count();
        }
        return sum;
    }

private:
    std::array<range_encoder, Lanes> m_lanes;
    std::size_t m_turn = 0;
};

/// The inverse of interleaved_encoder.
template <std::size_t Lanes>
class interleaved_decoder {
public:
    /// One message a lane.
    explicit interleaved_decoder(const std::array<std::span<const std::byte>, Lanes>& lanes) noexcept {
        for (std::size_t lane = 0; lane < Lanes; ++lane) {
            m_lanes[lane] = range_decoder(lanes[lane]);
        }
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE frequency point(unsigned precision) const noexcept {
        return m_lanes[m_turn].point(precision);
    }

    /// Fills `symbols`. `locate` says what lies at a point, as a distribution does (a frequency_table: by
    /// locate_in_turn); it is called in the order of the
    /// symbols. Faster than point() and advance(), since a round of all lanes is one piece of straight code.
    template <unsigned Precision, class Symbol, class Locate>
    void decode(std::span<Symbol> symbols, Locate&& locate) {
        std::size_t i = 0;
        const auto next = [&](range_decoder& lane) {
            const auto found = locate(lane.point(Precision));
            lane.advance(found.range, Precision);
            symbols[i++] = found.symbol;
        };
        while (m_turn != 0 && i < symbols.size()) {
            next(m_lanes[m_turn]);
            m_turn = (m_turn + 1) % Lanes;
        }
        std::array<range_decoder, Lanes> lanes = m_lanes;  // a copy, so that it can live in registers
        while (symbols.size() - i >= Lanes) {
            [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
                (next(lanes[Lane]), ...);
            }(std::make_index_sequence<Lanes>{});
        }
        m_lanes = lanes;
        while (i < symbols.size()) {
            next(m_lanes[m_turn]);
            m_turn = (m_turn + 1) % Lanes;
        }
    }

    EQUINFO_FORCE_INLINE void advance(frequency_range slice, unsigned precision) noexcept {
        m_lanes[m_turn].advance(slice, precision);
        m_turn = (m_turn + 1) % Lanes;
    }

    /// Whether the message of every lane is over here; see range_decoder::at_end().
    [[nodiscard]] bool at_end() const noexcept {
        bool all = true;
        for (const range_decoder& lane : m_lanes) {
            all = all && lane.at_end();
        }
        return all;
    }

private:
    std::array<range_decoder, Lanes> m_lanes;
    std::size_t m_turn = 0;
};

}  // namespace equinfo
