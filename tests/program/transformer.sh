#!/bin/sh
# Model files of a transformer: made from float weights, and used wherever a model is chosen.
. "$(dirname "$0")/harness"

if ! command -v python3 >/dev/null; then
    echo 'SKIPPED: no python3'
    exit 0
fi

# make.py OUT [KIND]: a small model with random weights, the same every time; or one that is spoiled, or kept in another way.
cat >make.py <<'END'
import json, math, random, struct, sys
out, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
state = random.Random(1)
width, layers, heads, kv, head, hidden, context, columns = 32, 2, 4, 2, 16, 64, 32, 16
tables = [] if kind == "plain" else [(0, 2, 6), (1, 1, 7)]
bits = 8 if kind == "wide" else 4
even = lambda size, most: [state.uniform(-most, most) for _ in range(size)]
tensors, exponents = {}, {}
def put(name, shape, numbers, exponent=None):
    tensors[name] = (shape, numbers)
    if exponent:
        exponents[name] = exponent
put("bytes", [257, width], even(257 * width, 1))
for t, (_, _, row_bits) in enumerate(tables):
    put("tables.%d" % t, [1 << row_bits, columns], even(columns << row_bits, 2))
if tables:
    put("mix", [width, len(tables) * columns], even(width * len(tables) * columns, 0.3), 8)
for i in range(layers):
    name = "layers.%d." % i
    put(name + "qkv", [(heads + 2 * kv) * head, width], even((heads + 2 * kv) * head * width, 0.3), 8)
    put(name + "temperature", [heads], [0.3] * heads)
    put(name + "relative", [heads, context], [-0.1 * d for h in range(heads) for d in range(context)])
    put(name + "out", [width, heads * head], even(width * heads * head, 0.2), 9)
    ups = 2 * hidden if kind in ("gated", "swiglu") else hidden
    put(name + "up", [ups, width], even(ups * width, 0.3), 8)
    put(name + "down", [width, hidden], even(width * hidden, 0.2), 9)
put("symbols", [256, width], even(256 * width, 0.4), 8)
# Text of letters and blanks is likelier than the rest.
put("bias", [256], [4.0 if chr(c).islower() or c == 32 else 0.0 for c in range(256)])
values = dict(format="equinfo-m1", version="1", width=width, layers=layers, heads=heads, shared=heads // kv, head_width=head,
              hidden=hidden, context=context, columns=columns if tables else 0, table_bits=bits,
              tables=",".join("%d:%d:%d" % t for t in tables), exponents=",".join("%s=%d" % e for e in exponents.items()))
if kind in ("gated", "gates"):  # the latter say what the tensors deny
    values.update(feed="gated")
if kind == "swiglu":
    values.update(feed="swiglu")
if kind == "feed":
    values.update(feed="swish")
dtype = {"half": "F16", "brain": "BF16"}.get(kind, "F32")
def pack(numbers):
    if dtype == "F16":
        return struct.pack("<%de" % len(numbers), *numbers)
    plain = struct.pack("<%df" % len(numbers), *numbers)
    return plain if dtype == "F32" else b"".join(plain[at + 2:at + 4] for at in range(0, len(plain), 4))
if kind == "rounded":  # to what bfloat16 has
    for shape, numbers in tensors.values():
        numbers[:] = [struct.unpack("<f", b"\0\0" + struct.pack("<f", n)[2:])[0] for n in numbers]
if kind == "free":
    del values["exponents"]
if kind == "nan":
    tensors["layers.1.up"][1][5] = math.nan
if kind == "hot":
    tensors["bias"][1][3] = math.inf
if kind == "missing":
    del tensors["layers.0.relative"]
if kind == "more":
    put("layers.2.up", [1], [0.0])
if kind == "huge":
    values.update(width=1 << 40)
if kind == "odd":
    values.update(width=33)
if kind == "many":
    values.update(tables=",".join(["0:2:20"] * 17))
if kind == "kind":
    values.update(tables="0:2:6,257:1:7")
if kind == "exponent":
    values.update(exponents="symbols=99")
if kind == "twice":
    values.update(exponents="symbols=7,symbols=8")
if kind == "stranger":
    values.update(exponents="bytes=8")
if kind == "format":
    values.update(format="gpt\x1b[31m")
if kind == "comma":
    values.update(tables="0:2:6,1:1:7,")
if kind == "colon":
    values.update(tables="0:2:6:,1:1:7")
if kind == "number":
    values.update(layers="2x")
header, data = {"__metadata__": {name: str(value) for name, value in values.items()}}, b""
for name, (shape, numbers) in (reversed(tensors.items()) if kind == "backwards" else tensors.items()):
    packed = pack(numbers)
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
    data += packed
