// SPDX-License-Identifier: MIT
// A probability model chosen at run time: all that the program does with one, behind one virtual call a file or a
// piece.
#pragma once

#include "io.hpp"
#include "watched_model.hpp"

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/codebook.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// Where a window ends (docs/design.md).
enum class ending_rule { longest_match, self_ending };

/// As side records have it.
[[nodiscard]] constexpr std::string_view name_of(ending_rule rule) noexcept {
    return rule == ending_rule::longest_match ? "longest_match" : "self_ending";
}

/// With "-" or "_" between the words.
[[nodiscard]] inline std::optional<ending_rule> ending_rule_named(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    for (const ending_rule rule : {ending_rule::longest_match, ending_rule::self_ending}) {
        if (name_of(rule) == name) {
            return rule;
        }
    }
    return std::nullopt;
}

/// Text into windows and back. Every window starts with a fresh model, so each can be decoded alone. Not for several
/// threads at once.
class window_coder {
public:
    virtual ~window_coder() = default;

    /// Appends the windows of `text`, and to `lengths`, if given, how many bytes each holds. Says how many windows.
    virtual std::uint64_t encode(std::span<const std::uint8_t> text, equinfo::bit_writer& bits,
                                 std::vector<std::uint32_t>* lengths = nullptr) = 0;

    /// Appends the text of the next `count` windows.
    virtual void decode(equinfo::bit_reader& bits, std::uint64_t count, std::vector<std::uint8_t>& text) = 0;
};

/// What a text takes as a message, or its lines as one each.
struct message_size {
    std::uint64_t bits = 0;
    double encode_seconds = 0;  ///< thread CPU time
    double decode_seconds = 0;
    bool came_back = false;  ///< decoding gave the text again
};

using damage_handler = std::function<void(const equinfo::archive_damage&)>;

/// What makes windows: a model or a codebook. Const functions may run in several threads at once.
class window_code {
public:
    virtual ~window_code() = default;

    /// What archives and side records call it.
    [[nodiscard]] virtual const std::string& name() const = 0;
    [[nodiscard]] virtual std::uint64_t fingerprint() const = 0;
    /// The size that all its windows have; nothing: any.
    [[nodiscard]] virtual std::optional<unsigned> only_window_bits() const { return std::nullopt; }
    /// With only_window_bits, these bits, and longest_match.
    [[nodiscard]] virtual std::unique_ptr<window_coder> windows(ending_rule rule, unsigned window_bits) const = 0;
};

/// A named model.
class codec : public window_code {
public:
    /// All its windows of 9 to 20 bits as a table; null for a model that learns.
    [[nodiscard]] virtual std::shared_ptr<const equinfo::codebook> compile(ending_rule rule, unsigned window_bits, unsigned threads) const = 0;

    /// Bytes of text in the blocks of an archive, where the user does not say.
    [[nodiscard]] virtual std::uint32_t block_size() const = 0;

    virtual equinfo::archive_summary compress(source& in, sink_reference out, std::uint32_t block_size,
                                              unsigned threads, const text_progress& progress) const = 0;
    virtual equinfo::archive_summary extract(source& in, const equinfo::archive_header& header, sink_reference out,
                                             unsigned threads, const text_progress& progress,
                                             const damage_handler& on_damage) const = 0;
    [[nodiscard]] virtual message_size measure(std::span<const std::uint8_t> text) const = 0;
    /// What the lines take that each is compressed alone, headers included; line ends do not count.
    [[nodiscard]] virtual message_size measure_lines(std::span<const std::span<const std::uint8_t>> lines) const = 0;
};

}  // namespace program
