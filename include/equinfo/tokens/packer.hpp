// SPDX-License-Identifier: MIT
// A bit stream cut into tokens of a fixed width, and back.
#pragma once

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace equinfo {

/// The rule (docs/tokens.md, "Packing"): the bits of a document, first bit first, fill tokens from their most
/// significant bit down; the last token is filled up with zero bits. A document therefore takes ceil(bit_count /
/// token_bits) tokens.
///
/// The zero bits are fewer than token_bits. Who packs windows takes token_bits <= window_bits, so that they never look
/// like one more window; other users keep the bit count (document_index does).
class token_packer {
public:
    using token_type = token;

    /// @param token_bits  1 .. 32
    /// @throws error{bad_parameter}
    explicit token_packer(unsigned token_bits) : m_token_bits(token_bits) {
        if (token_bits < 1 || token_bits > 32) {
            detail::throw_error(errc::bad_parameter, 0, "a token has 1 to 32 bits, not " + std::to_string(token_bits));
        }
    }

    [[nodiscard]] unsigned token_bits() const noexcept { return m_token_bits; }

    /// 2^token_bits: special ids are no business of the packer.
    [[nodiscard]] std::uint64_t vocabulary_size() const noexcept { return std::uint64_t{1} << m_token_bits; }

    /// Tokens that `bit_count` bits take.
    [[nodiscard]] std::uint64_t token_count(std::uint64_t bit_count) const noexcept {
        return bit_count / m_token_bits + (bit_count % m_token_bits != 0 ? 1 : 0);
    }

    /// Appends the tokens of the next `bit_count` bits of `source`. Bits behind its end count as zeros, so a bit count
    /// that is not trusted must be compared with what there is before.
    template <bit_source Source>
    void pack(Source& source, std::uint64_t bit_count, std::vector<token>& tokens) const {
        switch (m_token_bits) {
            case 8:
                return pack_words<8>(source, bit_count, tokens);
            case 16:
                return pack_words<16>(source, bit_count, tokens);
            case 32:
                return pack_words<32>(source, bit_count, tokens);
            default:
                return pack_each(source, bit_count, tokens);
        }
    }

    /// As pack(), for bits that lie in memory from the top bit of the first byte on: the fast way for 8, 16 and 32
    /// bits.
    void pack_bytes(std::span<const std::byte> bytes, std::uint64_t bit_count, std::vector<token>& tokens) const;

    /// Writes every token's bits: token_bits * stream.size() of them, the zero bits of the last token included.
    /// @throws error{token_overflow} at an id of 2^token_bits or more (a special id, say), before any bit is written;
    /// the
    ///         offset is that of the byte where its first bit would lie.
    template <bit_sink Sink>
    void unpack(std::span<const token> stream, Sink& sink) const {
        token seen = 0;
        for (const token id : stream) {
            seen |= id;
        }
        if (m_token_bits < 32 && (seen >> m_token_bits) != 0) {
            refuse(stream);
        }
        // As many tokens as 64 bits hold go to the sink at once.
        const std::size_t group = 64 / m_token_bits;
        std::size_t at = 0;
        for (; stream.size() - at >= group; at += group) {
            std::uint64_t word = 0;
            for (std::size_t i = 0; i < group; ++i) {
                word = (word << m_token_bits) | stream[at + i];
            }
            sink.write(word, static_cast<unsigned>(group) * m_token_bits);
        }
        for (; at < stream.size(); ++at) {
            sink.write(stream[at], m_token_bits);
        }
    }

    friend bool operator==(const token_packer&, const token_packer&) = default;

private:
    /// Tokens between two looks at the vector's size; also bounds what a wrong bit count can reserve at once.
    static constexpr std::size_t batch = 4096;

    /// 64 bits of the source at a time.
    template <unsigned Bits, bit_source Source>
    void pack_words(Source& source, std::uint64_t bit_count, std::vector<token>& tokens) const {
        constexpr std::size_t per_word = 64 / Bits;
        for (std::uint64_t words = bit_count / 64; words != 0;) {
            const std::size_t now = static_cast<std::size_t>(std::min<std::uint64_t>(words, batch / per_word));
            const std::size_t start = tokens.size();
            tokens.resize(start + now * per_word);
            token* out = tokens.data() + start;
            for (std::size_t w = 0; w < now; ++w) {
                const std::uint64_t word = source.read(64);
                for (std::size_t i = 0; i < per_word; ++i) {
                    *out++ = static_cast<token>(word >> (64 - Bits * (i + 1)) & (~std::uint64_t{0} >> (64 - Bits)));
                }
            }
            words -= now;
        }
        pack_each(source, bit_count % 64, tokens);
    }

    template <bit_source Source>
    void pack_each(Source& source, std::uint64_t bit_count, std::vector<token>& tokens) const {
        for (std::uint64_t whole = bit_count / m_token_bits; whole != 0;) {
            const std::size_t now = static_cast<std::size_t>(std::min<std::uint64_t>(whole, batch));
            const std::size_t start = tokens.size();
            tokens.resize(start + now);
            for (std::size_t i = start; i < start + now; ++i) {
                tokens[i] = static_cast<token>(source.read(m_token_bits));
            }
            whole -= now;
        }
        if (const unsigned rest = static_cast<unsigned>(bit_count % m_token_bits); rest != 0) {
            tokens.push_back(static_cast<token>(source.read(rest) << (m_token_bits - rest)));
        }
    }

    [[noreturn]] EQUINFO_NOINLINE void refuse(std::span<const token> stream) const {
        std::size_t at = 0;
        while (stream[at] < vocabulary_size()) {
            ++at;
        }
        throw error(errc::token_overflow, std::uint64_t{at} * m_token_bits / 8,
                    "token " + detail::grouped(at) + " has the id " + detail::grouped(stream[at]) +
                        ", which is no window token: those of " + std::to_string(m_token_bits) + " bits end at " +
                        detail::grouped(vocabulary_size() - 1));
    }

    unsigned m_token_bits;
};

inline void token_packer::pack_bytes(std::span<const std::byte> bytes, std::uint64_t bit_count,
                                     std::vector<token>& tokens) const {
    EQUINFO_EXPECTS(bit_count <= std::uint64_t{bytes.size()} * 8);
    const std::size_t whole = static_cast<std::size_t>(bit_count / m_token_bits);
    const auto load_all = [&]<class Word>(Word) {
        const std::size_t start = tokens.size();
        tokens.resize(start + whole);
        for (std::size_t i = 0; i < whole; ++i) {
            tokens[start + i] = load_big<Word>(bytes.data() + i * sizeof(Word));
        }
    };
    switch (m_token_bits) {
        case 8:
            load_all(std::uint8_t{});
            break;
        case 16:
            load_all(std::uint16_t{});
            break;
        case 32:
            load_all(std::uint32_t{});
            break;
        default: {
            bit_reader source(bytes);
            return pack_each(source, bit_count, tokens);
        }
    }
    bit_reader source(bytes.subspan(whole * m_token_bits / 8));
    pack_each(source, bit_count % m_token_bits, tokens);
}

}  // namespace equinfo
