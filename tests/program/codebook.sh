#!/bin/sh
# Codebooks: built from models and texts, equal to the model's windows, in tokens and back, exported, refused.
. "$(dirname "$0")/harness"

# Compiled windows are the model's own, to the bit: text enough for the program to compile them by itself, and too little.
expect 0 equinfo codebook build -q -m english -b 12 -o twelve.eqc
expect 0 equinfo info twelve.eqc
grep -q '12 bits, 4,096 strings' out || fail 'info does not know the codebook'
expect 0 equinfo codebook info twelve.eqc english16
grep -q '16 bits, 65,536 strings' out || fail 'the built-in codebook'
for size in 3000 60000; do
    head -c $size text >part
    expect 0 equinfo tokenize -f -m english -b 12 part -o model.bin
    expect 0 equinfo tokenize -f -m twelve.eqc part -o book.bin
    same model.bin book.bin
    expect 0 equinfo detokenize -m twelve.eqc book.bin
    same out part
    expect 0 equinfo detokenize model.bin
    same out part
done
expect 0 equinfo codebook build -q -j 2 -m english -b 12 -o two.eqc
same twelve.eqc two.eqc
expect 0 equinfo codebook build -q -m english -b 10 --rule self-ending -o ten.eqc
expect 0 equinfo tokenize -f -m english -b 10 --rule self-ending part -o model.bin
expect 0 equinfo tokenize -f -m ten.eqc part -o book.bin
same model.bin book.bin

# The built-in one is what tokenize takes where it is not told otherwise.
for file in empty one binary text code; do
    expect 0 equinfo tokenize -f $file -o t.bin
    expect 0 equinfo detokenize t.bin
    same out $file
    expect 0 equinfo tokenize -f -j 2 -m english16 $file -o t2.bin
    same t.bin t2.bin
    expect 0 equinfo detokenize --no-record t.bin
    same out $file
done
expect 0 equinfo info t.bin
grep -q english16 out || fail 'the side record does not name the codebook'
expect 0 equinfo show -n 200 --codes text
expect 0 equinfo evaluate --limit 20K -t 12 -m english16,english,twelve.eqc text
[ "$(grep -c english16 out)" = 1 ] || fail 'a codebook has one row'

# Refined by a text, it holds more of such text.
head -c 100000 text >fit
expect 0 equinfo codebook build -m english -b 10 -o plain.eqc
expect 0 equinfo codebook build -v -m english -b 10 --refine fit -o fitted.eqc
grep -q 'round 15' err || fail 'rounds are not told'
size_with() { equinfo tokenize -f -m "$1" text -o size.bin && stat -c %s size.bin; }
plain=$(size_with plain.eqc)
fitted=$(size_with fitted.eqc)
[ "$fitted" -lt $((plain * 9 / 10)) ] || fail "refined: $plain to $fitted bytes"
expect 0 equinfo codebook build -q -m english -b 10 --refine fit -f -o again.eqc
same fitted.eqc again.eqc
no_leftovers

# Exports.
expect 0 equinfo codebook export --format vocabulary twelve.eqc
[ "$(wc -l <out)" = 4096 ] || fail 'a line for each string'
[ "$(head -n 1 out | cut -f 2)" = 00 ] || fail 'the first string'
expect 0 equinfo codebook export --format tokenizer --special '<|endoftext|>' twelve.eqc -o tokenizer.json
if command -v python3 >/dev/null; then
    python3 - <<'P' || fail 'tokenizer.json is not what it should be'
import json, re
t = json.load(open('tokenizer.json', encoding='utf-8'))
vocabulary = t['model']['vocab']
assert len(vocabulary) == 4096 and sorted(vocabulary.values()) == list(range(4096))
assert t['added_tokens'][0]['id'] == 4096
pattern = re.compile(t['pre_tokenizer']['pretokenizers'][1]['pattern']['Regex'])
visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
hidden = [b for b in range(256) if b not in visible]
character = {b: chr(b) for b in visible} | {b: chr(256 + i) for i, b in enumerate(hidden)}
text = open('text', 'rb').read()[:50000]
pieces = pattern.findall(''.join(character[b] for b in text))
ids = [vocabulary[p] for p in pieces]
import subprocess, os
open('small', 'wb').write(text)
subprocess.run([os.environ['EQUINFO_PROGRAM'], 'tokenize', '-q', '-f', '-m', 'twelve.eqc', 'small', '-o', 'small.bin'], check=True)
ours = open('small.bin', 'rb').read()
assert ids == [ours[i] | ours[i + 1] << 8 for i in range(0, len(ours), 2)]
P
fi
# The same by a tokenizer of Hugging Face's, where there is one: a folder with node_modules/@huggingface/tokenizers.
if [ -n "${EQUINFO_NPM:-}" ] && command -v node >/dev/null; then
    expect 0 equinfo codebook export --format tokenizer -o hf.json
    head -c 200000 text >small
    expect 0 equinfo tokenize -f small -o small.bin
    cat >ids.mjs <<'J'
