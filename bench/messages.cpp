// SPDX-License-Identifier: MIT
// Short messages: 2,000 pieces of 100 to 200 bytes of a text, each compressed by itself, everything counted.
//
//   messages TEXT...        prints a table: bits a byte for each text and way
#include "support/text.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/english.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/context_model.hpp>

#ifdef EQUINFO_BENCH_ZLIB
#include <zlib.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;

/// The places are drawn by a linear congruential generator, so that every run takes the same.
std::vector<std::span<const std::uint8_t>> pieces_of(std::span<const std::uint8_t> text) {
    std::vector<std::span<const std::uint8_t>> pieces;
    std::uint64_t state = 1;
    const auto draw = [&state](std::uint64_t bound) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % bound;
    };
    while (pieces.size() < 2000) {
        const auto length = static_cast<std::size_t>(100 + draw(101));
        const auto at = static_cast<std::size_t>(draw(text.size() - length));
        pieces.push_back(text.subspan(at, length));
    }
    return pieces;
}

struct sizes {
    double text = 0;
    double coded = 0;
    [[nodiscard]] double bits_per_byte() const { return 8 * coded / text; }
};

template <class Compress>
void row(std::string_view name, const std::vector<std::span<const std::uint8_t>>& pieces, Compress compress_one) {
    sizes sum;
    for (const auto piece : pieces) {
        sum.text += static_cast<double>(piece.size());
        sum.coded += static_cast<double>(compress_one(piece));
    }
    std::printf("| %-28.*s | %6.3f |\n", static_cast<int>(name.size()), name.data(), sum.bits_per_byte());
}

template <class Model>
std::size_t checked(Model& model, std::span<const std::uint8_t> piece) {
    const std::vector<std::byte> message = compress(piece, model);
    if (decompress(message, model) != string_of(piece)) {
        std::fprintf(stderr, "a message came back otherwise\n");
        std::exit(1);
    }
    return message.size();
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::vector<std::uint8_t> text = bench::read_file(argv[i]);
        if (text.size() < 1000) {
            continue;
        }
        const auto pieces = pieces_of(text);
        std::printf("\n%s\n\n| %-28s | bits/byte |\n|---|---|\n", argv[i], "2,000 messages of 100-200 B");
        auto english = english_model();
        row("english", pieces, [&](auto piece) { return checked(english, piece); });
        auto base = base_english_model();
        row("base", pieces, [&](auto piece) { return checked(base, piece); });
        auto fast = fast_english_model();
        row("fast", pieces, [&](auto piece) { return checked(fast, piece); });
        primed_context_model<ngram_model> primed(english_model(), context_model_options::for_size(200));
        row("primed context", pieces, [&](auto piece) { return checked(primed, piece); });
        context_model context{context_model_options::for_size(200)};
        row("context", pieces, [&](auto piece) { return checked(context, piece); });
        adaptive_model order0;
        row("order-0", pieces, [&](auto piece) { return checked(order0, piece); });
#ifdef EQUINFO_BENCH_ZLIB
        row("raw deflate (zlib, level 9)", pieces, [](auto piece) {
            z_stream stream{};
            deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
            std::vector<Bytef> out(deflateBound(&stream, piece.size()));
            stream.next_in = const_cast<Bytef*>(piece.data());
            stream.avail_in = static_cast<uInt>(piece.size());
            stream.next_out = out.data();
            stream.avail_out = static_cast<uInt>(out.size());
            deflate(&stream, Z_FINISH);
            const auto size = static_cast<std::size_t>(stream.total_out);
            deflateEnd(&stream);
            return size;
        });
#endif
    }
}
