// SPDX-License-Identifier: MIT
// The one exception type: thrown where outside data enters (files, archives, models), never while coding.
#pragma once

#include <equinfo/config.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace equinfo {

/// What was wrong with the data, so that a program can choose its exit code.
enum class errc {
    io,              ///< the system could not read or write
    truncated,       ///< the data ends too early
    bad_magic,       ///< not a file of this kind
    bad_version,     ///< of this kind, but of a format this version does not know
    bad_checksum,    ///< the bytes are not those that were written
    bad_parameter,   ///< a value outside the documented range
    wrong_model,     ///< written with another model than the one given
    corrupt,         ///< checksums aside, the content contradicts itself
    too_large,       ///< above a documented bound
    token_overflow,  ///< a token id does not fit its type
};

/// Says what was wrong and where. `offset()` counts bytes from the start of the file or buffer.
class error : public std::runtime_error {
public:
    error(errc code, std::uint64_t offset, const std::string& what)
        : std::runtime_error(what + " (at byte " + std::to_string(offset) + ")"), m_code(code), m_offset(offset) {}

    [[nodiscard]] errc code() const noexcept { return m_code; }
    [[nodiscard]] std::uint64_t offset() const noexcept { return m_offset; }

private:
    errc m_code;
    std::uint64_t m_offset;
};

namespace detail {

[[noreturn]] EQUINFO_NOINLINE inline void throw_error(errc code, std::uint64_t offset, const std::string& what) {
    throw error(code, offset, what);
}

}  // namespace detail
}  // namespace equinfo
