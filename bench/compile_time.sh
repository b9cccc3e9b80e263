#!/bin/bash
# What a translation unit pays for including the library: the least user time of five, in seconds, for parsing alone.
#     bash bench/compile_time.sh [HEADER...]

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
[ $# -gt 0 ] || set -- equinfo/equinfo.hpp equinfo/english.hpp
trap 'rm -f "$timing"' EXIT
timing=$(mktemp)

for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    for header; do
        [ -f "$root/include/$header" ] || continue
        least=
        for _ in 1 2 3 4 5; do
            # The figure that POSIX "time -p" prints as user.
            { time -p sh -c "echo '#include <$header>' | $compiler -std=c++20 -fsyntax-only -I '$root/include' -x c++ -"; } \
                2>"$timing" || { cat "$timing"; exit 1; }
            user=$(awk '$1 == "user" {print $2}' "$timing")
            least=$(printf '%s\n%s\n' "${least:-$user}" "$user" | sort -g | head -n 1)
        done
        printf '%-8s #include <%s>: %s s\n' "$compiler" "$header" "$least"
    done
done
