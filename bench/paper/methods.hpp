// SPDX-License-Identifier: MIT
// The ways from text to tokens that the paper compares (Lester et al. 2024, section 3), and this library's own, by
// name.
//
//   bytes                    the text itself
//   sentencepiece            subwords of a unigram model, needs its file
//   ac/V                     arithmetic coding with M1, one message an example
//   static-ac/V              the same with one fixed distribution of bytes
//   equal-info-B/V           windows of B bits by this library's rule longest_match: uniquely decodable
//   self-ending-B/V          windows by its rule self_ending: uniquely decodable
//   padded-B/V               the paper's windows, "fits" taken as a point (windows/padded_window.hpp): NOT uniquely
//                            decodable
//   padded-enclosed-B/V      the same, "fits" taken as an enclosed interval
//   padded-delay-B/V         the paper's variant of appendix A.5, by the point
//   padded-enclosed-delay-B/V   the same by the interval
//   padded-bytewise-B/V      like padded-B, but its codewords are named in whole bytes
//   gzip/V                   zlib's stream with header and checksum
//   deflate/V                the same without
//   english16/V              the built-in codebook of 16 bits
//
// B is 9 to 128; V is 256 or 65k: the bits are cut into tokens of 8 or 16 bits. M1 is reset at every window, or, for
// padded-... and self-ending-... with "-every-other" or "-never" behind B, that often (appendix A.2).
#pragma once

#include "paper/m1_choice.hpp"
#include "paper/method.hpp"
#include "paper/sentencepiece.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo::bench::paper {

/// What the methods are made with.
struct settings {
    std::shared_ptr<const m1_choice> m1;
    /// Text that static-ac counts bytes in. Empty: the distribution that the built-in n-gram model has before the first
    /// byte, which is that of the bytes of its training text.
    std::vector<std::uint8_t> static_text{};
    /// For sentencepiece, which is left out without.
    std::shared_ptr<const sentencepiece_model> sentencepiece{};
};

/// The method of that name. @throws std::invalid_argument for a name that is none, std::runtime_error for
/// "sentencepiece" without its model
[[nodiscard]] std::unique_ptr<method> make_method(std::string_view name, const settings& with);

/// All that the tables have rows for, in the paper's order: those without windows, then by window size; 256 before 65k.
[[nodiscard]] std::vector<std::string> all_methods();

/// The example size of the paper's section 3.3, in bytes.
inline constexpr std::size_t example_bytes = 10240;

/// `text` cut into pieces of `bytes` bytes; what is left at the end is left out.
[[nodiscard]] std::vector<std::span<const std::uint8_t>> examples_of(std::span<const std::uint8_t> text,
                                                                     std::size_t bytes = example_bytes);

/// The ids of each example, worked on by as many threads; the result does not depend on how many.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> code_examples(
    const method& by, std::span<const std::span<const std::uint8_t>> examples, unsigned threads = 1);

}  // namespace equinfo::bench::paper
