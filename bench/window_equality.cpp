// SPDX-License-Identifier: MIT
// Windows by tables beside those by the model itself, bit for bit, on as much text as is asked for; and back.
//
//   window_equality MODEL FILE [BYTES]       MODEL: english, fast or base; FILE "-": random bytes
//
// A line for each size of windows: how many there were, and MB/s both ways. Ends with 1 where a bit differs.
#include "support/text.hpp"

#include <equinfo/base_english.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/codebook_windows.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/english.hpp>
#include <equinfo/fast_english.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;

template <class Work>
double seconds_of(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

template <class Model, class Encoder, class Decoder>
bool compare(const Model& model, unsigned window_bits, std::span<const std::uint8_t> text, Encoder by_table, Decoder back_by_table) {
    window_encoder by_model(model, window_bits);
    bit_writer expected, got;
    std::uint64_t windows = 0;
    const double slow = seconds_of([&] { windows = encode_windows(by_model, text, expected); });
    const double fast = seconds_of([&] { encode_windows(by_table, text, got); });
    const std::vector<std::byte> bits = got.take();
    std::vector<std::uint8_t> back;
    back.reserve(text.size());
    bit_reader reader(bits);
    const double decoding = seconds_of([&] { decode_windows(back_by_table, reader, windows, back); });
    const bool is_equal = bits == expected.take() && std::equal(text.begin(), text.end(), back.begin(), back.end());
    const double megabytes = static_cast<double>(text.size()) / 1e6;
    std::printf("%3u bits, %llu windows: %s; model %.3f MB/s, table %.3f, back %.3f\n", window_bits, static_cast<unsigned long long>(windows),
                is_equal ? "equal" : "DIFFERENT", megabytes / slow, megabytes / fast, megabytes / decoding);
    std::fflush(stdout);
    return is_equal;
}

template <class Model>
bool compare_all(const Model& model, std::span<const std::uint8_t> text) {
    bool all = true;
    for (const unsigned window_bits : {9u, 12u, 16u, 18u, 20u, 24u, 32u}) {
        if (window_bits <= max_codebook_bits) {
            const auto book = std::make_shared<const codebook>(compile_codebook(model, window_bits, 2));
            all = compare(model, window_bits, text, codebook_encoder(book), codebook_decoder(book)) && all;
        } else {
            const auto top = std::make_shared<const window_top>(compile_window_top(model, window_bits));
            all = compare(model, window_bits, text, top_window_encoder<Model>(model, top), top_window_decoder<Model>(model, top)) && all;
        }
    }
    return all;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::fputs("window_equality MODEL FILE [BYTES]\n", stderr);
        return 2;
    }
    const std::string model = arguments[1];
    const std::size_t bytes = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1'000'000;
    std::vector<std::uint8_t> text;
    if (std::string(arguments[2]) == "-") {
        std::uint64_t random = 1;
        while (text.size() < bytes) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text.push_back(static_cast<std::uint8_t>(random >> 56));
        }
    } else {
        text = bench::read_file(arguments[2]);
        text.resize(std::min(text.size(), bytes));
    }
    const bool all = model == "base"   ? compare_all(base_english_model(), text)
                     : model == "fast" ? compare_all(fast_english_model(), text)
                                       : compare_all(english_model(), text);
    return all ? 0 : 1;
}
