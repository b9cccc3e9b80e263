#!/bin/sh
# bench/paper: a table, pictures apart, and that runs of M2 are kept, not repeated and gone on with.
. "$(dirname "$0")/harness"

programs=$(dirname "$program")
if [ ! -x "$programs/paper_learn" ]; then
    echo "SKIPPED: the paper's programs are not built"
    exit 0
fi
tables=$(dirname "$0")/../../bench/paper/tables.sh

letters 110000 >longer
expect 0 "$programs/paper_compression" longer --methods bytes,english16/65k --out tables
[ "$(wc -l <tables/compression.csv)" = 3 ] || fail 'not two rows'
grep -q '^| bytes | 256 | 1.000 ' tables/compression.md || fail 'no row of bytes'
head -c 10239 text >short
for table in compression undecodable resets variants uniformity stability token_text learn; do
    expect 1 "$programs/paper_$table" short
    grep -q 'at least 10240 bytes' err || fail "$table does not say what it takes"
done

learn() { "$programs/paper_learn" text --methods bytes --bytes 40000 --out learnt "$@"; }
expect 0 learn
cp learnt/learn_by_bytes.csv first.csv
[ "$(wc -l <first.csv)" = 2 ] || fail 'not one run'
expect 0 learn
same first.csv learnt/learn_by_bytes.csv
[ -s err ] && fail 'a run was repeated'
expect 0 learn --seeds 1,2
[ "$(head -n 2 learnt/learn_by_bytes.csv | cmp - first.csv 2>&1)" = '' ] || fail 'the first run was lost'
[ "$(wc -l <learnt/learn_by_bytes.csv)" = 3 ] || fail 'not two runs'
grep -q '| 2 | 1.000 ' learnt/learn_by_bytes.md || fail 'no mean over two seeds'
expect 0 learn --rates 1,1,0.5
[ "$(grep -c ',1/1/0.5,' learnt/learn_by_bytes.csv)" = 1 ] || fail 'other rates were taken for the usual ones'
grep -q '| 1/1/0.5 |' learnt/learn_by_bytes.md || fail 'runs of other rates have no row'
expect 2 learn --rates 1,1,0
expect 2 learn --rates 1,1
tail -c 50000 text >other
expect 0 "$programs/paper_learn" other --methods bytes --bytes 40000 --out learnt
[ "$(wc -l <learnt/learn_by_bytes.csv)" = 5 ] || fail 'another text was taken for the first'
missing learnt/learn_by_bytes.checkpoint
sed 's/,rates,/,/' learnt/learn_by_bytes.csv >other.csv
cp other.csv learnt/learn_by_bytes.csv
expect 1 learn --seeds 3
grep -q 'has other columns' err || fail 'another version was taken for this one'
same other.csv learnt/learn_by_bytes.csv

# A run that is killed goes on from its checkpoint and ends as if nothing had been.
"$programs/paper_learn" text --methods bytes --bytes 40000 --out killed --save-every 0 >/dev/null 2>&1 &
id=$!
i=0
until [ -e killed/learn_by_bytes.checkpoint ] || [ $i = 300 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -9 $id
wait $id 2>/dev/null
[ -e killed/learn_by_bytes.checkpoint ] || fail 'no checkpoint'
expect 0 "$programs/paper_learn" text --methods bytes --bytes 40000 --out killed
for of in first.csv killed/learn_by_bytes.csv; do
    cut -d , -f 1-19 $of >$of.less  # all but the time it took
done
same first.csv.less killed/learn_by_bytes.csv.less
missing killed/learn_by_bytes.checkpoint

LEARN=no BYTES=102400 SLOW_BYTES=20480
export LEARN BYTES SLOW_BYTES
cat "$(dirname "$0")"/../../docs/*.md >prose
expect 0 sh "$tables" "$programs" whole prose
for table in compression undecodable variants uniformity token_text_ids resets stability; do
    [ "$(wc -l <whole/$table.csv)" -gt 3 ] || fail "no table $table"
    grep -q '^|---|' whole/$table.md || fail "no Markdown of $table"
done
[ "$(grep -c '(ours)' whole/undecodable.csv)" = 10 ] || fail 'not ten rows of this library'
grep '(ours)' whole/undecodable.csv | grep -qv ',0.000 %,0.0 %,0.000 %,0.0 %$' && fail 'a window of this library came back wrong'
expect 2 sh "$tables" "$programs" all
TRAIN=nothing expect 2 sh "$tables" "$programs" all text
expect 0 sh "$tables" /nowhere all text
grep -q 'SKIPPED: compression: no program' err || fail 'what is left out is not told'
finish
