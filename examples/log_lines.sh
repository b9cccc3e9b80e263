#!/bin/sh
# A model for the lines of one kind of log: trained on the first four fifths of a file, and shown on the rest, each line of which is
# compressed alone, as a logging program or a database would.
#
#     sh examples/log_lines.sh [FILE [MINUTES]]
#
# Without FILE the log of Debian's package manager, which every Debian has. A minute or two is enough for a file of some 200 KB, and at
# most 15 are for one of many megabytes. Installs what is missing, and builds the program, with its trainer made for this machine's
# processor, under build/native. The model file stays: FILE's name with .eqm, in the current folder.

set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
log=${1:-/var/log/dpkg.log}
minutes=${2:-2}
if [ ! -r "$log" ] || [ -d "$log" ]; then
    echo "log_lines.sh: $log is no file that can be read" >&2
    exit 2
fi
case $log in -*) log=./$log ;; esac
lines=$(wc -l <"$log")
if [ "$lines" -lt 200 ]; then
    echo "log_lines.sh: $log has $lines lines; a model of them wants 200 or more" >&2
    exit 2
fi

. "$root/tests/packages.sh"
need cmake make g++ libcli11-dev nlohmann-json3-dev libeigen3-dev zstd
build=$root/build/native
echo "building in $build ..."
said=$(mktemp)
if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DEQUINFO_TRAIN_NATIVE=ON &&
    cmake --build "$build" --target equinfo_program -j "$(nproc)"; } >"$said" 2>&1; then
    tail -n 40 "$said" >&2
    echo "log_lines.sh: the build failed; all it said is in $said" >&2
    exit 1
fi
rm -f "$said"

model=$(basename -- "$log").eqm
if [ -e "$model" ]; then
    echo "log_lines.sh: $model is there already" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
learnt=$((lines * 4 / 5))
[ $learnt -le 100000 ] || learnt=$((lines - 2000))
head -n "$learnt" "$log" >"$work/learnt"
tail -n "+$((learnt + 1))" "$log" >"$work/held"
echo "$learnt lines to learn from, $((lines - learnt)) that no model has seen"

# The unseen lines by zstd -19 with a dictionary made of the others (the last 20,000 of them), without what the messages do not have
# either: line ends, checksums, the dictionary's number. Its 4 magic bytes a line stay.
mkdir "$work/lines" "$work/rest"
tail -n 20000 "$work/learnt" | awk -v to="$work/lines/" '{ name = to NR; printf "%s", $0 >name; close(name) }'
awk -v to="$work/rest/" '{ name = to NR; printf "%s", $0 >name; close(name) }' "$work/held"
zstd_bytes=
if zstd -q --train -r "$work/lines" --maxdict=16384 -o "$work/dictionary"; then
    zstd -q -19 --no-check --no-dictID --rm -r -D "$work/dictionary" "$work/rest"
    zstd_bytes=$(find "$work/rest" -name '*.zst' -exec cat {} + | wc -c)
fi

# Small steps and low rates where the text is short, since it is learnt by heart otherwise.
if [ "$(wc -c <"$work/learnt")" -lt 5000000 ]; then
    set -- --batch 2048 --table-rate 0.01
else
    set --
fi
"$build/equinfo" train --split line --minutes "$minutes" --every 10 "$@" -j 0 "$work/learnt" -o "$work/model.eqm"
cp "$work/model.eqm" "$model"

"$build/equinfo" evaluate --no-baselines --whole --lines -m "$work/model.eqm,english" -b 16 -t 16 --csv "$work/held" >"$work/table.csv"
awk -F , -v zstd="$zstd_bytes" '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    $column["rule"] == "lines" {
        bytes = $column["bytes"]; coded = bytes * $column["bits_per_byte"] / 8
        if (!told++) {
            printf "\nthe unseen lines, each alone:\n%9d bytes  as they are\n", bytes
            if (zstd) printf "%9d bytes  zstd -19 with a dictionary\n", zstd
        }
        printf "%9d bytes  %s", coded, $column["model"]
        print zstd ? sprintf(": %.2f times as small as zstd", zstd / coded) : ""
    }' "$work/table.csv"