if kind == "overlap":
    header["mix"]["data_offsets"] = [n - 4 for n in header["mix"]["data_offsets"]]
if kind == "gap":
    header["bias"]["data_offsets"] = [n + 4 for n in header["bias"]["data_offsets"]]
    data += b"\0\0\0\0"
if kind == "outside":
    header["bias"]["data_offsets"] = [1 << 60, (1 << 60) + 1024]
if kind == "negative":
    header["bias"]["data_offsets"] = [-1024, 0]
if kind == "size":
    header["bias"]["data_offsets"][1] += 4
if kind == "shape":
    header["symbols"]["shape"] = [32, 256]
if kind == "fraction":
    header["symbols"]["shape"] = [256.0, 32]
if kind == "dtype":
    header["symbols"]["dtype"] = "I32"
if kind == "list":
    header["symbols"] = []
if kind == "bare":
    del header["__metadata__"]
text = json.dumps(header).encode()
if kind == "again":
    text = text[:-1] + b',"symbols":{}}'
if kind == "meta again":
    text = text.replace(b'"width": ', b'"width": "64", "width": ', 1)
if kind == "json":
    text = text[:-2] + b",,"
if kind == "overflow":
    text = b'{"a":1e9999}'
if kind == "deep":
    text = b'{"a":' + b"[" * 500000
length = len(text)
if kind == "length":
    length = 900000
if kind == "longer":
    length = 1 << 62
if kind == "behind":
    data += b"\0"
if kind == "cut":
    data = data[:-3]
open(out, "wb").write(struct.pack("<Q", length) + text + data)
END
make() { python3 make.py "$@" || fail "make.py $*"; }

# To integers, to floats, and to the very same integers.
make m.safetensors
expect 0 equinfo convert -v m.safetensors -o m.eqm
grep -qE '^m.eqm: [0-9,]+ bytes, fingerprint [0-9a-f]{16}, [0-9,]+ numbers clamped' err || fail 'convert -v says nothing'
expect 0 equinfo convert m.eqm -o m2.safetensors
expect 0 equinfo convert m2.safetensors -o m2.eqm
same m2.eqm m.eqm
expect 0 equinfo convert m2.eqm -o m3.safetensors
same m3.safetensors m2.safetensors
equinfo convert <m.eqm -o - | equinfo convert - -o - >m4.eqm || fail 'convert in a pipe'
same m4.eqm m.eqm
expect 1 equinfo convert m.safetensors -o m.eqm
says 'm.eqm: is there already'
expect 1 equinfo convert -f m.eqm -o ./m.eqm
says 'is both input and output'
expect 2 equinfo convert m.safetensors
for kind in plain wide free half rounded gated swiglu; do
    make $kind.safetensors $kind
    expect 0 equinfo convert $kind.safetensors -o $kind.eqm
    expect 0 equinfo convert $kind.eqm -o back.safetensors -f
    expect 0 equinfo convert back.safetensors -o back.eqm -f
    same back.eqm $kind.eqm
