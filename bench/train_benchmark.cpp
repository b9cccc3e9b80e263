// SPDX-License-Identifier: MIT
// Speed of training on one core: whole steps of each preset, by exact and by fast products.
//
//   train_benchmark --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// The text is random, which costs as much as any. Compile it for the processor at hand: all but the products depends on that.
#include "support/speed.hpp"

#include <equinfo/train/presets.hpp>
#include <equinfo/train/sampler.hpp>
#include <equinfo/train/trainer.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace equinfo;

void steps(benchmark::State& state, const m1_shape& shape, train::arithmetic products) {
    train::training_options options;
    options.products = products;
    train::trainer training(shape, options);
    train::random_numbers random(1);
    std::vector<std::uint8_t> text(std::size_t{1} << 20);
    for (std::uint8_t& each : text) {
        each = static_cast<std::uint8_t>('a' + random.below(random.below(26) + 1));
    }
    const train::sampler texts({text}, train::trainer::length_for(shape));
    benchmark::DoNotOptimize(training.step(texts, 0));  // memory is taken once
    for (auto _ : state) {
        benchmark::DoNotOptimize(training.step(texts, 0));
    }
    bench::count_bytes(state, options.batch);
}

void fast_preset_by_fast_products(benchmark::State& state) { steps(state, train::fast_preset(), train::arithmetic::fast); }
void fast_preset_by_exact_products(benchmark::State& state) { steps(state, train::fast_preset(), train::arithmetic::exact); }
void base_preset_by_fast_products(benchmark::State& state) { steps(state, train::base_preset(), train::arithmetic::fast); }
void fast_preset_gated_by_fast_products(benchmark::State& state) {
    steps(state, train::with_feed(train::fast_preset(), m1_feed::gated), train::arithmetic::fast);
}
void fast_preset_swiglu_by_fast_products(benchmark::State& state) {
    steps(state, train::with_feed(train::fast_preset(), m1_feed::swiglu), train::arithmetic::fast);
}
BENCHMARK(fast_preset_by_fast_products)->Unit(benchmark::kMillisecond);
BENCHMARK(fast_preset_gated_by_fast_products)->Unit(benchmark::kMillisecond);
BENCHMARK(fast_preset_swiglu_by_fast_products)->Unit(benchmark::kMillisecond);
BENCHMARK(fast_preset_by_exact_products)->Unit(benchmark::kMillisecond);
BENCHMARK(base_preset_by_fast_products)->Unit(benchmark::kMillisecond);

}  // namespace
