#!/bin/sh
# Training a transformer by the program: what it writes, goes on with, chooses and refuses. A few seconds of learning.
. "$(dirname "$0")/harness"

if ! equinfo train --help >out 2>&1; then
    echo 'SKIPPED: built without the trainer'
    exit 0
fi
quick='--preset tiny --batch 1024 --steps 6 --every 0'

# Options in $quick are several words.
# shellcheck disable=SC2086
expect 0 equinfo train $quick text -o mine.eqm --log mine.csv
[ "$(grep -c 'held back' err)" -ge 6 ] || fail 'a measurement is not told'
there mine.eqm
there mine.eqm.checkpoint
no_leftovers
[ "$(head -n 1 mine.csv)" = 'seconds,step,bytes,train,valid,first8,next24,full,kb_per_s' ] || fail 'the head of the log'
[ "$(tail -n 1 mine.csv | cut -d , -f 2)" = 6 ] || fail 'the last line of the log'
first=$(sed -n 2p mine.csv | cut -d , -f 5)
last=$(tail -n 1 mine.csv | cut -d , -f 5)
[ "$(printf '%s\n%s\n' "$first" "$last" | sort -g | head -n 1)" = "$last" ] || fail "nothing was learnt: $first to $last bits a byte"
expect 0 equinfo info mine.eqm
grep -q 'transformer' out || fail 'info does not know the model'
expect 0 equinfo compress -m mine.eqm --block-size 4K text -o text.eqi
expect 0 equinfo decompress -m mine.eqm -c text.eqi
same out text

# The same again, in two threads, and in two halves.
# shellcheck disable=SC2086
expect 0 equinfo train -q -j 2 $quick text -o two.eqm
same mine.eqm two.eqm
expect 0 equinfo train -q --preset tiny --batch 1024 --steps 6 --every 0 --stop-after 3 text -o half.eqm
cmp -s half.eqm mine.eqm && fail 'half a training is the whole'
# shellcheck disable=SC2086
expect 0 equinfo train -q $quick --resume text -o half.eqm --log half.csv
same mine.eqm half.eqm
[ "$(sed -n 2p half.csv | cut -d , -f 2)" = 4 ] || fail 'it did not go on from the checkpoint'
[ "$(grep -c seconds half.csv)" = 1 ] || fail 'two heads of the log'
expect 1 equinfo train -q --preset fast --steps 7 --resume text -o half.eqm
says 'another shape'

# Layers with gates: what was trained is what codes, and a checkpoint goes on as it began.
for feed in gated swiglu; do
    # shellcheck disable=SC2086
    expect 0 equinfo train -q $quick --feed $feed text -o $feed.eqm
    expect 0 equinfo info $feed.eqm
    grep -q "hidden  *96, $feed" out || fail "no $feed layer"
    cmp -s $feed.eqm mine.eqm && fail 'gates change nothing'
    expect 0 equinfo compress -m $feed.eqm --block-size 4K text -o $feed.eqi
    expect 0 equinfo decompress -m $feed.eqm -c $feed.eqi
    same out text
done
cmp -s swiglu.eqm gated.eqm && fail 'a table changes nothing'
# shellcheck disable=SC2086
expect 0 equinfo train -q $quick --feed gated --stop-after 3 text -o gates.eqm
# shellcheck disable=SC2086
expect 0 equinfo train -q $quick --resume text -o gates.eqm
same gates.eqm gated.eqm
for feed in squared swiglu; do
    expect 1 equinfo train -q --preset tiny --steps 7 --feed $feed --resume text -o gates.eqm
    says "has no $feed feed-forward layers"
done
# shellcheck disable=SC2086
expect 0 equinfo train $quick --feed gated --start mine.eqm text -o more.eqm
grep -q 'begins with the tables of mine.eqm' err || fail 'tables were not taken over'
rm more.eqm more.eqm.checkpoint

