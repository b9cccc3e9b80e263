// SPDX-License-Identifier: MIT
// Speed of windows and of packing them into tokens, with the embedded models of English. Bytes are bytes of text.
//
//   EQUINFO_BENCH_TEXT=novel.txt windows_benchmark --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include "support/speed.hpp"
#include "support/text.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/english.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/m1/model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

std::span<const std::uint8_t> text() {
    const std::vector<std::uint8_t>& all = bench::text();
    return std::span(all).first(std::min<std::size_t>(all.size(), 300000));
}

template <class Ending>
void encode(benchmark::State& state) {
    window_encoder<ngram_model, Ending> encoder(english_model(), static_cast<unsigned>(state.range(0)));
    std::uint64_t windows = 0;
    for (auto _ : state) {
        bit_writer bits;
        encoder.restart();
        windows = encode_windows(encoder, text(), bits);
        benchmark::DoNotOptimize(bits.take().data());
    }
    bench::count_bytes(state, text().size());
    state.counters["bytes_per_window"] = static_cast<double>(text().size()) / static_cast<double>(windows);
}
BENCHMARK(encode<longest_match>)->Name("encode/longest_match")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(encode<self_ending>)->Name("encode/self_ending")->Arg(16)->Arg(64);

template <class Ending>
void decode(benchmark::State& state) {
    const auto window_bits = static_cast<unsigned>(state.range(0));
    window_encoder<ngram_model, Ending> encoder(english_model(), window_bits);
    bit_writer bits;
    const std::uint64_t windows = encode_windows(encoder, text(), bits);
    const std::vector<std::byte> codewords = bits.take();
    window_decoder<ngram_model, Ending> decoder(english_model(), window_bits);
    std::vector<std::uint8_t> out;
    for (auto _ : state) {
        out.clear();
        bit_reader reader(codewords);
        decode_windows(decoder, reader, windows, out);
    }
    if (!std::equal(out.begin(), out.end(), text().begin(), text().end())) {
        state.SkipWithError("decoded something else");
    }
    bench::count_bytes(state, text().size());
}
BENCHMARK(decode<longest_match>)->Name("decode/longest_match")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode<self_ending>)->Name("decode/self_ending")->Arg(16)->Arg(64);

// ---- transformers: ahead of the text and on lanes, beside symbol by symbol ----

/// A transformer that can only be asked for the next symbol.
class stepwise {
public:
    explicit stepwise(const m1_model& model) : m_model(model) {}
    const m1_model::distribution_type& predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) { m_model.update(symbol); }
    void reset() { m_model.reset(); }

private:
    m1_model m_model;
};

template <class Model>
void encode_by(benchmark::State& state, const m1_model& model, std::size_t size) {
    const auto part = text().first(std::min(size, text().size()));
    window_encoder<Model> encoder(Model(model), static_cast<unsigned>(state.range(0)));
    for (auto _ : state) {
        bit_writer bits;
        encode_windows(encoder, part, bits);
        benchmark::DoNotOptimize(bits.take().data());
    }
    bench::count_bytes(state, part.size());
}

template <class MakeDecoder>
void decode_by(benchmark::State& state, const m1_model& model, std::size_t size, const MakeDecoder& make) {
    const auto part = text().first(std::min(size, text().size()));
    const auto window_bits = static_cast<unsigned>(state.range(0));
    window_encoder<m1_model> encoder(model, window_bits);
    bit_writer bits;
    const std::uint64_t windows = encode_windows(encoder, part, bits);
    const std::vector<std::byte> codewords = bits.take();
    auto decoder = make(model, window_bits);
    std::vector<std::uint8_t> out;
    for (auto _ : state) {
        out.clear();
        bit_reader reader(codewords);
        decode_windows(decoder, reader, windows, out);
    }
    if (!std::equal(out.begin(), out.end(), part.begin(), part.end())) {
        state.SkipWithError("decoded something else");
    }
    bench::count_bytes(state, part.size());
}

window_decoder<m1_model> one_by_one(const m1_model& model, unsigned window_bits) { return window_decoder(model, window_bits); }
lane_window_decoder<m1_lanes> on_lanes(const m1_model& model, unsigned window_bits) {
    return lane_window_decoder(model.lanes(affordable_lanes(model, 16)), window_bits);
}

void encode_fast(benchmark::State& state) { encode_by<m1_model>(state, fast_english_model(), 100000); }
void encode_fast_stepwise(benchmark::State& state) { encode_by<stepwise>(state, fast_english_model(), 100000); }
void decode_fast(benchmark::State& state) { decode_by(state, fast_english_model(), 100000, on_lanes); }
void decode_fast_stepwise(benchmark::State& state) { decode_by(state, fast_english_model(), 100000, one_by_one); }
void encode_base(benchmark::State& state) { encode_by<m1_model>(state, base_english_model(), 20000); }
void encode_base_stepwise(benchmark::State& state) { encode_by<stepwise>(state, base_english_model(), 20000); }
void decode_base(benchmark::State& state) { decode_by(state, base_english_model(), 20000, on_lanes); }
void decode_base_stepwise(benchmark::State& state) { decode_by(state, base_english_model(), 20000, one_by_one); }
BENCHMARK(encode_fast)->Name("fast/encode")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(encode_fast_stepwise)->Name("fast/encode_stepwise")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode_fast)->Name("fast/decode")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode_fast_stepwise)->Name("fast/decode_stepwise")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(encode_base)->Name("base/encode")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(encode_base_stepwise)->Name("base/encode_stepwise")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode_base)->Name("base/decode")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode_base_stepwise)->Name("base/decode_stepwise")->Arg(16)->Arg(32)->Arg(64)->Arg(128);

void pack(benchmark::State& state) {
    const token_packer packer(static_cast<unsigned>(state.range(0)));
    const std::span<const std::byte> bits = bytes_of(text());
    std::vector<token> tokens;
    for (auto _ : state) {
        tokens.clear();
        packer.pack_bytes(bits, bits.size() * 8, tokens);
        benchmark::DoNotOptimize(tokens.data());
    }
    bench::count_bytes(state, bits.size());
}
BENCHMARK(pack)->Name("tokens/pack")->Arg(8)->Arg(9)->Arg(16);

}  // namespace
