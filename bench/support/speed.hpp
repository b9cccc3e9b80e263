// SPDX-License-Identifier: MIT
// Speeds in powers of 1,000.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

namespace equinfo::bench {

/// Bytes of text that each iteration worked on, as "bytes=1.5M/s": Google Benchmark's own bytes_per_second takes 1,024 for k.
inline void count_bytes(benchmark::State& state, std::size_t bytes) {
    state.counters["bytes"] =
        benchmark::Counter(static_cast<double>(bytes) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace equinfo::bench
