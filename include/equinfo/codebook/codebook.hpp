// SPDX-License-Identifier: MIT
// A window code as a table: the string of every codeword, and a trie that finds the codeword of every string.
#pragma once

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/codebook/greedy_parse.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/codebook/string_table.hpp>
#include <equinfo/codebook/string_trie.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/windows/params.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace equinfo {

/// Codebooks have 2^9 to 2^20 strings.
inline constexpr unsigned max_codebook_bits = 20;

/// What a codeword is stored in: 16 bits for windows of up to 16 bits, else 32.
template <class T>
concept codebook_token = std::same_as<T, std::uint16_t> || std::same_as<T, std::uint32_t>;

/// Where the strings come from.
struct codebook_origin {
    std::uint64_t model = 0;     ///< fingerprint of the model whose windows they are; 0: of none, but chosen for a corpus
    bool self_ending = false;    ///< the ending rule of those windows; else longest_match
    friend bool operator==(const codebook_origin&, const codebook_origin&) = default;
};

/// 2^b strings in the order of their bytes, number i the one that codeword i stands for. A text is encoded as the longest of
/// them that it begins with, then the longest that the rest begins with, and so on: with window_strings of a model, these are
/// its windows, bit for bit. Every byte alone is a string, so every text has a code. Immutable: one object serves all
/// threads.
class codebook {
public:
    static constexpr std::size_t max_bytes_a_string = 128;  ///< on average

    /// Throws errc::bad_parameter, with the number of the string for an offset, unless window_bits is 9..20 and there are
    /// 2^window_bits strings in the order of their bytes (equal ones may follow each other; the first is written), of 1 to 16
    /// * window_bits - 1 bytes, with all single bytes among them. Throws errc::too_large if they have more than
    /// max_bytes_a_string bytes on average.
    explicit codebook(unsigned window_bits, const string_list& strings, codebook_origin origin = {})
        : m_window_bits(checked(window_bits, strings)), m_origin(origin), m_fingerprint(fingerprint_of(window_bits, strings)),
          m_table(strings), m_trie(strings) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_window_bits; }
    /// How many strings: 2^window_bits.
    [[nodiscard]] std::size_t size() const noexcept { return m_table.size(); }
    [[nodiscard]] std::span<const std::uint8_t> operator[](std::size_t codeword) const noexcept { return m_table[codeword]; }
    /// Bytes of the longest string.
    [[nodiscard]] std::size_t longest() const noexcept { return m_table.longest(); }
    [[nodiscard]] const codebook_origin& origin() const noexcept { return m_origin; }
    /// Two codebooks with the same fingerprint have the same strings.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return m_fingerprint; }
    /// Bytes of memory that it takes.
    [[nodiscard]] std::size_t memory() const noexcept { return sizeof *this + m_table.memory() + m_trie.memory(); }

    /// The codeword of the longest string that `text` begins with, and that string's length; the text is not empty.
    [[nodiscard]] string_match match(std::span<const std::uint8_t> text) const noexcept { return m_trie.match(text); }

    /// Appends the codewords of `text`. More than one thread is worth it from some megabytes on; the result is the same.
    /// std::uint16_t takes windows of up to 16 bits.
    template <codebook_token Token>
    void encode(std::span<const std::uint8_t> text, std::vector<Token>& tokens, unsigned threads = 1) const {
        EQUINFO_EXPECTS(m_window_bits <= 8 * sizeof(Token) && threads >= 1);
        const greedy_parse parse(m_trie, m_table);
        if (threads == 1 || text.size() / threads < least_piece) {
            parse.append(text, 0, text.size(), tokens);
            return;
        }
        const auto start = [&](std::size_t piece) { return text.size() / threads * piece; };
        std::vector<std::vector<Token>> pieces(threads - 1);
        std::vector<std::exception_ptr> failures(threads - 1);
        std::size_t end = 0;
        {
            std::vector<std::jthread> others;
            for (std::size_t i = 1; i < threads; ++i) {
                const std::size_t stop = i + 1 == threads ? text.size() : start(i + 1);
                others.emplace_back([&, i, stop] {
                    try {
                        parse.append(text, start(i), stop, pieces[i - 1]);
                    } catch (...) {  // no memory
                        failures[i - 1] = std::current_exception();
                    }
                });
            }
            end = parse.append(text, 0, start(1), tokens);
        }
        for (const std::exception_ptr& failure : failures) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        }
        for (std::size_t i = 1; i < threads; ++i) {
            end = parse.join(text, end, tokens, start(i), std::span<const Token>(pieces[i - 1]));
        }
        parse.append(text, end, text.size(), tokens);
    }

    /// Bytes of the text that these codewords stand for. Throws errc::corrupt, with the token's offset in bytes, for a number
    /// that is no codeword.
    template <codebook_token Token>
    [[nodiscard]] std::size_t decoded_size(std::span<const Token> tokens) const {
        std::size_t size = 0;
        for (const Token& token : tokens) {
            if (token >= m_table.size()) {
                detail::throw_error(errc::corrupt, static_cast<std::uint64_t>(&token - tokens.data()) * sizeof(Token),
                                    "token " + std::to_string(token) + " in a code of " + std::to_string(m_table.size()));
            }
            size += m_table.length(token);
        }
        return size;
    }

    /// Appends the text that these codewords stand for, by as many threads; errors as decoded_size, and then nothing is appended.
    template <codebook_token Token>
    void decode(std::span<const Token> tokens, std::vector<std::uint8_t>& text, unsigned threads = 1) const {
        EQUINFO_EXPECTS(threads >= 1);
        const std::size_t begin = text.size();
        const std::size_t size = decoded_size(tokens);
        text.resize(begin + size);
        const std::span room = std::span(text).subspan(begin);
        if (threads == 1 || size / threads < least_piece) {
            static_cast<void>(decode_some(tokens, room));
            return;
        }
        const std::size_t step = tokens.size() / threads;
        std::vector<std::jthread> others;
        std::size_t at = 0;
        for (std::size_t i = 1; i < threads; ++i) {
            const std::span piece = tokens.subspan((i - 1) * step, step);
            const std::size_t bytes = decoded_size(piece);
            others.emplace_back([this, piece, out = room.subspan(at, bytes)] { static_cast<void>(decode_some(piece, out)); });
            at += bytes;
        }
        static_cast<void>(decode_some(tokens.subspan((threads - 1) * step), room.subspan(at)));
    }

    /// How far decode_some came.
    struct decoded {
        std::size_t tokens;
        std::size_t bytes;
    };

    /// Writes the strings of these codewords to `room`: all, or as many as have room, or those before the first number that
    /// is no codeword. No state and no allocation: this is what takes one string out of a column. Fastest where `room` has
    /// longest() + 15 bytes to spare; its bytes behind what is returned may be overwritten.
    template <codebook_token Token>
    [[nodiscard]] decoded decode_some(std::span<const Token> tokens, std::span<std::uint8_t> room) const noexcept {
        std::uint8_t* out = room.data();
        std::size_t i = 0;
        const std::size_t size = m_table.size();
        if (room.size() >= m_table.room_for_any()) {
            const std::uint8_t* const last = room.data() + (room.size() - m_table.room_for_any());
            for (; i < tokens.size() && out <= last && tokens[i] < size; ++i) {
                out = m_table.copy_to(out, tokens[i]);
            }
        }
        for (; i < tokens.size() && tokens[i] < size; ++i) {
            const std::span string = m_table[tokens[i]];
            if (string.size() > room.size() - static_cast<std::size_t>(out - room.data())) {
                break;
            }
            out = std::copy(string.begin(), string.end(), out);
        }
        return {i, static_cast<std::size_t>(out - room.data())};
    }

