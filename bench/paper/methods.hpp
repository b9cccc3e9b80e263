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

#include "paper/coders.hpp"
#include "paper/m1_choice.hpp"
#include "paper/method.hpp"
#include "paper/sentencepiece.hpp"

#include <equinfo/codebook/codebook_windows.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/english.hpp>
#include <equinfo/english_codebook.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/params.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
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

namespace detail {

template <class Coder>
[[nodiscard]] std::unique_ptr<method> pack(std::string name, unsigned token_bits, Coder coder) {
    return std::make_unique<packed_method<Coder>>(std::move(name), token_bits, std::move(coder));
}

/// Windows of this library's rules, by tables as far as they go: the same bits, faster.
template <class Ending>
[[nodiscard]] std::unique_ptr<method> make_windows(std::string name, unsigned token_bits, unsigned window_bits,
                                                   const m1_choice& m1) {
    constexpr unsigned most_with_top = 24;  // above it the compiled beginnings gain nothing
    if (window_bits <= max_codebook_bits) {
        if (const auto book = m1.table<Ending>(window_bits)) {
            return pack(std::move(name), token_bits, window_coder(codebook_encoder(book), codebook_decoder(book)));
        }
    }
    return m1.visit([&]<class Model>(const Model& model) {
        if (window_bits > max_codebook_bits && window_bits <= most_with_top) {
            const auto top = m1.top<Ending>(window_bits);
            return pack(std::move(name), token_bits,
                        window_coder(top_window_encoder<Model, Ending>(model, top),
                                     top_window_decoder<Model, Ending>(model, top)));
        }
        return pack(std::move(name), token_bits,
                    window_coder(window_encoder<Model, Ending>(model, window_bits),
                                 window_decoder<Model, Ending>(model, window_bits)));
    });
}

/// `reset`: at every so many windows; 0: never.
[[nodiscard]] inline std::unique_ptr<method> make_padded(std::string name, unsigned token_bits,
                                                         const padded_params& params, std::uint64_t reset,
                                                         const m1_choice& m1) {
    return m1.visit([&]<class Model>(const Model& model) {
        const seldom_reset<Model> kept(model, reset);
        return pack(std::move(name), token_bits,
                    window_coder(padded_window_encoder(kept, params), padded_window_decoder(kept, params), false));
    });
}

/// `reset` as in make_padded.
[[nodiscard]] inline std::unique_ptr<method> make_self_ending(std::string name, unsigned token_bits,
                                                              unsigned window_bits, std::uint64_t reset,
                                                              const m1_choice& m1) {
    if (reset == 1) {
        return make_windows<self_ending>(std::move(name), token_bits, window_bits, m1);
    }
    // Before the first window, and then at none: never.
    const reset_every policy{reset == 0 ? ~std::uint64_t{0} : reset};
    return m1.visit([&]<class Model>(const Model& model) {
        return pack(std::move(name), token_bits,
                    window_coder(window_encoder<Model, self_ending, reset_every>(model, window_bits, policy),
                                 window_decoder<Model, self_ending, reset_every>(model, window_bits, policy)));
    });
}

[[nodiscard]] inline std::unique_ptr<method> make_static(std::string name, unsigned token_bits,
                                                         std::span<const std::uint8_t> text) {
    using model = static_model<ngram_precision>;
    if (!text.empty()) {
        return pack(std::move(name), token_bits, arithmetic_coder(model::from_text(text)));
    }
    std::array<frequency, 256> frequencies{};
    ngram_model english = english_model();
    list_frequencies(english.predict(), frequencies);
    return pack(std::move(name), token_bits,
                arithmetic_coder(model(frequency_table<ngram_precision>::from_frequencies(frequencies))));
}

[[noreturn]] inline void refuse_method(std::string_view name) {
    throw std::invalid_argument("there is no method \"" + std::string(name) + "\"; bench/paper/methods.hpp lists them");
}

/// Takes "-every-other" or "-never" from the end; at every how many windows that is, 0 being never.
[[nodiscard]] inline std::uint64_t takes_reset(std::string_view& kind) {
    for (const auto& [end, windows] : {std::pair<std::string_view, std::uint64_t>{"-every-other", 2}, {"-never", 0}}) {
        if (kind.ends_with(end)) {
            kind.remove_suffix(end.size());
            return windows;
        }
    }
    return 1;
}

/// "padded-16" begins with "padded-", and the rest is a number of bits of a window.
[[nodiscard]] inline bool takes_bits(std::string_view text, std::string_view before, unsigned& window_bits) {
    if (!text.starts_with(before)) {
        return false;
    }
    text.remove_prefix(before.size());
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), window_bits);
    return fault == std::errc{} && end == text.data() + text.size() && is_valid({window_bits});
}

}  // namespace detail