import fs from 'node:fs';
import {createRequire} from 'node:module';
const {Tokenizer} = createRequire(process.env.EQUINFO_NPM + '/x.js')('@huggingface/tokenizers');
const tokenizer = new Tokenizer(JSON.parse(fs.readFileSync('hf.json', 'utf8')), {clean_up_tokenization_spaces: false});
const text = fs.readFileSync('small', 'utf8');
const {ids} = tokenizer.encode(text, {add_special_tokens: false});
fs.writeFileSync('hf.bin', Buffer.from(Uint16Array.from(ids).buffer));
if (tokenizer.decode(ids) !== text) throw new Error('another text');
J
    node ids.mjs || fail 'Hugging Face'
    same small.bin hf.bin
fi
expect 0 equinfo codebook export --format c-header --name my twelve.eqc -o my.h
if command -v cc >/dev/null; then
    cat >use.c <<'C'
#include "my.h"
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    static unsigned char text[60000], back[60000];
    static uint32_t codewords[60000];
    const size_t size = fread(text, 1, sizeof text, stdin);
    const size_t count = my_encode(text, size, codewords);
    if (my_decode(codewords, count, back, sizeof back) != size || memcmp(text, back, size) != 0) return 1;
    if (my_decode(codewords, count, back, size - 1) >= size) return 2;
    codewords[1] = MY_TOO_MUCH;
    if (my_decode(codewords, count, back, sizeof back) != my_ends[codewords[0] + 1] - my_ends[codewords[0]]) return 3;
    printf("%zu\n", count);
    return 0;
}
C
    cc -std=c99 -Wall -Wextra -pedantic -Werror -DMY_TOO_MUCH=4096u use.c -o use || fail 'the C header does not compile'
    ./use <part >count || fail 'the C header does not bring the text back'
    [ "$(cat count)" = "$(($(stat -c %s book12.bin 2>/dev/null || { equinfo tokenize -q -f -m twelve.eqc part -o book12.bin; stat -c %s book12.bin; }) / 2))" ] ||
        fail 'the C header makes other codewords'
fi

# Refused.
expect 2 equinfo tokenize -f -m twelve.eqc -b 16 text -o t.bin
expect 2 equinfo tokenize -f -m english16 --rule self-ending text -o t.bin
expect 2 equinfo codebook build -m english -b 8 -o no.eqc
expect 2 equinfo codebook build -m english -b 19 --refine text -o no.eqc
expect 1 equinfo codebook build -m context -b 9 -o no.eqc
expect 1 equinfo codebook build -m english -b 18 --refine one -o no.eqc
expect 2 equinfo codebook export --format c-header --name 9x
expect 2 equinfo codebook export --format nothing
expect 1 equinfo compress -m twelve.eqc -c text
expect 1 equinfo compress -m english16 -c text
cp text text.kept
expect 1 equinfo codebook build -f -b 9 --refine text -o no.eqc --header text
same text text.kept
cp twelve.eqc kept.eqc
expect 1 equinfo codebook export -f twelve.eqc -o twelve.eqc
same twelve.eqc kept.eqc
expect 0 equinfo tokenize -f -m twelve.eqc part -o book.bin
equinfo tokenize -f -m /dev/stdin part -o piped.bin <twelve.eqc || fail 'a codebook from a pipe'
same piped.bin book.bin
expect 2 equinfo evaluate -m twelve.eqc -t 16 text
expect 0 equinfo evaluate --limit 20K -m english16 -b 9 -t 16 text
expect 1 equinfo codebook info text
expect 1 equinfo codebook build -m english -b 12 -o twelve.eqc
head -c 5000 twelve.eqc >cut.eqc
expect 1 equinfo tokenize -f -m cut.eqc text -o t.bin
grep -q 'at byte' err || fail 'no byte offset'
expect 0 equinfo tokenize -f -m twelve.eqc text -o t.bin
expect 1 equinfo detokenize t.bin
grep -q 'fingerprint' err || fail 'the codebook that is needed is not named'
expect 1 equinfo detokenize -m ten.eqc t.bin
[ ! -e no.eqc ] || fail 'a file that should not be there'
no_leftovers
finish
