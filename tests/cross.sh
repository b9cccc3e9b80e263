#!/bin/sh
# Unit, golden and fuzz tests on emulated processors: s390x, whose byte order is the other one, and aarch64, there with clang too.
#     sh tests/cross.sh [PROCESSOR...]
# Installs the cross compilers and qemu where they are missing. Builds under build/PROCESSOR.

set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. tests/packages.sh

[ $# -gt 0 ] || set -- s390x aarch64
for processor; do
    need cmake make catch2 qemu-user-static "g++-$processor-linux-gnu"
    # Static programs, so that the emulator needs no libraries of that processor.
    cmake -S . -B "build/$processor" \
        -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$processor" \
        -DCMAKE_CXX_COMPILER="$processor-linux-gnu-g++" -DCMAKE_EXE_LINKER_FLAGS=-static \
        -DCMAKE_CROSSCOMPILING_EMULATOR="qemu-$processor-static" \
        -DEQUINFO_DEVELOPER=ON -DEQUINFO_PROGRAM=OFF -DEQUINFO_TRAIN=OFF -Dfuzz_rounds=100
    cmake --build "build/$processor" -j "$(nproc)"
    ctest --test-dir "build/$processor" --output-on-failure --no-tests=error -j "$(nproc)" -LE 'reject|lint|slow'
    if [ "$processor" = aarch64 ]; then
        # clang has the dot product of ARM from 16 on, and another way to ask for it; the oldest processor has none.
        need clang-19
        clang++-19 --target=aarch64-linux-gnu -static -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
            -Iinclude -Itests tests/golden/outputs.cpp -o build/aarch64/outputs_clang
        for model in max cortex-a53; do
            qemu-aarch64-static -cpu $model build/aarch64/outputs_clang tests/golden/outputs.txt
        done
    fi
done
