// SPDX-License-Identifier: MIT
// Speed and overhead of the range coder on the order-0 statistics of a text, with a distribution that the coder meets
// as if for the first time at every symbol, as it comes from a model that predicts anew. Beside it: rANS, which can
// search alike, or use a table, which a new distribution would not allow.
//
//   EQUINFO_BENCH_TEXT=dickens coding_benchmark --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include "support/rans.hpp"
#include "support/speed.hpp"
#include "support/text.hpp"

#include <equinfo/coding/interleaved.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/static_model.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace equinfo;

constexpr unsigned precision = 24;
using table = frequency_table<precision>;

const table& order0() {
    static const table t = static_model<precision>::from_text(bench::text()).predict();
    return t;
}

/// A table that the optimiser knows nothing of: neither its address nor whether it is the one of the last symbol.
const table& fresh(const table& t) {
    const table* p = &t;
    asm volatile("" : "+r"(p));
    return *p;
}

/// Bits that the text's order-0 statistics ask for (unquantised), and how much more `bytes` are.
void report(benchmark::State& state, std::size_t bytes) {
    const auto& text = bench::text();
    std::array<std::size_t, 256> counts{};
    for (const std::uint8_t symbol : text) {
        ++counts[symbol];
    }
    double bits = 0;
    for (const std::size_t count : counts) {
        if (count != 0) {
            bits -= static_cast<double>(count) * std::log2(static_cast<double>(count) / static_cast<double>(text.size()));
        }
    }
    bench::count_bytes(state, text.size());
    state.counters["bits_per_byte"] = 8.0 * static_cast<double>(bytes) / static_cast<double>(text.size());
    state.counters["over_entropy_%"] = (8.0 * static_cast<double>(bytes) - bits) / bits * 100;
}

std::vector<std::byte> encoded() {
    range_encoder encoder;
    for (const std::uint8_t symbol : bench::text()) {
        encoder.encode(order0().range_of(symbol), precision);
    }
    encoder.finish();
    return encoder.take();
}

void range_encode(benchmark::State& state) {
    const table& t = order0();
    range_encoder encoder;
    for (auto _ : state) {
        encoder.clear();
        for (const std::uint8_t symbol : bench::text()) {
            encoder.encode(fresh(t).range_of(symbol), precision);
        }
        encoder.finish();
        benchmark::DoNotOptimize(encoder.bytes().data());
    }
    report(state, encoder.bytes().size());
}
BENCHMARK(range_encode)->Name("encode/range_coder")->Unit(benchmark::kMillisecond);

void range_decode(benchmark::State& state) {
    const table& t = order0();
    const std::vector<std::byte> bytes = encoded();
    std::vector<std::uint8_t> out(bench::text().size());
    for (auto _ : state) {
        range_decoder decoder(bytes);
        for (std::uint8_t& symbol : out) {
            const auto found = fresh(t).locate(decoder.point(precision));
            decoder.advance(found.range, precision);
            symbol = found.symbol;
        }
        benchmark::DoNotOptimize(out.data());
    }
    if (out != bench::text()) {
        state.SkipWithError("decoded something else");
    }
    report(state, bytes.size());
}
BENCHMARK(range_decode)->Name("decode/range_coder/search")->Unit(benchmark::kMillisecond);

