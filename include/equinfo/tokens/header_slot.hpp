// SPDX-License-Identifier: MIT
// A header that states the token count: written first where the count is known, or else mended when it is.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo {

/// What a writer must know before the first token.
struct token_file_options {
    token_type type = token_type::uint16;
    /// How many tokens will come, special ids included, if that is known. `.npy` and llm.c state the count in front of
    /// the tokens: on a pipe they need it here, on a file they do without.
    std::optional<std::uint64_t> token_count = {};
};

namespace detail {

/// True if the sink can overwrite what it has written.
template <byte_sink Sink>
[[nodiscard]] bool can_patch(const Sink& sink) {
    if constexpr (patchable_byte_sink<Sink>) {
        return sink.can_patch();
    } else {
        return false;
    }
}

/// The first bytes of a file. Until the count is known they are zeros, so that an unfinished file has no magic number
/// and no reader takes it for an empty one.
template <byte_sink Sink>
class header_slot {
public:
    header_slot(Sink& sink, std::optional<std::uint64_t> token_count, std::string_view file)
        : m_sink(&sink), m_expected(token_count), m_file(file) {}

    /// `make_header(count)` gives the header as bytes of one and the same length for every count.
    template <class MakeHeader>
    void begin(MakeHeader make_header) {
        if (m_expected) {
            m_sink->write(make_header(*m_expected));
        } else if (can_patch(*m_sink)) {
            m_sink->write(std::vector<std::byte>(make_header(std::uint64_t{0}).size()));
        } else {
            throw_error(errc::bad_parameter, 0,
                        std::string(m_file) +
                            " states the number of tokens in front of them, and this output cannot go back: write to a "
                            "file, or state the number beforehand");
        }
    }

    template <class MakeHeader>
    void finish(std::uint64_t count, std::uint64_t position, MakeHeader make_header) {
        if (m_expected) {
            if (*m_expected != count) {
                throw_error(errc::bad_parameter, position,
                            std::string(m_file) + " was begun for " + grouped(*m_expected) + " tokens and got " +
                                grouped(count));
            }
        } else if constexpr (patchable_byte_sink<Sink>) {
            m_sink->patch(0, make_header(count));
        }
    }

private:
    Sink* m_sink;
    std::optional<std::uint64_t> m_expected;
    std::string_view m_file;
};

}  // namespace detail
}  // namespace equinfo
