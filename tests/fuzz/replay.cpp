// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: replay FOLDER ROUNDS [SEED]. First every file of FOLDER as it is, then ROUNDS
// inputs that are mutated from those files or made of random text. The same arguments give the same inputs everywhere.

#include <support/corpus.hpp>
#include <support/fuzz.hpp>
#include <support/random.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using equinfo::test::random_source;
using input = std::vector<std::uint8_t>;

volatile std::sig_atomic_t current_round = -1;
const char* current_file = "";

void report(int signal) {
    std::fprintf(stderr, "signal %d at %s, round %d\n", signal, current_file, static_cast<int>(current_round));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void mutate_once(random_source& random, input& bytes, const std::vector<input>& seeds) {
    const auto position = [&] { return static_cast<std::ptrdiff_t>(random.below(bytes.size())); };
    if (bytes.empty() || random.chance(1, 8)) {
        const input more = random_text(random, random.length(40));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size() + 1)), more.begin(),
                     more.end());
        return;
    }
    switch (random.below(6)) {
    case 0:
        bytes[static_cast<std::size_t>(position())] ^= static_cast<std::uint8_t>(1u << random.below(8));
        break;
    case 1:
        bytes[static_cast<std::size_t>(position())] = static_cast<std::uint8_t>(random.bits(8));
        break;
    case 2:
        bytes[static_cast<std::size_t>(position())] = random.chance(1, 2) ? 0xff : 0x00;
        break;
    case 3:
        bytes.resize(static_cast<std::size_t>(position()));
        break;
    case 4: {
        const std::ptrdiff_t first = position();
        const auto size = static_cast<std::ptrdiff_t>(bytes.size());
        bytes.erase(bytes.begin() + first, bytes.begin() + std::min(size, first + 1 + static_cast<std::ptrdiff_t>(random.length(16))));
        break;
    }
    default: {
        const input& other = seeds[static_cast<std::size_t>(random.below(seeds.size()))];
        const auto from = static_cast<std::ptrdiff_t>(random.below(other.size() + 1));
        bytes.resize(static_cast<std::size_t>(position()));
        bytes.insert(bytes.end(), other.begin() + from, other.end());
        break;
    }
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::fprintf(stderr, "usage: %s FOLDER ROUNDS [SEED]\n", arguments[0]);
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    const long rounds = std::atol(arguments[2]);
    const std::uint64_t seed = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1;
    std::signal(SIGABRT, report);
    std::signal(SIGSEGV, report);
    std::signal(SIGFPE, report);
    try {
        std::vector<std::string> names;
        if (std::filesystem::is_directory(folder)) {
            for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                names.push_back(entry.path().string());
            }
        }
        std::sort(names.begin(), names.end());
        std::vector<input> seeds;
        for (const std::string& name : names) {
            current_file = name.c_str();
            seeds.push_back(equinfo::test::read_file(name));
            LLVMFuzzerTestOneInput(seeds.back().data(), seeds.back().size());
        }
        seeds.emplace_back();
        current_file = "mutated input";
        for (long round = 0; round < rounds; ++round) {
            current_round = static_cast<std::sig_atomic_t>(round);
            random_source random(seed * 0x100000000u + static_cast<std::uint64_t>(round));
            input bytes = random.chance(1, 4) ? random_text(random, random.length(600))
                                              : seeds[static_cast<std::size_t>(random.below(seeds.size()))];
            for (std::uint64_t times = random.below(4); times > 0; --times) {
                mutate_once(random, bytes, seeds);
            }
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        }
        std::printf("%zu files, %ld mutated inputs, seed %llu: every promise kept\n", names.size(), rounds,
                    static_cast<unsigned long long>(seed));
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s, round %d: %s\n", current_file, static_cast<int>(current_round), problem.what());
        return 1;
    }
    return 0;
}
