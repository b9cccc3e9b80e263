#!/bin/sh
# The trainer in Python and the integer model agree about the same weights: bits a byte on a text, to a hundredth.
. "$(dirname "$0")/harness"

python=
for each in python3 /usr/bin/python3; do
    if "$each" -c 'import torch' 2>/dev/null; then
        python=$each
        break
    fi
done
if [ -z "$python" ] || ! equinfo train --help >out 2>&1; then
    echo 'SKIPPED: needs PyTorch (Debian: python3-torch), and a program with the trainer'
    exit 0
fi
script=$(CDPATH='' cd -- "$(dirname -- "$0")/../../examples" && pwd)/train_m1.py

head -c 6000 text >part
for feed in squared gated swiglu contexts; do
    how="--preset tiny --feed $feed --steps 60"
    if [ $feed = contexts ]; then
        how='--preset fast --contexts 48,160 --steps 40'
    fi
    # shellcheck disable=SC2086
    expect 0 equinfo train -q $how --batch 2048 text -o $feed.eqm
    expect 0 equinfo convert $feed.eqm -o $feed.safetensors
    expect 0 equinfo convert $feed.safetensors -o back.eqm -f
    same back.eqm $feed.eqm
    expect 0 "$python" "$script" --load $feed.safetensors --text part --dump 6000 --out bits.f32
    of_floats=$(sed -n 's/ bits a byte$//p' out)
    expect 0 equinfo evaluate --csv --no-baselines -m $feed.eqm -b 16 -t 16 part
    of_integers=$(awk -F , 'NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i } NR == 2 { print $column["bits_per_byte"] }' out)
    echo "$feed: floats $of_floats, integers $of_integers bits a byte"
    awk -v a="$of_floats" -v b="$of_integers" 'BEGIN { exit !(a > 0.5 && a < 7 && (a - b) ^ 2 <= 0.01 ^ 2) }' ||
        fail "$feed: floats $of_floats, integers $of_integers"
done
finish