/// The method of that name. @throws std::invalid_argument for a name that is none, std::runtime_error for
/// "sentencepiece" without its model
[[nodiscard]] inline std::unique_ptr<method> make_method(std::string_view name, const settings& with) {
    const std::string full(name);
    if (name == "bytes") {
        return detail::pack(full, 8, plain_coder{});
    }
    if (name == "sentencepiece") {
        return std::make_unique<sentencepiece_method>(with.sentencepiece);
    }
    const std::size_t slash = name.find('/');
    std::string_view kind = name.substr(0, slash);
    const std::string_view tokens = slash == std::string_view::npos ? "" : name.substr(slash + 1);
    if (tokens != "256" && tokens != "65k") {
        detail::refuse_method(name);
    }
    const unsigned token_bits = tokens == "256" ? 8 : 16;
    unsigned window_bits = 0;
    if (kind == "static-ac") {
        return detail::make_static(full, token_bits, with.static_text);
    }
    if (kind == "gzip" || kind == "deflate") {
        return detail::pack(full, token_bits, zlib_coder(kind == "gzip"));
    }
    if (kind == "english16") {
        return detail::pack(full, token_bits,
                            window_coder(codebook_encoder(english_codebook()), codebook_decoder(english_codebook())));
    }
    if (with.m1 == nullptr) {
        throw std::invalid_argument("\"" + full + "\" needs an M1");
    }
    if (kind == "ac") {
        return with.m1->visit(
            [&](const auto& model) { return detail::pack(full, token_bits, arithmetic_coder(model)); });
    }
    if (detail::takes_bits(kind, "equal-info-", window_bits) && window_bits >= token_bits) {
        return detail::make_windows<longest_match>(full, token_bits, window_bits, *with.m1);
    }
    const std::uint64_t reset = detail::takes_reset(kind);
    if (detail::takes_bits(kind, "self-ending-", window_bits) && window_bits >= token_bits) {
        return detail::make_self_ending(full, token_bits, window_bits, reset, *with.m1);
    }
    padded_params params;
    if (detail::takes_bits(kind, "padded-enclosed-", window_bits)) {
        params.fit = padded_fit::enclosed;
    } else if (detail::takes_bits(kind, "padded-delay-", window_bits)) {
        params.end = padded_end::delay;
    } else if (detail::takes_bits(kind, "padded-enclosed-delay-", window_bits)) {
        params.fit = padded_fit::enclosed;
        params.end = padded_end::delay;
    } else if (detail::takes_bits(kind, "padded-bytewise-", window_bits)) {
        params.granule = 8;
    } else if (!detail::takes_bits(kind, "padded-", window_bits)) {
        detail::refuse_method(name);
    }
    params.window_bits = window_bits;
    if (window_bits < token_bits || !params.is_valid()) {
        detail::refuse_method(name);
    }
    return detail::make_padded(full, token_bits, params, reset, *with.m1);
}

/// All that the tables have rows for, in the paper's order: those without windows, then by window size; 256 before 65k.
[[nodiscard]] inline std::vector<std::string> all_methods() {
    std::vector<std::string> names{"bytes", "sentencepiece"};
    const auto add = [&](const std::string& kind) {
        names.push_back(kind + "/256");
        names.push_back(kind + "/65k");
    };
    for (const char* kind : {"ac", "static-ac", "gzip", "deflate"}) {
        add(kind);
    }
    for (const char* bits : {"16", "24", "32", "64", "128"}) {
        add(std::string("equal-info-") + bits);
        add(std::string("padded-") + bits);
    }
    for (const char* kind : {"self-ending-16", "padded-enclosed-16", "padded-delay-16", "padded-bytewise-16", "english16"}) {
        add(kind);
    }
    return names;
}

/// The example size of the paper's section 3.3, in bytes.
inline constexpr std::size_t example_bytes = 10240;

/// `text` cut into pieces of `bytes` bytes; what is left at the end is left out.
[[nodiscard]] inline std::vector<std::span<const std::uint8_t>> examples_of(std::span<const std::uint8_t> text,
                                                                            std::size_t bytes = example_bytes) {
    std::vector<std::span<const std::uint8_t>> examples;
    for (; text.size() >= bytes; text = text.subspan(bytes)) {
        examples.push_back(text.first(bytes));
    }
    return examples;
}

/// The ids of each example, worked on by as many threads; the result does not depend on how many.
[[nodiscard]] inline std::vector<std::vector<std::uint32_t>> code_examples(
    const method& by, std::span<const std::span<const std::uint8_t>> examples, unsigned threads = 1) {
    std::vector<std::vector<std::uint32_t>> ids(examples.size());
    const auto work = [&](std::size_t first) {
        const std::unique_ptr<method> own = by.clone();
        for (std::size_t i = first; i < examples.size(); i += threads) {
            ids[i] = own->code(examples[i]);
        }
    };
    std::vector<std::jthread> others;
    for (std::size_t first = 1; first < threads; ++first) {
        others.emplace_back(work, first);
    }
    work(0);
    others.clear();  // waits for them
    return ids;
}

}  // namespace equinfo::bench::paper
