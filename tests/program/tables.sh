#!/bin/sh
# train-ngram, show, evaluate and info.
. "$(dirname "$0")/harness"

# A model learns: what it was trained on gets smaller, and the same text gives the same model.
expect 0 equinfo train-ngram -v --order 3 --size 0 text -o m.eqn
grep -q '^m.eqn: order 3, ' err || fail 'train-ngram -v says nothing'
equinfo train-ngram --order 3 --size 0 <text -o n.eqn || fail 'training from a pipe'
same m.eqn n.eqn
expect 1 equinfo train-ngram text -o m.eqn
says 'm.eqn: is there already'
expect 0 equinfo train-ngram --order 3 --size 0 text -o h.eqn --header h.hpp
same h.eqn m.eqn
grep -q '^namespace embedded {' h.hpp || fail 'no header with the model'
grep -q ' trained_model() {' h.hpp || fail 'the header has no function'
expect 2 equinfo train-ngram text
expect 2 equinfo train-ngram --order 10 text -o o.eqn
expect 0 equinfo train-ngram --order 3 --size 2000 --min-count 1 text -o small.eqn
[ "$(stat -c %s small.eqn)" -le 2000 ] || fail 'a small model'
expect 0 equinfo info m.eqn
grep -q 'n-gram model' out || fail 'info of a model'
expect 0 equinfo tokenize -m m.eqn text -o by_m.bin
expect 0 equinfo tokenize -m uniform text -o by_uniform.bin
[ $((2 * $(stat -c %s by_m.bin))) -lt "$(stat -c %s by_uniform.bin)" ] || fail 'a trained model saves half'
expect 1 equinfo detokenize by_m.bin
says 'by_m.bin.eqt: was written with the model file "m.eqn"'
expect 0 equinfo detokenize --model m.eqn by_m.bin
same out text

# evaluate --lines: a line costs what it costs alone as a message, whole bytes, its line end nothing.
printf 'Call me back when you can.\n' >one_line
cat one_line one_line one_line >three_lines
for lines in one_line three_lines; do
    expect 0 equinfo evaluate --csv --no-baselines --lines -m english -b 16 -t 16 $lines
    awk -F , '$3 == "lines" { print $6, $6 * $10 / 8 }' out >$lines.costs
done
awk 'NR == 1 { bytes = $1; cost = $2; whole = int(cost + 0.5) } NR == 2 { more = $1; thrice = $2 }
    END { exit !(bytes == 26 && more == 78 && whole > 3 && (cost - whole) ^ 2 < 1e-6 && (thrice - 3 * whole) ^ 2 < 1e-6) }' \
    one_line.costs three_lines.costs || fail "lines cost $(cat one_line.costs three_lines.costs)"

# show: all of the text is there, whatever is between.
printf 'To be, or not to be:\nthat is the question.\n' >quote
expect 0 equinfo show -q quote
tr -d '|' <out | sed 's/\\n$//' >plain
same plain quote
grep -q '|' out || fail 'no borders'
grep -q "$(printf '\033')" out && fail 'colours without a terminal'
expect 0 equinfo show -q --color always quote
grep -q "$(printf '\033')\[30;4" out || fail 'no colours'
expect 2 equinfo show --color sometimes quote
expect 0 equinfo show -q -m uniform --codes one
grep -qE '^ *[0-9]+  x$' out || fail 'codes'
expect 0 equinfo show -q -m uniform -b 64 --codes one
grep -qE '^ *[0-9a-f]{16}  x$' out || fail 'codes of 64 bits'
printf 'a\033[31mb\\c\377\tz' >evil
expect 0 equinfo show -q -m uniform --separator '' evil
printf 'a\\x1b[31mb\\\\c\\xff\\tz\n' >wanted
same out wanted
expect 0 equinfo show -n 3 -m uniform --separator '' text
grep -q '^3 bytes in ' err || fail 'show -n'
expect 0 equinfo show empty

# evaluate: one row a (file, model, window, token), in three forms.
expect 0 equinfo evaluate -m static,order0 -b 16,24 -t 8,16 --rule both --limit 10K text one
[ "$(grep -c '^text  *static' out)" -eq 9 ] || fail 'rows of text'
grep -q '^one  *order-0 entropy' out || fail 'baselines'
expect 0 equinfo evaluate --csv -m static,order0 -b 16,24 -t 8,16 --limit 10K --no-baselines text one
[ "$(wc -l <out)" -eq 21 ] || fail 'lines of CSV'
[ "$(awk -F, '{print NF}' out | sort -u)" = 12 ] || fail 'columns of CSV'
awk -F, 'NR > 1 && $4 != "" && ($9 - $6 / $8 > 1e-6 || $10 - $7 * $4 / $6 > 1e-6) { exit 1 }' out || fail 'sums of CSV'
expect 0 equinfo evaluate --json -m static -b 9,128 -t 8 --limit 10K --no-baselines text
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys
rows = json.load(sys.stdin)
assert [r["window_bits"] for r in rows] == [None, 9, 128], rows
assert rows[0]["tokens"] is None and rows[0]["bytes"] == 10240, rows
assert rows[2]["tokens"] == rows[2]["windows"] * 16, rows' <out || fail 'JSON'
fi
expect 0 equinfo evaluate --csv -m uniform --window-bits 16 --token-bits 16 empty
[ "$(tail -n 1 out)" = 'empty,uniform,longest_match,16,16,0,0,0,,,,' ] || fail 'a row of nothing'
expect 0 equinfo evaluate --json -m uniform empty
expect 1 equinfo evaluate nowhere

# info of every kind of file.
equinfo compress -m order0 --block-size 30000 text
expect 0 equinfo info -v text.eqi
[ "$(grep -c ' coded ' out)" -eq 4 ] || fail 'four blocks'
grep -q 'model  *order0' out || fail "an archive's model"
equinfo tokenize -m static --format megatron --eod --split line text -o g.bin
expect 0 equinfo info -v g.bin g.bin.eqt g.idx
grep -q 'Megatron index' out || fail "info of Megatron's index"
grep -q '65,537 ids' out || fail 'vocabulary'
equinfo tokenize -m static --format llmc text -o l.bin
expect 0 equinfo info l.bin
grep -q 'llm.c token file' out || fail 'info of llm.c'
equinfo tokenize -m static --format npy text -o n.npy
expect 0 equinfo info n.npy
grep -q 'NumPy array' out || fail 'info of npy'

no_leftovers
finish