private:
    static constexpr std::size_t least_piece = std::size_t{1} << 18;  // bytes of text that are worth a thread

    [[nodiscard]] static unsigned checked(unsigned window_bits, const string_list& strings) {
        using detail::throw_error;
        if (window_bits < min_window_bits || window_bits > max_codebook_bits) {
            throw_error(errc::bad_parameter, 0, "codebook of windows of " + std::to_string(window_bits) + " bits");
        }
        if (strings.size() != std::size_t{1} << window_bits) {
            throw_error(errc::bad_parameter, 0, "codebook of " + std::to_string(window_bits) + " bits with " + std::to_string(strings.size()) + " strings");
        }
        if (strings.total_bytes() > max_bytes_a_string * strings.size()) {
            throw_error(errc::too_large, 0, "codebook with " + std::to_string(strings.total_bytes()) + " bytes of strings");
        }
        std::size_t singles = 0;
        for (std::size_t i = 0; i < strings.size(); ++i) {
            const std::span string = strings[i];
            if (string.empty() || string.size() > max_window_symbols(window_bits)) {
                throw_error(errc::bad_parameter, i, "codebook with a string of " + std::to_string(string.size()) + " bytes");
            }
            const std::span before = i == 0 ? string : strings[i - 1];
            if (std::lexicographical_compare(string.begin(), string.end(), before.begin(), before.end())) {
                throw_error(errc::bad_parameter, i, "codebook whose strings are not in the order of their bytes");
            }
            const bool is_new = i == 0 || !std::equal(string.begin(), string.end(), before.begin(), before.end());
            singles += string.size() == 1 && is_new ? 1u : 0u;
        }
        if (singles != 256) {
            throw_error(errc::bad_parameter, strings.size(), "codebook without " + std::to_string(256 - singles) + " of the 256 bytes");
        }
        return window_bits;
    }

    [[nodiscard]] static std::uint64_t fingerprint_of(unsigned window_bits, const string_list& strings) {
        fingerprint_builder builder("codebook");
        builder.add(window_bits);
        for (std::size_t i = 0; i < strings.size(); ++i) {
            builder.add(bytes_of(strings[i]));
        }
        return builder.value();
    }

    unsigned m_window_bits;
    codebook_origin m_origin;
    std::uint64_t m_fingerprint;
    string_table m_table;
    string_trie m_trie;
};

}  // namespace equinfo
