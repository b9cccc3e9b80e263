// SPDX-License-Identifier: MIT
// Speed of windows and of packing them into tokens, with the embedded model of English. Bytes are bytes of text.
//
//   EQUINFO_BENCH_TEXT=novel.txt windows_benchmark --benchmark_repetitions=9 --benchmark_report_aggregates_only=true
#include "support/text.hpp"

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/english.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
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
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
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
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
}
BENCHMARK(decode<longest_match>)->Name("decode/longest_match")->Arg(16)->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(decode<self_ending>)->Name("decode/self_ending")->Arg(16)->Arg(64);

void pack(benchmark::State& state) {
    const token_packer packer(static_cast<unsigned>(state.range(0)));
    const std::span<const std::byte> bits = bytes_of(text());
    std::vector<token> tokens;
    for (auto _ : state) {
        tokens.clear();
        packer.pack_bytes(bits, bits.size() * 8, tokens);
        benchmark::DoNotOptimize(tokens.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bits.size()));
}
BENCHMARK(pack)->Name("tokens/pack")->Arg(8)->Arg(9)->Arg(16);

}  // namespace
