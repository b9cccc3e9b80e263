#!/bin/bash
# Whole files beside the compressors that are installed, all on the same data in the same run:
#
#     bash bench/peers.sh PROGRAM FILE...       PROGRAM is the built equinfo; apt-get install brotli bzip2 xz-utils zstd for peers
#
# Bits a byte; MB (10^6 bytes) of text a second of user CPU time, compressing and decompressing. Each result is compared with the text.
set -eu
program=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
TIMEFORMAT=%U

# row NAME COMPRESS DECOMPRESS: commands from standard input to standard output.
row() {
    local name=$1 pack=$2 unpack=$3 tool=${2%% *}
    command -v "$tool" >/dev/null || return 0
    local in out
    in=$({ time $pack <"$file" >"$folder/packed" 2>/dev/null; } 2>&1)
    out=$({ time $unpack <"$folder/packed" >"$folder/text" 2>/dev/null; } 2>&1)
    cmp "$file" "$folder/text"
    awk -v name="$name" -v text="$(stat -c %s "$file")" -v packed="$(stat -c %s "$folder/packed")" -v in_s="$in" -v out_s="$out" '
        function rate(seconds) { return seconds < 0.02 ? "too short" : sprintf("%.2f", text / 1e6 / seconds) }
        BEGIN { printf "| %-18s | %6.3f | %9s | %9s |\n", name, 8 * packed / text, rate(in_s), rate(out_s) }'
}

for file; do
    printf '\n%s, %s bytes\n\n| | bits/byte | compress MB/s | decompress MB/s |\n|---|---|---|---|\n' "${file##*/}" "$(stat -c %s "$file")"
    for model in mixed context english; do
        row "equinfo $model" "$program compress --model $model -c" "$program decompress -c"
    done
    row 'gzip -9' 'gzip -9 -c' 'gzip -dc'
    row 'zstd -19' 'zstd -q -19 -c' 'zstd -q -dc'
    row 'brotli -q 11' 'brotli -q 11 -c' 'brotli -dc'
    row 'xz -9e' 'xz -9e -c' 'xz -dc'
    row 'bzip2 -9' 'bzip2 -9 -c' 'bzip2 -dc'
done
