#!/bin/sh
# tokenize and detokenize: sizes, rules, formats, documents, JSON lines, the same bytes for every -j.
. "$(dirname "$0")/harness"

# Round trips over sizes and rules. Every byte string, also those that no model likes.
head -c 20000 text >some_text
for bits in 9 16 17 24 64 128; do
    for rule in longest-match self-ending; do
        for file in empty one binary some_text; do
            expect 0 equinfo tokenize -f -m order0 -b $bits --rule $rule $file -o t.bin
            expect 0 equinfo detokenize -c t.bin
            same out $file
        done
    done
done
head -c 20000 code >some_code
for model in uniform static english context; do
    [ $model = context ] && head -c 200 code >some_code
    expect 0 equinfo tokenize -f -m $model some_code -o t.bin
    expect 0 equinfo detokenize t.bin
    same out some_code
done
for tokens in 1 7 8 9 12 16; do
    expect 0 equinfo tokenize -f -m order0 -b 16 -t $tokens text -o t.bin
    expect 0 equinfo detokenize -f t.bin -o back
    same back text
done
expect 0 equinfo tokenize -f -m order0 -b 40 -t 32 text -o t.bin
expect 0 equinfo detokenize t.bin
same out text

# Sizes: uniform windows of 16 bits hold two bytes at most, and tokens take two.
expect 0 equinfo tokenize -f -m uniform -b 16 one -o t.bin
[ "$(stat -c %s t.bin)" -eq 2 ] || fail 'one byte is one token'
expect 0 equinfo tokenize -f -m uniform -b 16 -t 8 one -o t.bin
[ "$(stat -c %s t.bin)" -eq 2 ] || fail 'one window is two tokens of one byte'
expect 0 equinfo tokenize -f -m uniform empty -o t.bin
[ "$(stat -c %s t.bin)" -eq 0 ] || fail 'nothing is no token'

# Formats, each with its own kind of output, from files and pipes.
for format in raw npy llmc megatron; do
    expect 0 equinfo tokenize -f -m order0 --format $format --split line text -o f.bin
    expect 0 equinfo detokenize f.bin
    same out text
    expect 0 equinfo info f.bin
    rm f.bin.eqt
    expect 0 equinfo detokenize --no-record -m order0 --format $format f.bin
    case $format in
        megatron) same out text ;;    # its index parts the documents
        *) cmp -s out text && : ;;    # documents of whole tokens can do without, too
    esac
done
same out text
there f.idx
[ "$(head -c 8 f.idx | tr -d '\000')" = MMIDIDX ] || fail "Megatron's index"
expect 0 equinfo tokenize -f -m order0 --format npy text -o f.npy
[ "$(head -c 6 f.npy | tail -c 5)" = NUMPY ] || fail 'npy'
expect 0 equinfo tokenize -m order0 --format npy text
there text.npy
there text.npy.eqt
expect 0 equinfo tokenize -m order0 text
there text.bin
expect 2 equinfo tokenize -m order0 --format megatron -c text
expect 0 equinfo tokenize -f -m order0 --dtype uint32 text -o wide.bin
[ "$(stat -c %s wide.bin)" -eq $((2 * $(stat -c %s text.bin))) ] || fail 'uint32 is twice uint16'
equinfo tokenize -m order0 --record r.eqt <text >r.bin && equinfo detokenize --record r.eqt <r.bin >back
same back text
equinfo tokenize -m order0 <text | equinfo detokenize --no-record -m order0 >back
same back text
equinfo tokenize -m order0 -b 24 -t 8 --rule self-ending <text |
    equinfo detokenize --no-record -m order0 -b 24 -t 8 --rule self-ending >back
same back text

# Documents.
printf 'first\nsecond\n\nthird\n\n\nlast\n' >lines
for split in none nul line blank-line; do
    for ids in '' '--eod' '--bod' '--eod --bod'; do
        # shellcheck disable=SC2086  # no word, one or two
        expect 0 equinfo tokenize -f -m order0 --split $split $ids lines binary -o d.bin
        expect 0 equinfo detokenize d.bin
        cat lines binary >both
        same out both
    done
