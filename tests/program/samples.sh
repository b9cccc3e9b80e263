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

files=0
for file in $(find "$samples" -type f | LC_ALL=C sort); do
    files=$((files + 1))
    for way in english:200000 context:200000 mixed:20000 order0:400000; do
        model=${way%:*}
        part "${way#*:}" "$file" >text
        for threads in 1 2; do
            expect 0 equinfo compress -f -m "$model" -j $threads --block-size 64K text -o p.$threads
            same p.$threads p.1
            expect 0 equinfo decompress -j $threads -c p.$threads
            same out text
        done
    done
    part 20000 "$file" >text
    for bits in 9 12 16 24 32 64 128; do
        for tokens in 8 16; do
            [ $tokens -le $bits ] || continue
            for threads in 1 2; do
                expect 0 equinfo tokenize -f -b $bits -t $tokens -j $threads --split line text -o t.$threads
                same t.$threads t.1
                same t.$threads.eqt t.1.eqt
            done
            expect 0 equinfo detokenize -j 2 t.1
            same out text
        done
    done
    for bits in 16 128; do
        expect 0 equinfo tokenize -f -b $bits --rule self-ending text -o t.1
        expect 0 equinfo detokenize t.1
        same out text
    done
    expect 0 equinfo evaluate --limit 4K -m english,order0 -b 16,24 -t 8,16 --rule both "$file"
    expect 0 equinfo show "$file"
done
[ -n "${EQUINFO_SAMPLES_WHOLE:-}" ] || echo "cut: english, context to 200,000 bytes, order0 400,000, mixed and tokens 20,000"
echo "$files files"
finish
