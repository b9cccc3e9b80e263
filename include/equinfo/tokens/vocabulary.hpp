// SPDX-License-Identifier: MIT
// Token ids: 2^n window tokens, then the special ids, and the smallest integer type that holds them.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace equinfo {

/// One token id in memory. Files may hold it in fewer bytes; see token_type.
using token = std::uint32_t;

/// The integer type of an id in a file. The value is its size in bytes.
enum class token_type : std::uint8_t { uint8 = 1, uint16 = 2, uint32 = 4 };

[[nodiscard]] constexpr unsigned bytes_per_token(token_type type) noexcept { return static_cast<unsigned>(type); }

/// How many ids the type can tell apart: 2^8, 2^16 or 2^32.
[[nodiscard]] constexpr std::uint64_t capacity_of(token_type type) noexcept {
    return std::uint64_t{1} << (8 * bytes_per_token(type));
}

[[nodiscard]] constexpr std::string_view name_of(token_type type) noexcept {
    return type == token_type::uint8 ? "uint8" : type == token_type::uint16 ? "uint16" : "uint32";
}

/// Ids with an agreed meaning, in the order in which they follow the window tokens. A vocabulary with k special ids has
/// the first k of these; further ones are the user's and have a number only.
enum class special_token : std::uint32_t { end_of_document = 0, begin_of_document = 1, pad = 2 };

[[nodiscard]] constexpr std::string_view name_of(special_token which) noexcept {
    switch (which) {
        case special_token::end_of_document:
            return "end_of_document";
        case special_token::begin_of_document:
            return "begin_of_document";
        case special_token::pad:
            return "pad";
    }
    return "special";
}

namespace detail {

/// 65536 as "65,536": ids and counts in messages are read by people.
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t place = digits.size(); place > 3; place -= 3) {
        digits.insert(place - 3, 1, ',');
    }
    return digits;
}

}  // namespace detail

/// Ids 0 .. 2^token_bits - 1 are windows or parts of windows; special ids follow without a gap.
class vocabulary {
public:
    /// @param token_bits     1 .. 32 bits of compressed text in a token.
    /// @param special_count  ids behind the window tokens; the first is end_of_document.
    /// @throws error{bad_parameter} for other token bits, error{token_overflow} if an id would need more than 32 bits.
    explicit vocabulary(unsigned token_bits, std::uint32_t special_count = 1)
        : m_token_bits(token_bits), m_special_count(special_count) {
        if (token_bits < 1 || token_bits > 32) {
            detail::throw_error(errc::bad_parameter, 0, "a token has 1 to 32 bits, not " + std::to_string(token_bits));
        }
        if (size() > capacity_of(token_type::uint32)) {
            detail::throw_error(errc::token_overflow, 0, does_not_fit(token_type::uint32));
        }
    }

    [[nodiscard]] unsigned token_bits() const noexcept { return m_token_bits; }
    [[nodiscard]] std::uint32_t special_count() const noexcept { return m_special_count; }

    /// 2^token_bits.
    [[nodiscard]] std::uint64_t window_token_count() const noexcept { return std::uint64_t{1} << m_token_bits; }

    /// All ids; at most 2^32.
    [[nodiscard]] std::uint64_t size() const noexcept { return window_token_count() + m_special_count; }

    [[nodiscard]] bool contains(std::uint64_t id) const noexcept { return id < size(); }
    [[nodiscard]] bool is_window_token(std::uint64_t id) const noexcept { return id < window_token_count(); }
    [[nodiscard]] bool is_special(std::uint64_t id) const noexcept { return contains(id) && !is_window_token(id); }

    [[nodiscard]] bool has(special_token which) const noexcept {
        return static_cast<std::uint32_t>(which) < m_special_count;
    }

    /// The id of the special number `index`, counted from 0.
    /// @throws error{bad_parameter} if there are not so many.
    [[nodiscard]] token special(std::uint32_t index) const {
        if (index >= m_special_count) {
            detail::throw_error(errc::bad_parameter, 0,
                                "the vocabulary has " + detail::grouped(m_special_count) +
                                    " special ids, none of number " + detail::grouped(index) + " (counted from 0)");
        }
        return static_cast<token>(window_token_count() + index);
    }

    /// As above, by name.
    [[nodiscard]] token special(special_token which) const {
        if (!has(which)) {
            detail::throw_error(errc::bad_parameter, 0,
                                "the vocabulary has no id for " + std::string(name_of(which)) + ": it needs " +
                                    std::to_string(static_cast<std::uint32_t>(which) + 1) + " special ids and has " +
                                    detail::grouped(m_special_count));
        }
        return static_cast<token>(window_token_count() + static_cast<std::uint32_t>(which));
    }

    [[nodiscard]] bool fits(token_type type) const noexcept { return size() <= capacity_of(type); }

    /// The smallest type that holds every id.
    [[nodiscard]] token_type smallest_type() const noexcept {
        return fits(token_type::uint8)    ? token_type::uint8
               : fits(token_type::uint16) ? token_type::uint16
                                          : token_type::uint32;
    }

    /// Returns if every id fits `type`.
    /// @throws error{token_overflow} else, with the way out in the message.
    void require_fits(token_type type) const {
        if (!fits(type)) {
            detail::throw_error(errc::token_overflow, 0, does_not_fit(type));
        }
    }

    friend bool operator==(const vocabulary&, const vocabulary&) = default;

private:
    [[nodiscard]] EQUINFO_NOINLINE std::string does_not_fit(token_type type) const {
        const std::uint64_t capacity = capacity_of(type);
        std::string text = detail::grouped(window_token_count()) + " window tokens and " +
                           detail::grouped(m_special_count) + " special ids are " + detail::grouped(size()) +
                           " ids, and " + std::string(name_of(type)) + " holds " + detail::grouped(capacity);
        if (window_token_count() == capacity && m_special_count != 0) {
            text += ": the window tokens use up the type, and no id is left for " +
                    std::string(name_of(special_token::end_of_document)) + "; do without special ids";
            text += type == token_type::uint32 ? "" : " or take a larger type";
        } else {
            text += type == token_type::uint32 ? "; take fewer" : "; take a larger type";
        }
        return text;
    }

    unsigned m_token_bits;
    std::uint32_t m_special_count;
};

}  // namespace equinfo