done
same free.eqm m.eqm  # the exponents that the weights would have got anyway
make backwards.safetensors backwards
expect 0 equinfo convert backwards.safetensors -o backwards.eqm
same backwards.eqm m.eqm
make brain.safetensors brain
expect 0 equinfo convert brain.safetensors -o brain.eqm
same brain.eqm rounded.eqm
# The numbers of docs/m1.md, section 7, by another hand.
python3 - <<'END' || fail 'the units'
import json, math, struct
def load(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    def take(entry):
        first, last = entry["data_offsets"]
        return struct.unpack("<%df" % ((last - first) // 4), data[first:last])
    return header["__metadata__"], {n: take(h) for n, h in header.items() if n != "__metadata__"}
given, floats = load("m.safetensors")
values, exact = load("m2.safetensors")
assert values == given, values
w = dict((n, int(e)) for n, e in (pair.split("=") for pair in values["exponents"].split(",")))
for name, numbers in floats.items():
    if name == "bytes":
        unit, most = 1024, 32767
    elif name.startswith("tables."):
        unit, most = 4, 7
    elif name == "bias":
        unit, most = 256, 1 << 24
    elif name.endswith("relative"):
        unit, most = 32, 32767
    elif name.endswith("temperature"):
        unit, most = 2 ** 19 / 22 ** 2, 2 ** 17 // 16
    else:
        unit, most = 2 ** w[name], 127
    for number, back in zip(numbers, exact[name], strict=True):
        wanted = max(-most, min(most, math.floor(abs(number * unit) + 0.5) * (1 if number >= 0 else -1)))
        assert abs(back * unit - wanted) < 1e-3, (name, number, back, wanted)
END

# A byte behind a model is one too many; a model where a codebook belongs is named as what it is not, however short.
{ cat m.eqm; echo; } >longer.eqm
for command in info 'compress text -o by_longer.eqi -m' 'convert -o longer.out'; do
    # shellcheck disable=SC2086  # several words are wanted
    expect 1 equinfo $command longer.eqm
    says "^equinfo: longer.eqm: bytes behind the end of a transformer model file (at byte $(stat -c %s m.eqm))$"
done
head -c 20 m.eqm >short.eqm
expect 1 equinfo codebook info short.eqm
says '^equinfo: short.eqm: not a codebook file (at byte 3)$'

# What is no whole model is refused by name, and leaves nothing.
refused() {
    make bad.safetensors "$1"
    expect 1 equinfo convert bad.safetensors -o bad.eqm
    says "^equinfo: bad.safetensors: .*$2.* (at byte [0-9]*)$"
    missing bad.eqm
}
refused nan 'tensor "layers.1.up" has a number that is not finite'
refused hot 'tensor "bias" has a number that is not finite'
refused missing 'has no tensor "layers.0.relative"'
refused more 'tensor "layers.2.up" has no place'
refused huge 'too large'
refused odd 'width is not a multiple of 32'
refused many 'more than 16 tables'
refused kind 'unknown kind'
refused exponent '"symbols" must have 4 to 28'
refused stranger 'names what is no matrix'
refused twice 'names "symbols" twice'
refused again 'has "symbols" twice'
refused 'meta again' 'has "width" twice'
refused fraction 'tensor "symbols" should have the shape .256,32.'
refused format 'holds format "gpt.x1b.31m"'
refused number '"2x" is no number'
refused comma '"" are not 3 numbers'
refused colon '"" is no number'
refused feed '"swish" is neither'
refused gates 'tensor "layers.0.up" should have the shape .128,32.'
refused overlap 'tensor "mix" overlaps'
refused gap 'tensor "bias" leaves a gap'
refused outside 'tensor "bias": data_offsets'
refused negative 'tensor "bias" lacks'
refused size 'tensor "bias": data_offsets'
refused shape 'tensor "symbols" should have the shape .256,32.'
refused dtype 'tensor "symbols" is of another dtype'
refused list 'tensor "symbols" lacks'
refused bare '__metadata__'
refused json 'no JSON'
refused overflow 'no JSON'
refused deep 'no JSON'
refused length 'ends within its header'
refused longer 'not a safetensors file'
refused behind 'goes on behind'
refused cut 'ends within tensor "bias"'
for file in text empty one code; do
    expect 1 equinfo convert $file -o bad.eqm
    says "^equinfo: $file: .*safetensors.*(at byte [0-9]*)$"
done
equinfo train-ngram --order 1 one -o n.eqn
expect 1 equinfo convert n.eqn -o bad.eqm
says 'n.eqn: is a model of n-grams'
missing bad.eqm

# info.
expect 0 equinfo info gated.eqm
grep -q 'hidden  *64, gated' out || fail 'a gated layer'
grep -q 'format  *3' out || fail 'the version of a gated model'
expect 0 equinfo info swiglu.eqm
grep -q 'hidden  *64, swiglu' out || fail 'a SwiGLU layer'
grep -q 'format  *5' out || fail 'the version of a SwiGLU model'
expect 0 equinfo info m.eqm plain.eqm
grep -q 'hidden  *64, squared' out || fail 'a squared layer'
grep -q 'transformer model' out || fail 'info of a transformer'
grep -q 'table  *last 2 bytes: 64 rows of 16 x 4 bits' out || fail 'a table'
grep -q 'table  *word: 128 rows' out || fail 'a table of words'
grep -q 'heads  *4 of 16, 2 of keys' out || fail 'heads'
grep -q 'parameters  *29,696 in products, 3,072 in tables' out || fail 'parameters'
grep -q 'runs here with  *[a-z]' out || fail 'instructions'

# A version that knows no gated layers says that it does not know the file's version, as this one does of the next.
cp gated.eqm later.eqm
printf '\006' | dd of=later.eqm bs=1 seek=8 conv=notrunc 2>/dev/null
expect 1 equinfo info later.eqm
says 'later.eqm: a transformer model file of version 6, but this library knows versions 2 to 5 (at byte 8)'

# Archives. More blocks than are decoded together; the bytes and the text do not depend on the threads.
head -c 20000 text >part
expect 0 equinfo compress -v --model m.eqm part
grep -q ' 1 block, model m.eqm$' err || fail 'a block of 64K holds all'
expect 0 equinfo decompress -c --model m.eqm part.eqi
same out part
expect 0 equinfo compress -m m.eqm --block-size 500 part -o one.eqi
expect 0 equinfo compress -m m.eqm --block-size 500 -j2 part -o two.eqi
same one.eqi two.eqi
expect 0 equinfo compress -m gated.eqm --block-size 500 part -o gated.eqi
expect 0 equinfo decompress -c --model gated.eqm -j 2 gated.eqi
same out part
expect 0 equinfo compress -m swiglu.eqm --block-size 500 part -o swiglu.eqi
expect 0 equinfo decompress -c --model swiglu.eqm -j 2 swiglu.eqi
same out part
for threads in 1 2 3; do
    expect 0 equinfo decompress -c --model m.eqm -j $threads one.eqi
    same out part
done
expect 0 equinfo compress -m m.eqm text
expect 0 equinfo info text.eqi
grep -q 'block size  *65,536' out || fail 'blocks of a transformer are smaller'
for file in empty one binary; do
    expect 0 equinfo compress -m m.eqm $file -o small.eqi -f
    expect 0 equinfo decompress --model m.eqm -c small.eqi
    same out $file
done
# Damage costs its block, among others that are decoded beside it.
cp one.eqi flipped.eqi
printf '\377\000\377' | dd of=flipped.eqi bs=1 seek=$(($(stat -c %s one.eqi) / 2)) conv=notrunc 2>/dev/null
expect 1 equinfo decompress --model m.eqm flipped.eqi
says 'flipped.eqi: block [0-9]* .*(at byte [0-9]*)$'
missing flipped
for threads in 1 2; do
    expect 1 equinfo decompress --model m.eqm --recover -j $threads -c flipped.eqi
    says '19,500 bytes of text were saved'
    mv out recovered.$threads
done
same recovered.1 recovered.2

# Another model, and none.
expect 1 equinfo decompress one.eqi
says 'one.eqi: was written with the model file "m.eqm" (fingerprint [0-9a-f]*); name it with --model FILE'
expect 1 equinfo decompress --model plain.eqm one.eqi
says 'one.eqi: was written with the model "m.eqm" .* and "plain.eqm" has the fingerprint'
expect 1 equinfo decompress --model n.eqn one.eqi
says 'and "n.eqn" has the fingerprint'

# Tokens, windows, sizes.
head -c 3000 text >little
expect 0 equinfo tokenize --model m.eqm little
expect 0 equinfo tokenize --model m.eqm -j2 little -o two.bin
same two.bin little.bin
expect 0 equinfo detokenize --model m.eqm little.bin
same out little
expect 1 equinfo detokenize little.bin
says 'little.bin.eqt: was written with the model file "m.eqm"'
for bits in 24 64 128; do  # many windows at once, more than there are lanes
    for rule in longest-match self-ending; do
        expect 0 equinfo tokenize --model m.eqm -b $bits -t 8 --rule $rule -f part -o windows.bin
        [ "$(stat -c %s windows.bin)" -gt $((20 * bits / 8)) ] || fail 'hardly a window'
        expect 0 equinfo detokenize --model m.eqm -j2 windows.bin
        same out part
    done
done
expect 0 equinfo show -q --model m.eqm -n 200 little
grep -q '|' out || fail 'no borders'
expect 0 equinfo evaluate --json -m m.eqm,plain.eqm -b 16 -t 16 --no-baselines little
python3 -c 'import json, sys
rows = json.load(sys.stdin)
assert [r["window_bits"] for r in rows] == [None, 16, None, 16], rows
assert [r["model"] for r in rows] == ["m.eqm"] * 2 + ["plain.eqm"] * 2, rows
assert all(r["bytes"] == 3000 for r in rows) and 0 < rows[0]["bits_per_byte"] < 8, rows' <out || fail 'JSON'

# Model files that are damaged.
size=$(stat -c %s m.eqm)
for length in 0 3 8 20 41 60 $((size / 2)) $((size - 1)); do
    head -c $length m.eqm >cut.eqm
    expect 1 equinfo compress -m cut.eqm one -o cut.eqi
    says '^equinfo: cut.eqm: '
    missing cut.eqi
done
for place in 5 8 9 12 30 33 45 $((size / 2)) $((size - 2)); do
    cp m.eqm flipped.eqm
    printf '\125' | dd of=flipped.eqm bs=1 seek=$place conv=notrunc 2>/dev/null
    expect 1 equinfo info flipped.eqm
    says '^equinfo: flipped.eqm: .*(at byte [0-9]*)$'
    expect 1 equinfo convert flipped.eqm -o none.safetensors
    missing none.safetensors
done

no_leftovers
finish
