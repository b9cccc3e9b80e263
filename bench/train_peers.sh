#!/bin/sh
# Speed of training the preset `fast` beside PyTorch on one core: KB of text a second, and GFLOP/s of its matrices (6 a weight and byte).
#
#     sh bench/train_peers.sh TRAIN_FOLDER VALID_FOLDER [ROUNDS]
#
# Needs python3-torch and libopenblas0-pthread, and a build whose benchmarks are made for this processor; $BUILD names it, or build/native is
# made. Programs take turns, so that what else the machine does meets all of them.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
train=$1
valid=$2
rounds=${3:-3}
build=${BUILD:-$root/build/native}
if [ ! -x "$build/train_benchmark" ]; then
    cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DEQUINFO_DEVELOPER=ON -DEQUINFO_TRAIN_NATIVE=ON >/dev/null
    cmake --build "$build" --target train_benchmark >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456
weights=405504

ours() {  # ours NAME FILTER
    speed=$("$build/train_benchmark" --benchmark_filter="^$2\$" --benchmark_min_time=8 --benchmark_format=csv 2>/dev/null |
        awk -F , 'END { printf "%.1f", $NF / 1000 }')
    echo "$1 $speed" >>"$work/speeds"
}

theirs() {  # theirs NAME PRODUCTS
    rm -rf "$work/out"
    /usr/bin/python3 "$root/examples/train_m1.py" --train "$train" --valid "$valid" --out "$work/out" --minutes 0.5 --valid-seconds 15 \
        --products "$2" --table-kind adam --table-rate 0.04 >/dev/null
    echo "$1 $(sed -n 2p "$work/out/log.csv" | cut -d , -f 10)" >>"$work/speeds"
}

round=0
while [ $round -lt "$rounds" ]; do
    ours equinfo-bf16 fast_preset_by_fast_products
    theirs PyTorch-bf16 bf16
    ours equinfo-fp32 fast_preset_by_exact_products
    theirs PyTorch-fp32 fp32
    round=$((round + 1))
done
for name in equinfo-bf16 PyTorch-bf16 equinfo-fp32 PyTorch-fp32; do
    sed -n "s/^$name //p" "$work/speeds" | sort -g | awk -v name="$name" -v weights=$weights '
        { speed[NR] = $1 }
        END { m = speed[int((NR + 1) / 2)]; printf "%-14s %6.1f KB/s (%.1f to %.1f), %.0f GFLOP/s\n", name, m, speed[1], speed[NR], m * weights * 6 / 1e6 }'
done
