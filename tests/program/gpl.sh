#!/bin/sh
# Real text that every Debian has, through every subcommand.
. "$(dirname "$0")/harness"
text=/usr/share/common-licenses/GPL-3
if [ ! -r $text ]; then
    echo "SKIPPED: no $text here"
    exit 0
fi
for model in english context mixed; do
    for threads in 1 2; do
        expect 0 equinfo compress -f -m $model -j $threads --block-size 16K $text -o p.$threads
        same p.$threads p.1
        expect 0 equinfo decompress -j $threads -c p.$threads
        same out $text
    done
done
for bits in 9 12 16 24 32 64 128; do
    for rule in longest-match self-ending; do
        expect 0 equinfo tokenize -f -b $bits -t 8 --rule $rule $text -o t.bin
        expect 0 equinfo detokenize t.bin
        same out $text
    done
done

# What the ratios are is pinned in bench/ratio.csv; here only that they are those of a model of English.
expect 0 equinfo compress -f -m english $text -o p
[ "$(stat -c %s p)" -lt $(($(stat -c %s $text) * 2 / 5)) ] || fail 'the English model compresses English'
expect 0 equinfo tokenize -f $text -o t.bin
[ "$(stat -c %s t.bin)" -lt $(($(stat -c %s $text) / 2)) ] || fail 'four bytes a token'
expect 0 equinfo evaluate $text
expect 0 equinfo show $text
finish
