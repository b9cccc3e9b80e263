// SPDX-License-Identifier: MIT
// For fuzz targets: each defines LLVMFuzzerTestOneInput, which libFuzzer or fuzz/replay.cpp calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace equinfo::test {

/// Ends the program with the broken promise, so that a fuzzer keeps the input.
inline void promise(bool kept, const char* what) {
    if (!kept) {
        std::fprintf(stderr, "broken promise: %s\n", what);
        std::abort();
    }
}

}  // namespace equinfo::test
