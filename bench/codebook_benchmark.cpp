// SPDX-License-Identifier: MIT
// Speed of codebooks: text to codewords and back, one string at a time, and how long it takes to compile one. Bytes are bytes of text.
//
//   EQUINFO_BENCH_TEXT=novel.txt codebook_benchmark --benchmark_repetitions=7 --benchmark_report_aggregates_only=true
#include "support/speed.hpp"
#include "support/text.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/codebook/string_column.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/english.hpp>
#include <equinfo/english_codebook.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;

std::span<const std::uint8_t> text() { return bench::text(); }

void encode(benchmark::State& state) {
    const auto book = english_codebook();
    std::vector<std::uint16_t> tokens;
    for (auto _ : state) {
        tokens.clear();
        book->encode(text(), tokens, static_cast<unsigned>(state.range(0)));
        benchmark::DoNotOptimize(tokens.data());
    }
    bench::count_bytes(state, text().size());
    state.counters["bytes_per_token"] = static_cast<double>(text().size()) / static_cast<double>(tokens.size());
}
BENCHMARK(encode)->Arg(1)->Arg(2)->UseRealTime();

/// What the walk of a single place costs: the way that texts of a few kilobytes take.
void encode_lines(benchmark::State& state) {
    const auto book = english_codebook();
    std::vector<std::uint16_t> tokens;
    for (auto _ : state) {
        tokens.clear();
        for (std::span rest = text(); !rest.empty();) {
            const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
            const auto line = rest.first(static_cast<std::size_t>(std::min(end + 1, rest.end()) - rest.begin()));
            book->encode(line, tokens);
            rest = rest.subspan(line.size());
        }
        benchmark::DoNotOptimize(tokens.data());
    }
    bench::count_bytes(state, text().size());
}
BENCHMARK(encode_lines);

void decode(benchmark::State& state) {
    const auto book = english_codebook();
    std::vector<std::uint16_t> tokens;
    book->encode(text(), tokens);
    std::vector<std::uint8_t> room(text().size() + book->longest() + 16);
    std::size_t bytes = 0;
    for (auto _ : state) {
        bytes = book->decode_some(std::span<const std::uint16_t>(tokens), std::span(room)).bytes;
        benchmark::ClobberMemory();
    }
    if (bytes != text().size() || !std::equal(text().begin(), text().end(), room.begin())) {
        state.SkipWithError("another text");
    }
    bench::count_bytes(state, text().size());
}
BENCHMARK(decode);

/// Lines of the text in random order, each by itself.
void read_random_line(benchmark::State& state) {
    string_column column(english_codebook());
    std::size_t bytes = 0;
    for (std::span rest = text(); !rest.empty();) {
        const auto end = std::find(rest.begin(), rest.end(), std::uint8_t{'\n'});
        const auto length = static_cast<std::size_t>(end - rest.begin());
        column.push_back(rest.first(length));
        bytes += length;
        rest = rest.subspan(std::min(length + 1, rest.size()));
    }
    std::vector<std::uint8_t> room(std::size_t{1} << 20);
    std::uint64_t random = 1;
    std::size_t read = 0;
    for (auto _ : state) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        read += column.read(static_cast<std::size_t>((random >> 33) % column.size()), room);
        benchmark::ClobberMemory();
    }
    benchmark::DoNotOptimize(read);
    state.counters["bytes_per_line"] = static_cast<double>(bytes) / static_cast<double>(column.size());
    state.counters["ratio"] = static_cast<double>(bytes) / static_cast<double>(column.memory());
}
BENCHMARK(read_random_line);

template <class Model>
void compile(benchmark::State& state, Model (*make)()) {
    const Model model = make();
    for (auto _ : state) {
        const codebook book = compile_codebook(model, static_cast<unsigned>(state.range(0)), static_cast<unsigned>(state.range(1)));
        benchmark::DoNotOptimize(book.size());
    }
}
BENCHMARK_CAPTURE(compile, english, english_model)->Args({16, 1})->Args({16, 2})->Args({20, 1})->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(compile, fast, fast_english_model)->Args({16, 1})->Args({16, 2})->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(compile, base, base_english_model)->Args({16, 1})->Args({16, 2})->Unit(benchmark::kMillisecond)->UseRealTime();

/// Windows too long for a table: by the model, and with the likely beginnings compiled.
template <class Encoder>
void encode_windows_of(benchmark::State& state, Encoder encoder) {
    const std::span part = text().first(std::min<std::size_t>(text().size(), 300000));
    for (auto _ : state) {
        bit_writer bits;
        encode_windows(encoder, part, bits);
        benchmark::DoNotOptimize(bits.take().data());
    }
    bench::count_bytes(state, part.size());
}
void by_model(benchmark::State& state) {
    encode_windows_of(state, window_encoder(english_model(), static_cast<unsigned>(state.range(0))));
}
void by_top(benchmark::State& state) {
    const auto bits = static_cast<unsigned>(state.range(0));
    encode_windows_of(state, top_window_encoder<ngram_model>(english_model(), std::make_shared<const window_top>(compile_window_top(english_model(), bits))));
}
BENCHMARK(by_model)->Arg(16)->Arg(24)->Arg(32)->Arg(64);
BENCHMARK(by_top)->Arg(16)->Arg(24)->Arg(32)->Arg(64);

}  // namespace