template <std::size_t Lanes>
void interleaved_decode(benchmark::State& state) {
    const table& t = order0();
    interleaved_encoder<Lanes> encoder;
    for (const std::uint8_t symbol : bench::text()) {
        encoder.encode(t.range_of(symbol), precision);
    }
    encoder.finish();
    std::array<std::span<const std::byte>, Lanes> lanes;
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
        lanes[lane] = encoder.bytes(lane);
    }
    std::vector<std::uint8_t> out(bench::text().size());
    for (auto _ : state) {
        interleaved_decoder<Lanes> decoder(lanes);
        decoder.template decode<precision>(std::span(out), [&t](frequency point) { return fresh(t).locate_in_turn(point); });
        benchmark::DoNotOptimize(out.data());
    }
    if (out != bench::text()) {
        state.SkipWithError("decoded something else");
    }
    report(state, static_cast<std::size_t>(encoder.bit_count() / 8));
}
BENCHMARK(interleaved_decode<2>)->Name("decode/range_coder/search/lanes:2")->Unit(benchmark::kMillisecond);
BENCHMARK(interleaved_decode<4>)->Name("decode/range_coder/search/lanes:4")->Unit(benchmark::kMillisecond);
BENCHMARK(interleaved_decode<8>)->Name("decode/range_coder/search/lanes:8")->Unit(benchmark::kMillisecond);

std::vector<std::uint32_t> rans_encoded() {
    bench::rans_encoder encoder;
    for (std::size_t i = bench::text().size(); i-- != 0;) {
        encoder.encode(fresh(order0()).range_of(bench::text()[i]), precision);
    }
    return encoder.finish();
}

void rans_encode(benchmark::State& state) {
    std::size_t words = 0;
    for (auto _ : state) {
        words = rans_encoded().size();
    }
    report(state, 4 * words);
}
BENCHMARK(rans_encode)->Name("encode/rans64")->Unit(benchmark::kMillisecond);

void rans_decode_search(benchmark::State& state) {
    const table& t = order0();
    const std::vector<std::uint32_t> words = rans_encoded();
    std::vector<std::uint8_t> out(bench::text().size());
    for (auto _ : state) {
        bench::rans_decoder decoder(words);
        for (std::uint8_t& symbol : out) {
            const table& now = fresh(t);
            symbol = bench::binary_search(now.cumulative(), decoder.point(precision));
            decoder.advance(now.range_of(symbol), precision);
        }
        benchmark::DoNotOptimize(out.data());
    }
    if (out != bench::text()) {
        state.SkipWithError("decoded something else");
    }
    report(state, 4 * words.size());
}
BENCHMARK(rans_decode_search)->Name("decode/rans64/binary_search")->Unit(benchmark::kMillisecond);

/// What a table buys where the distribution stays the same for the whole text: at 14 bits, the precision it is used with.
void rans_decode_table(benchmark::State& state) {
    constexpr unsigned table_precision = 14;
    const auto t = static_model<table_precision>::from_text(bench::text()).predict();
    bench::rans_encoder encoder;
    for (std::size_t i = bench::text().size(); i-- != 0;) {
        encoder.encode(t.range_of(bench::text()[i]), table_precision);
    }
    const std::vector<std::uint32_t> words = encoder.finish();
    std::vector<std::uint8_t> symbol_at(std::size_t{1} << table_precision);
    for (frequency point = 0; point < symbol_at.size(); ++point) {
        symbol_at[point] = t.locate(point).symbol;
    }
    std::vector<std::uint8_t> out(bench::text().size());
    for (auto _ : state) {
        bench::rans_decoder decoder(words);
        for (std::uint8_t& symbol : out) {
            symbol = symbol_at[decoder.point(table_precision)];
            decoder.advance(t.range_of(symbol), table_precision);
        }
        benchmark::DoNotOptimize(out.data());
    }
    if (out != bench::text()) {
        state.SkipWithError("decoded something else");
    }
    report(state, 4 * words.size());
}
BENCHMARK(rans_decode_table)->Name("decode/rans64/table_of_14_bits")->Unit(benchmark::kMillisecond);

void quantise_floats(benchmark::State& state) {
    std::array<float, 256> weights{};
    for (std::size_t s = 0; s < 256; ++s) {
        weights[s] = static_cast<float>(order0().range_of(static_cast<std::uint8_t>(s)).freq) / 65536.0F;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(weights.data());
        auto t = quantise<20>(std::span<const float, 256>(weights));
        benchmark::DoNotOptimize(t);
    }
}
BENCHMARK(quantise_floats)->Name("quantise/256_floats");

}  // namespace
