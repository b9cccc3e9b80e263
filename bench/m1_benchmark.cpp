// SPDX-License-Identifier: MIT
// Speed of the integer transformer with random weights: whole steps in each way of feeding, and where their time goes.
//
//   m1_benchmark --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// EQUINFO_BENCH_INSTRUCTIONS names an instruction set (sse2, avx2, ...) instead of the fastest that there is.
#include "support/speed.hpp"

#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/m1.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/sequence.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;

instruction_set chosen_set() {
    const char* const name = std::getenv("EQUINFO_BENCH_INSTRUCTIONS");
    if (name == nullptr) {
        return best_instruction_set();
    }
    for (int i = 0; i <= static_cast<int>(instruction_set::neon_dotprod); ++i) {
        const auto set = static_cast<instruction_set>(i);
        if (std::string_view(name) == name_of(set) && is_available(set)) {
            return set;
        }
    }
    std::fprintf(stderr, "EQUINFO_BENCH_INSTRUCTIONS: %s is no instruction set that there is here\n", name);
    std::exit(2);
}

std::uint64_t next_random() {
    static std::uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

/// Tables of 5.5 MB: what small models lean on.
std::vector<m1_table_shape> all_tables() {
    using enum m1_table_kind;
    return {{bytes, 2, 14}, {bytes, 3, 16}, {bytes, 4, 16}, {bytes, 5, 16}, {bytes, 6, 15}, {words, 1, 15}, {words, 2, 16}};
}

m1_shape fast_shape() {  // 0.41 M weights in products
    m1_shape shape;
    shape.columns = 32;
    shape.table_bits = 4;
    shape.tables = all_tables();
    return shape;
}

m1_shape base_shape(std::size_t context) {  // 2.88 M
    m1_shape shape = fast_shape();
    shape.width = 256;
    shape.layers = 4;
    shape.head_width = 64;
    shape.hidden = 1024;
    shape.context = context;
    return shape;
}

/// Attention that sees so far in the last layer alone, and 128 positions in all others.
m1_shape last_alone(m1_shape shape) {
    shape.contexts.assign(shape.layers, 128);
    shape.contexts.back() = shape.context;
    return shape;
}

/// At as many weights: three matrices two thirds as wide, rounded up.
m1_shape with_gates(m1_shape shape, m1_feed feed) {
    shape.feed = feed;
    shape.hidden = (2 * shape.hidden + 95) / 96 * 32;
    return shape;
}

m1_content random_content(const m1_shape& shape) {
    m1_content content = m1_content::zeros(shape);
    detail::visit_tensors(content, [](std::string_view what, auto& tensor, std::int32_t least, std::int32_t most) {
        for (auto& entry : tensor) {
            using type = std::remove_reference_t<decltype(entry)>;
            const auto any = static_cast<std::int32_t>(next_random() % 64) - 32;
            entry = static_cast<type>(what == "relative" ? -(any & 31) : what == "heat" ? 100 : any < least || any > most ? any % 8 : any);
        }
    });
    detail::visit_shifts(content, [](unsigned& shift) { shift = 5; });
    return content;
}

std::shared_ptr<const m1_data> data_of(const m1_shape& shape) {
    return std::make_shared<const m1_data>(random_content(shape), chosen_set());
}

std::vector<std::uint8_t> random_text(std::size_t size) {
    std::vector<std::uint8_t> text(size);
    for (std::uint8_t& byte : text) {
        byte = static_cast<std::uint8_t>("etaoin shrdlu etaoin cmfwyp,."[next_random() % 29]);
    }
    return text;
}

constexpr std::size_t warm = 1200;  // bytes before the clock starts: the context is full

void encode(benchmark::State& state, const m1_shape& shape) {
    m1_model model(data_of(shape));
    const auto text = random_text(4096);
    range_encoder encoder;
    encode_sequence(model, std::span(text).first(warm), encoder);
    for (auto _ : state) {
        encoder.clear();
        encode_sequence(model, std::span(text), encoder);
        benchmark::DoNotOptimize(encoder.bytes().data());
    }
    bench::count_bytes(state, text.size());
}

/// Lanes with a text each, through the range decoder: what they decode is noise, as long as it likes.
void decode(benchmark::State& state, const m1_shape& shape, std::size_t lane_count) {
    m1_lanes model(data_of(shape), lane_count);
    std::vector<std::byte> noise(std::size_t{1} << 16);
    for (std::byte& byte : noise) {
        byte = static_cast<std::byte>(next_random());
    }
    std::vector<range_decoder> decoders(lane_count);
    const auto run = [&](std::size_t length) {
        std::vector<std::vector<std::uint8_t>> texts(lane_count, std::vector<std::uint8_t>(length));
        std::vector<lane_text<std::uint8_t, range_decoder>> lanes;
        for (std::size_t lane = 0; lane < lane_count; ++lane) {
            decoders[lane] = range_decoder(std::span<const std::byte>(noise).subspan(lane * 97));
            lanes.push_back({texts[lane], &decoders[lane]});
        }
        decode_lanes(model, std::span<const lane_text<std::uint8_t, range_decoder>>(lanes));
        benchmark::DoNotOptimize(texts.front().data());
    };
    run(warm);
    constexpr std::size_t length = 100;
    for (auto _ : state) {
        run(length);
    }
    bench::count_bytes(state, length * lane_count);
}

/// One kind of work on so many rows, as often as a step of the shape asks for it.
template <class Work>
void part(benchmark::State& state, std::size_t rows, Work&& work) {
    for (auto _ : state) {
        work();
        benchmark::ClobberMemory();
    }
    state.counters["us_per_byte"] = benchmark::Counter(static_cast<double>(rows) * static_cast<double>(state.iterations()) / 1e6,
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void products(benchmark::State& state, const m1_shape& shape, std::size_t rows) {
    const detail::m1_kernels kernels = detail::kernels_for(chosen_set());
    std::vector<detail::packed_matrix> matrices;
    const auto add = [&](std::size_t outputs, std::size_t depth) {
        m1_matrix matrix;
        matrix.weights.assign(outputs * depth, 3);
        matrices.emplace_back(matrix, outputs, depth, 128, kernels.layout);
    };
    add(shape.width, shape.mix_width());
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        add(shape.qkv_width(), shape.width);
        add(shape.width, shape.query_width());
        add(shape.up_width(), shape.width);
        add(shape.width, shape.hidden);
    }
    add(256, shape.width);
    const std::vector<std::uint8_t> x(rows * 4096, 7);
    std::vector<std::int32_t> out(rows * 4096);
    part(state, rows, [&] {
        for (const detail::packed_matrix& matrix : matrices) {
            matrix.multiply(kernels, x.data(), rows, out.data());
        }
    });
    state.counters["GOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(shape.products() * rows) * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}

/// Scores, their softmax and the weighted means of a full context, from caches of 16 lanes.
void attention(benchmark::State& state, const m1_shape& shape) {
    const detail::m1_kernels kernels = detail::kernels_for(chosen_set());
    constexpr std::size_t rows = 16;
    const std::size_t slots = shape.context + 64;
    const std::size_t head_bytes = slots * shape.head_width;
    const std::size_t caches = rows * shape.layers * shape.kv();
    detail::aligned_bytes keys(caches * head_bytes), values(caches * head_bytes);
    const std::vector<std::uint8_t> query(shape.query_width(), 99);
    const std::vector<std::int32_t> start(slots, 5), relative(slots, -3);
    std::vector<std::int32_t> scores(shape.shared * slots), means(shape.shared * shape.head_width);
    std::vector<std::uint8_t> weights(shape.shared * slots), results(shape.query_width());
    part(state, rows, [&] {
        for (std::size_t cache = 0; cache < caches; ++cache) {
            kernels.dot({query.data(), shape.shared, shape.head_width, keys.data() + cache * head_bytes,
                         kernels.layout.outputs * shape.head_width, shape.head_width, shape.context, start.data(), scores.data(), slots,
                         false});
            std::uint32_t total = 0;
            for (std::size_t h = 0; h < shape.shared; ++h) {
                kernels.distances(scores.data() + h * slots, relative.data(), shape.context, 100, weights.data() + h * slots);
                total = kernels.look_up_decay(weights.data() + h * slots, shape.context);
            }
            kernels.dot({weights.data(), shape.shared, slots, values.data() + cache * head_bytes, kernels.layout.outputs * slots,
                         shape.context, shape.head_width, nullptr, means.data(), shape.head_width, false});
            for (std::size_t h = 0; h < shape.shared; ++h) {
                kernels.weighted_mean(means.data() + h * shape.head_width, shape.head_width, total, results.data() + h * shape.head_width);
            }
        }
    });
}

void element_wise(benchmark::State& state, const m1_shape& shape) {
    const detail::m1_kernels kernels = detail::kernels_for(chosen_set());
    std::vector<std::int32_t> x(4096, 500), sums(4096, 300);
    std::vector<std::uint8_t> y(4096);
    part(state, 1, [&] {
        for (std::size_t layer = 0; layer < shape.layers; ++layer) {
            kernels.norm(x.data(), shape.width, 65536, y.data());
            for (std::size_t head = 0; head < shape.heads + shape.kv(); ++head) {
                kernels.norm(x.data() + head * shape.head_width, shape.head_width, 32768, y.data());
            }
            kernels.values(x.data(), shape.kv() * shape.head_width, 5, reinterpret_cast<std::int8_t*>(y.data()));
            kernels.add_to_residual(x.data(), sums.data(), shape.width, 5);
            kernels.norm(x.data(), shape.width, 65536, y.data());
            if (shape.feed == m1_feed::squared) {
                kernels.squared(sums.data(), shape.hidden, 5, y.data());
            } else {
                const auto stage = shape.feed == m1_feed::gated ? kernels.gated : kernels.swiglu;
                stage(sums.data(), sums.data() + shape.hidden, shape.hidden, 5, y.data());
            }
            kernels.add_to_residual(x.data(), sums.data(), shape.width, 5);
        }
    });
}

void frequencies(benchmark::State& state) {
    const detail::m1_kernels kernels = detail::kernels_for(chosen_set());
    std::vector<std::int32_t> sums(256), bias(256);
    for (std::int32_t& sum : sums) {
        sum = static_cast<std::int32_t>(next_random() % 60000);
    }
    std::int32_t logits[256];
    std::uint32_t lows[256];
    part(state, 1, [&] { kernels.lower_ends(sums.data(), bias.data(), 4, logits, lows); });
}

void register_all() {
    const auto whole = [](const std::string& name, const m1_shape& shape) {
        benchmark::RegisterBenchmark((name + "/encode").c_str(), [shape](benchmark::State& s) { encode(s, shape); });
        for (const std::size_t lanes : {1u, 4u, 8u, 16u, 64u}) {
            benchmark::RegisterBenchmark((name + "/decode/lanes:" + std::to_string(lanes)).c_str(),
                                         [shape, lanes](benchmark::State& s) { decode(s, shape, lanes); });
        }
    };
    const auto parts = [](const std::string& name, const m1_shape& shape) {
        for (const std::size_t rows : {1u, 16u, 64u}) {
            benchmark::RegisterBenchmark((name + "/part/products/rows:" + std::to_string(rows)).c_str(),
                                         [shape, rows](benchmark::State& s) { products(s, shape, rows); });
        }
        benchmark::RegisterBenchmark((name + "/part/attention").c_str(), [shape](benchmark::State& s) { attention(s, shape); });
        benchmark::RegisterBenchmark((name + "/part/element_wise").c_str(), [shape](benchmark::State& s) { element_wise(s, shape); });
    };
    whole("fast", fast_shape());
    whole("fast/gated", with_gates(fast_shape(), m1_feed::gated));
    whole("fast/swiglu", with_gates(fast_shape(), m1_feed::swiglu));
    for (const std::size_t context : {64u, 256u, 512u, 1024u}) {
        whole("base/context:" + std::to_string(context), base_shape(context));
    }
    whole("base/contexts:128,128,128,512", last_alone(base_shape(512)));
    whole("base/contexts:128,128,128,1024", last_alone(base_shape(1024)));
    whole("base/context:512/gated", with_gates(base_shape(512), m1_feed::gated));
    whole("base/context:512/swiglu", with_gates(base_shape(512), m1_feed::swiglu));
    parts("fast", fast_shape());
    parts("fast/gated", with_gates(fast_shape(), m1_feed::gated));
    parts("fast/swiglu", with_gates(fast_shape(), m1_feed::swiglu));
    parts("base/context:512", base_shape(512));
    benchmark::RegisterBenchmark("part/frequencies", frequencies);
}

}  // namespace

int main(int count, char** arguments) {
    register_all();
    benchmark::Initialize(&count, arguments);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) {
        return 1;
    }
    benchmark::AddCustomContext("instruction set", name_of(chosen_set()));
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