done
# documents SPLIT FILE COUNT
documents() {
    expect 0 equinfo tokenize -f -m order0 --split "$1" "$2" -o d.bin
    expect 0 equinfo info d.bin
    grep -q "documents  *$3\$" out || fail "$2 has not $3 documents by $1: $(grep documents out)"
}
documents none lines 1
documents none empty 1
documents line lines 7
documents line empty 0
documents blank-line lines 3
documents nul binary 2
expect 0 equinfo tokenize -f -m order0 --split line --drop-separators lines -o d.bin
expect 0 equinfo detokenize --separator line d.bin
same out lines
expect 0 equinfo tokenize -f -m order0 --split blank-line --drop-separators lines -o d.bin
expect 0 equinfo detokenize --separator nul d.bin
printf 'first\nsecond\000third\000last\n\000' >wanted
same out wanted

# A special id ends a document, also where there is no record.
expect 0 equinfo tokenize -f -m order0 -b 16 -t 8 --dtype uint16 --split line --drop-separators --eod lines -o d.bin
expect 0 equinfo detokenize --no-record -m order0 -t 8 --dtype uint16 --separator line d.bin
grep -v '^$' lines >wanted
same out wanted

# JSON lines, also packed.
printf '{"text": "caf\\u00e9\\n", "id": 1}\n\n{"id": 2, "text": ""}\r\n{"text": "two"}' >docs.jsonl
expect 0 equinfo tokenize -f -m order0 --jsonl text docs.jsonl -o j.bin
expect 0 equinfo detokenize --separator nul j.bin
printf 'caf\303\251\n\000\000two\000' >wanted
same out wanted
{ cat docs.jsonl && echo; } | gzip -c >docs.jsonl.gz
gzip -c docs.jsonl >>docs.jsonl.gz
if equinfo tokenize -f -m order0 --jsonl text docs.jsonl.gz -o j.bin 2>err; then
    expect 0 equinfo detokenize --separator nul j.bin
    cat wanted wanted >twice
    same out twice
    head -c 40 docs.jsonl.gz >cut.jsonl.gz
    expect 1 equinfo tokenize -f -m order0 --jsonl text cut.jsonl.gz -o never.bin
    missing never.bin
    missing never.bin.eqt
else
    grep -q 'built without zlib' err || fail 'packed JSON lines'
fi
expect 1 equinfo tokenize -f -m order0 --jsonl body docs.jsonl -o never.bin
says 'docs.jsonl: line 1 has no text field "body"'
printf '{"text": "a"}\n{"text": \n' >bad.jsonl
expect 1 equinfo tokenize -f -m order0 --jsonl text bad.jsonl -o never.bin
says 'bad.jsonl: line 2 is no JSON object: .* (at byte 9 of the line)'
printf '{"text": "\377"}' >bad.jsonl
expect 1 equinfo tokenize -f -m order0 --jsonl text bad.jsonl -o never.bin
says 'bad.jsonl: line 1 is no JSON object: .*UTF-8.* (at byte 10 of the line)'
printf '{"text": "a"}\n{"text": "b", "id": 1e999}' >bad.jsonl
expect 1 equinfo tokenize -f -m order0 --jsonl text bad.jsonl -o never.bin
says 'bad.jsonl: line 2 has a number beyond what a double holds'
missing never.bin

# Documents longer than a piece, of windows that no token border meets, by any number of threads, from a file and a pipe.
i=0
while [ $i -lt 6 ]; do
    cat text
    i=$((i + 1))
done >long
for size in '16 16' '24 16' '17 5'; do
    # shellcheck disable=SC2086  # two words
    set -- $size
    for threads in 1 2 3; do
        expect 0 equinfo tokenize -f -m static -j $threads -b "$1" -t "$2" --eod long lines -o long.$threads --dtype uint32
        same long.$threads long.1
        same long.$threads.eqt long.1.eqt
        expect 0 equinfo detokenize -j $threads long.$threads
        cat long lines >both
        same out both
    done
done
for threads in 1 2 3; do
    expect 0 equinfo tokenize -f -m static -j $threads --split line long -o long.$threads
    same long.$threads long.1
    same long.$threads.eqt long.1.eqt
done
{ head -c 100000 long; sleep 1; tail -c +100001 long; } | equinfo tokenize -m static --split line --record p.eqt >p.bin
same p.bin long.1
same p.eqt long.1.eqt

no_leftovers
finish
