#!/bin/sh
# Round trips of a corpus of real files of all kinds, in the folder samples/ of $EQUINFO_CORPUS: compress, and tokenize for
# every window size and tokens of 8 and 16 bits, with one and two threads; equal to the byte, the same output for each.
#
# So that it ends in minutes, files are cut: to LIMIT bytes for each model as below. EQUINFO_SAMPLES_WHOLE=1 takes them whole.
. "$(dirname "$0")/harness"
samples=${EQUINFO_CORPUS:-}/samples
if [ -z "${EQUINFO_CORPUS:-}" ] || [ ! -d "$samples" ]; then
    echo 'SKIPPED: no corpus; EQUINFO_CORPUS names the folder that has samples/'
    exit 0
fi

# part BYTES FILE: its beginning, or all of it
part() {
    if [ -n "${EQUINFO_SAMPLES_WHOLE:-}" ]; then
        cat -- "$2"
    else
        head -c "$1" -- "$2"
    fi
}

# parts BYTES: the beginnings of all files in the folder parts, and all of them one after another in the file whole
parts() {
    rm -rf parts
    mkdir parts
    find "$samples" -type f | LC_ALL=C sort | while read -r file; do
        part "$1" "$file" >"parts/$(basename "$file")"
    done
    cat parts/* >whole
}

# All files go through one command: loading the model for each would take most of the time.
for way in english:100000 context:200000 mixed:100000 order0:400000; do
    parts "${way#*:}"
    for threads in 1 2; do
        expect 0 equinfo compress -f -m "${way%:*}" -j $threads --block-size 64K parts/*
        expect 0 equinfo decompress -j $threads -c parts/*.eqi
        same out whole
        cat parts/*.eqi >archives.$threads
        rm parts/*.eqi
    done
    same archives.1 archives.2
done
parts 20000
for bits in 9 12 16 24 32 64 128; do
    for tokens in 8 16; do
        [ $tokens -le $bits ] || continue
        for threads in 1 2; do
            expect 0 equinfo tokenize -f -b $bits -t $tokens -j $threads parts/* -o t.$threads
            expect 0 equinfo detokenize -j $threads t.$threads
            same out whole
        done
        same t.1 t.2
        same t.1.eqt t.2.eqt
    done
    expect 0 equinfo tokenize -f -b $bits --rule self-ending -j 2 parts/* -o t.1
    expect 0 equinfo detokenize t.1
    same out whole
done
expect 0 equinfo evaluate --limit 4K -m english,order0 -b 16,24 -t 8,16 --rule both parts/*
expect 0 equinfo info t.1
for file in parts/*; do
    expect 0 equinfo show -m order0 "$file"
done
[ -n "${EQUINFO_SAMPLES_WHOLE:-}" ] ||
    echo 'cut to the first 100,000 bytes (english), 200,000 (context), 100,000 (mixed), 400,000 (order0); tokens to 20,000'
echo "$(find parts -type f | wc -l) files"
finish
