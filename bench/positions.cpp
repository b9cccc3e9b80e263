// SPDX-License-Identifier: MIT
// Bits a byte by position behind a fresh start, of the embedded models: pieces of 1,280 bytes from all over each file, and for
// each file the whole, deep (from position 512 on) and messages (100 to 200 bytes, by information).
//
//   positions FILE...
#include <equinfo/english.hpp>
#include <equinfo/equinfo.hpp>
#include <equinfo/base_english.hpp>
#include <equinfo/fast_english.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;

constexpr std::size_t piece_size = 1280;
constexpr std::size_t pieces_a_file = 60;

struct sum {
    double bits = 0;
    double bytes = 0;
    void add(double more) {
        bits += more;
        ++bytes;
    }
    void add(const sum& other) {
        bits += other.bits;
        bytes += other.bytes;
    }
    [[nodiscard]] double mean() const { return bytes == 0 ? 0 : bits / bytes; }
};

/// First eight positions, then ranges that double.
constexpr std::array<std::size_t, 15> ends{1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256, 512, piece_size};

struct measured {
    std::array<sum, ends.size()> by_position;
    sum messages;
};

template <class Model>
void measure(Model& model, std::span<const std::uint8_t> piece, measured& m) {
    std::array<double, piece_size> bits{};
    std::size_t at = 0;
    const auto visit = [&](const auto& prediction, std::uint8_t symbol) {
        constexpr double whole = static_cast<double>(std::uint64_t{1} << distribution_t<Model>::precision);
        bits[at++] = -std::log2(static_cast<double>(prediction.range_of(symbol).freq) / whole);
    };
    model.reset();
    if constexpr (foresees_text<Model>) {
        model.foresee(piece, visit);
    } else {
        for (const std::uint8_t symbol : piece) {
            visit(model.predict(), symbol);
            model.update(symbol);
        }
    }
    std::size_t position = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        for (; position < ends[i] && position < at; ++position) {
            m.by_position[i].add(bits[position]);
        }
    }
    for (std::size_t i = 0; i < 150 && i < at; ++i) {
        m.messages.add(bits[i]);
    }
}

template <class Model>
void report(const char* name, Model model, const std::vector<std::string>& files) {
    measured all;
    std::printf("%s: file, deep, first 150\n", name);
    for (const std::string& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)), {});
        const std::span<const std::uint8_t> text(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        if (text.size() < piece_size) {
            std::printf("  %s is too small\n", file.c_str());
            continue;
        }
        measured here;
        for (std::size_t i = 0; i < pieces_a_file; ++i) {
            measure(model, text.subspan((text.size() - piece_size) * i / pieces_a_file, piece_size), here);
        }
        std::printf("  %-40s %.3f %.3f\n", std::filesystem::path(file).filename().c_str(), here.by_position.back().mean(), here.messages.mean());
        for (std::size_t i = 0; i < ends.size(); ++i) {
            all.by_position[i].add(here.by_position[i]);
        }
        all.messages.add(here.messages);
    }
    std::printf("%s: all files, by position up to\n ", name);
    for (std::size_t i = 0; i < ends.size(); ++i) {
        std::printf(" %zu: %.3f", ends[i], all.by_position[i].mean());
    }
    std::printf("\n  first 150: %.3f\n", all.messages.mean());
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> files(arguments + 1, arguments + count);
    if (files.empty()) {
        std::fprintf(stderr, "usage: positions FILE...\n");
        return 2;
    }
    report("english", english_model(), files);
    report("base", base_english_model(), files);
    report("fast", fast_english_model(), files);
    return 0;
}
