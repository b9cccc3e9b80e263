#!/bin/sh
# What the trainer in Python learns from: sequences within documents, batches that are full, and rows of tables that know where a sequence begins.
. "$(dirname "$0")/harness"

python=
for each in python3 /usr/bin/python3; do
    if "$each" -c 'import torch' 2>/dev/null; then
        python=$each
        break
    fi
done
if [ -z "$python" ]; then
    echo 'SKIPPED: needs PyTorch (Debian: python3-torch)'
    exit 0
fi
examples=$(CDPATH='' cd -- "$(dirname -- "$0")/../../examples" && pwd)

cat >check.py <<'END'
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import numpy as np
import torch
import train_m1

# Documents of 1 to 3,000 bytes, each of one byte alone but for its number: a sequence over an end would have two.
random = np.random.default_rng(1)
os.mkdir("texts")
with open("texts/a", "wb") as file:
    for n in range(300):
        file.write(bytes([1 + n % 255]) * int(random.choice([1, 5, 31, 32, 33, 70, 900, 3000])) + b"\0" * (1 + n % 2))
texts = train_m1.Texts("texts", "cpu")
for count, length, short_rows in [(16, 256, 2), (1, 1024, 0), (3, 512, 3), (128, 64, 16)] * 50:
    tokens, target, first = texts.batch(random, count, length, short_rows)
    place = torch.arange(length)
    assert tokens.shape == target.shape == first.shape == (count, length)
    assert (target > 0).all() and (first <= place).all(), "every place of a batch is taken"
    starts = tokens == train_m1.START
    assert (starts == (first == place)).all(), "a sequence begins with START, and nothing else does"
    assert (target == target.gather(1, first)).all(), "a sequence is of one document"
    assert (tokens[:, 1:] == target[:, :-1])[~starts[:, 1:]].all(), "a token is the byte before"
    assert short_rows == 0 or (place - first)[count - short_rows:].max() < train_m1.SHORT, "short starts are short"

# Rows of tables, of sequences that share a row of the batch, are those of each alone.
shape = train_m1.Shape(train_m1.PRESETS["fast"])
words = np.frombuffer(b"It was the BEST of times, it was caf\xc3\xa9 time; ", np.uint8).astype(np.int64)
text = torch.from_numpy(words[random.integers(0, len(words), 600)])[None]
cuts = [0, 1, 2, 50, 300, 301, 555, 600]
first = torch.zeros_like(text)
for a in cuts[:-1]:
    text[0, a], first[0, a:] = train_m1.START, a
together = train_m1.rows_of(shape, text, first)
for a, b in zip(cuts, cuts[1:]):
    alone = train_m1.rows_of(shape, text[:, a:b], torch.zeros(1, b - a, dtype=torch.int64))
    assert (together[:, a:b] == alone).all(), "a sequence knows nothing of the one before"
print("good")
END
expect 0 "$python" check.py "$examples"
grep -q '^good$' out || fail 'the checks did not get to their end'
finish