# Contexts by layer.
expect 2 equinfo train -q --preset tiny --steps 2 --contexts 16,64 text -o none.eqm
says 'one a layer'
expect 2 equinfo train -q --preset tiny --steps 2 --contexts 17 text -o none.eqm
says 'a multiple of 16'
expect 2 equinfo train -q --preset tiny --steps 2 --contexts 8 text -o none.eqm
expect 0 equinfo train -q --preset fast --contexts 32,96 --batch 1024 --steps 1 text -o layers.eqm
expect 0 equinfo info layers.eqm
grep -q 'context  *96 positions, by layer 32 96' out || fail 'contexts are not told'
expect 0 equinfo compress -m layers.eqm --block-size 4K text -o layers.eqi
expect 0 equinfo decompress -m layers.eqm -c layers.eqi
same out text
expect 1 equinfo train -q --preset fast --contexts 32,112 --batch 1024 --steps 2 --resume text -o layers.eqm
says 'has other contexts than 32,112'
expect 1 equinfo train -q --preset tiny --contexts 32,96 --batch 1024 --steps 2 --resume text -o layers.eqm
says 'another shape than preset tiny'
expect 0 equinfo train -q --contexts 32,96 --batch 1024 --steps 2 --resume text -o layers.eqm
expect 0 equinfo train -q --preset fast --batch 1024 --steps 3 --resume text -o layers.eqm
for contexts in , 32, 32,,96 ,32 32x96 -32,96 99999999999999999999; do
    expect 2 equinfo train -q --preset fast --contexts=$contexts text -o none.eqm
    says 'contexts'
done
rm layers.eqm layers.eqm.checkpoint

# From another model on; documents that are lines, and fields of JSON.
# shellcheck disable=SC2086
expect 0 equinfo train $quick --start mine.eqm text -o more.eqm
grep -q 'begins with all of mine.eqm' err || fail 'a model was not gone on from'
awk '{ print }' text >whole_lines
expect 0 equinfo train $quick --split line whole_lines -o lines.eqm
grep -q 'in [0-9],[0-9]* documents' err || fail 'lines are no documents'
awk '{ printf "{\"id\": %d, \"text\": \"%s\"}\n", NR, $0 }' text >text.jsonl
expect 0 equinfo train $quick --jsonl text text.jsonl -o json.eqm
same json.eqm lines.eqm
printf '{"text": "one document, and a separator behind it: a part of it is held back all the same, so that there is something to measure"}\n' >one.jsonl
expect 0 equinfo train -q $quick --jsonl text one.jsonl -o one.eqm
gzip -c text >text.gz
expect 0 equinfo train -q $quick --gunzip text.gz -o gz.eqm
same gz.eqm mine.eqm
expect 0 sh -c "\"$program\" train -q $quick <text -o piped.eqm"
same piped.eqm mine.eqm
expect 0 equinfo train $quick --valid one text -o valid.eqm
grep -q ', 1 held back' err || fail 'the held text is not that of --valid'
expect 0 equinfo train -q --preset tiny --steps 2 --every 1000 --save-every 0 text -o saved.eqm
there saved.eqm.checkpoint

# A curve where gnuplot is, else a word about it, and a model all the same.
# shellcheck disable=SC2086
expect 0 equinfo train -q -f $quick text -o plot.eqm --log "it's.csv" --plot "it's.svg"
if command -v gnuplot >/dev/null; then
    grep -q '<svg' "it's.svg" || fail 'no curve'
else
    says 'no plot'
fi
expect 0 env PATH=/nowhere "$program" train -q -f $quick text -o plot.eqm --log plot.csv --plot plot.svg
says 'no plot'

# What is refused, with nothing left behind.
expect 1 equinfo train $quick text -o mine.eqm
says 'mine.eqm'
same mine.eqm two.eqm
expect 1 equinfo train -q $quick empty -o none.eqm
says 'no text'
expect 1 equinfo train -q $quick missing -o none.eqm
expect 1 equinfo train -q $quick text -o /nowhere/none.eqm
expect 1 equinfo train -q $quick --resume text -o none.eqm
says 'checkpoint'
head -c 10000 mine.eqm.checkpoint >cut.eqm.checkpoint
expect 1 equinfo train -q $quick --resume text -o cut.eqm
says 'damaged'
expect 1 equinfo train -q $quick --start text text -o none.eqm
says 'not a transformer\|model file'
cp text kept
expect 1 equinfo train -q $quick text -o none.eqm --log text
same text kept
expect 2 equinfo train -q $quick text -o none.eqm --log none.eqm
expect 2 equinfo train -q --minutes nan text -o none.eqm
expect 2 equinfo train -q --rate -1 text -o none.eqm
expect 1 equinfo train -q $quick --start fast text -o none.eqm
says 'other tables'
expect 1 equinfo train -q $quick --jsonl text text -o none.eqm
says 'line 1'
expect 2 equinfo train -q $quick --preset huge text -o none.eqm
expect 2 equinfo train -q $quick --feed swish text -o none.eqm
expect 2 equinfo train -q --minutes -1 text -o none.eqm
expect 2 equinfo train -q $quick --plot a.svg text -o none.eqm
expect 2 equinfo train text
missing none.eqm
no_leftovers
finish
