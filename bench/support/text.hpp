// SPDX-License-Identifier: MIT
// The text that benchmarks run on: the file named by EQUINFO_BENCH_TEXT, or else the GPL that every Debian has.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace equinfo::bench {

inline std::vector<std::uint8_t> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

inline const std::vector<std::uint8_t>& text() {
    static const std::vector<std::uint8_t> loaded = [] {
        const char* path = std::getenv("EQUINFO_BENCH_TEXT");
        return read_file(path != nullptr ? path : "/usr/share/common-licenses/GPL-3");
    }();
    return loaded;
}

}  // namespace equinfo::bench
