// SPDX-License-Identifier: MIT
// Each method as a coder of one type, behind one interface.
#include "paper/methods.hpp"

#include "paper/coders.hpp"

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

#include <array>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace equinfo::bench::paper {
namespace {

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
[[nodiscard]] std::unique_ptr<method> make_padded(std::string name, unsigned token_bits, const padded_params& params,
                                                  std::uint64_t reset, const m1_choice& m1) {
    return m1.visit([&]<class Model>(const Model& model) {
        const seldom_reset<Model> kept(model, reset);
        return pack(std::move(name), token_bits,
                    window_coder(padded_window_encoder(kept, params), padded_window_decoder(kept, params), false));
    });
}

/// `reset` as in make_padded.
[[nodiscard]] std::unique_ptr<method> make_self_ending(std::string name, unsigned token_bits, unsigned window_bits,
                                                       std::uint64_t reset, const m1_choice& m1) {
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

[[nodiscard]] std::unique_ptr<method> make_static(std::string name, unsigned token_bits,
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

[[noreturn]] void refuse_method(std::string_view name) {
    throw std::invalid_argument("there is no method \"" + std::string(name) + "\"; bench/paper/methods.hpp lists them");
}

/// Takes "-every-other" or "-never" from the end; at every how many windows that is, 0 being never.
[[nodiscard]] std::uint64_t takes_reset(std::string_view& kind) {
    for (const auto& [end, windows] : {std::pair<std::string_view, std::uint64_t>{"-every-other", 2}, {"-never", 0}}) {
        if (kind.ends_with(end)) {
            kind.remove_suffix(end.size());
            return windows;
        }
    }
    return 1;
}

/// "padded-16" begins with "padded-", and the rest is a number of bits of a window.
[[nodiscard]] bool takes_bits(std::string_view text, std::string_view before, unsigned& window_bits) {
    if (!text.starts_with(before)) {
        return false;
    }
    text.remove_prefix(before.size());
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), window_bits);
    return fault == std::errc{} && end == text.data() + text.size() && is_valid({window_bits});
}

}  // namespace

std::unique_ptr<method> make_method(std::string_view name, const settings& with) {
    const std::string full(name);
    if (name == "bytes") {
        return pack(full, 8, plain_coder{});
    }
    if (name == "sentencepiece") {
        return std::make_unique<sentencepiece_method>(with.sentencepiece);
    }
    const std::size_t slash = name.find('/');
    std::string_view kind = name.substr(0, slash);
    const std::string_view tokens = slash == std::string_view::npos ? "" : name.substr(slash + 1);
    if (tokens != "256" && tokens != "65k") {
        refuse_method(name);
    }
    const unsigned token_bits = tokens == "256" ? 8 : 16;
    unsigned window_bits = 0;
    if (kind == "static-ac") {
        return make_static(full, token_bits, with.static_text);
    }
    if (kind == "gzip" || kind == "deflate") {
        return pack(full, token_bits, zlib_coder(kind == "gzip"));
    }
    if (kind == "english16") {
        return pack(full, token_bits,
                    window_coder(codebook_encoder(english_codebook()), codebook_decoder(english_codebook())));
    }
    if (with.m1 == nullptr) {
        throw std::invalid_argument("\"" + full + "\" needs an M1");
    }
    if (kind == "ac") {
        return with.m1->visit([&](const auto& model) { return pack(full, token_bits, arithmetic_coder(model)); });
    }
    if (takes_bits(kind, "equal-info-", window_bits) && window_bits >= token_bits) {
        return make_windows<longest_match>(full, token_bits, window_bits, *with.m1);
    }
    const std::uint64_t reset = takes_reset(kind);
    if (takes_bits(kind, "self-ending-", window_bits) && window_bits >= token_bits) {
        return make_self_ending(full, token_bits, window_bits, reset, *with.m1);
    }
    padded_params params;
    if (takes_bits(kind, "padded-enclosed-", window_bits)) {
        params.fit = padded_fit::enclosed;
    } else if (takes_bits(kind, "padded-delay-", window_bits)) {
        params.end = padded_end::delay;
    } else if (takes_bits(kind, "padded-enclosed-delay-", window_bits)) {
        params.fit = padded_fit::enclosed;
        params.end = padded_end::delay;
    } else if (takes_bits(kind, "padded-bytewise-", window_bits)) {
        params.granule = 8;
    } else if (!takes_bits(kind, "padded-", window_bits)) {
        refuse_method(name);
    }
    params.window_bits = window_bits;
    if (window_bits < token_bits || !params.is_valid()) {
        refuse_method(name);
    }
    return make_padded(full, token_bits, params, reset, *with.m1);
}

std::vector<std::string> all_methods() {
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

std::vector<std::span<const std::uint8_t>> examples_of(std::span<const std::uint8_t> text, std::size_t bytes) {
    std::vector<std::span<const std::uint8_t>> examples;
    for (; text.size() >= bytes; text = text.subspan(bytes)) {
        examples.push_back(text.first(bytes));
    }
    return examples;
}

std::vector<std::vector<std::uint32_t>> code_examples(
    const method& by, std::span<const std::span<const std::uint8_t>> examples, unsigned threads) {
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
