#!/bin/sh
# Exit codes and messages; damaged archives; outputs are whole or not there.
. "$(dirname "$0")/harness"

# Usage: 2, and nothing was done.
expect 2 equinfo
expect 2 equinfo squeeze text
says 'try "equinfo --help"'
expect 2 equinfo compress --no-such-option text
says 'try "equinfo compress --help"'
expect 2 equinfo compress -j many text
expect 2 equinfo compress --block-size 1T text
says 'no size'
expect 2 equinfo compress --block-size 65M text
expect 2 equinfo tokenize -b 16 -t 17 text
says 'a token of 17 bits is longer than a window of 16'
expect 2 equinfo tokenize -b 8 text
says 'windows have 9 to 128 bits, not 8'
expect 2 equinfo tokenize -t 33 -b 64 text
expect 2 equinfo tokenize --rule shortest text
expect 2 equinfo tokenize --format csv text
expect 2 equinfo tokenize --dtype uint16 --eod text
says '65,536 window tokens and 1 special ids are 65,537 ids, and uint16 holds 65,536'
expect 2 equinfo detokenize --window-bits 16 text
expect 2 equinfo evaluate --csv --json text
expect 2 equinfo compress -9 text
says 'no levels'
expect 2 equinfo compress --rm -c text
expect 2 equinfo tokenize --drop-separators text
expect 2 equinfo tokenize text -o same --record same
expect 2 equinfo tokenize --format megatron text -o same.bin --record ./same.idx
expect 2 equinfo train-ngram text -o same --header same
expect 2 equinfo evaluate -b 16 -t 24 text
grep -q 'at byte' err && fail 'an option has no bytes'
missing same
missing text.eqi
missing text.bin
expect 0 equinfo --help
expect 0 equinfo --version
grep -qE '^equinfo [0-9]+\.[0-9]+\.[0-9]+$' out || fail '--version'
for command in compress decompress tokenize detokenize show evaluate info train-ngram convert; do
    expect 0 equinfo $command --help
    grep -q '^  *equinfo ' out || fail "$command --help has no examples"
done

# Faults: 1, with the file's name, what, and where.
expect 1 equinfo compress nowhere
says '^equinfo: nowhere: No such file or directory$'
expect 1 equinfo compress .
says 'is a directory'
expect 1 equinfo compress -m nobody text
says 'nobody: is neither a model.s name (english, .*) nor a file'
expect 1 equinfo compress -m text text
says 'text: is no model file, neither of n-grams (.eqn) nor of a transformer (.eqm)'
expect 1 equinfo decompress -c text
says 'text: not an equinfo archive (at byte 0)'
expect 1 equinfo decompress -c empty
says 'empty: .*(at byte 0)'
expect 1 equinfo compress -m order0 text -o nowhere/text.eqi
says 'nowhere/text.eqi: cannot be written: No such file or directory'
expect 1 equinfo decompress text.with.no.suffix
cp one unknown
expect 1 equinfo decompress unknown

# No output takes the place of an input.
cp one precious
ln -s precious link
equinfo train-ngram --order 1 one -o p.eqn
equinfo compress -m order0 one -o p.eqi
cp p.eqi p2.eqi
expect 1 equinfo compress --rm -f -m order0 precious -o precious
says 'precious: is both input and output'
expect 1 equinfo compress -f -m order0 precious -o link
expect 1 equinfo decompress -f p.eqi -o p.eqi
same p.eqi p2.eqi
expect 1 equinfo tokenize -f -m order0 one precious -o ./precious
expect 1 equinfo tokenize -f -m order0 precious -o p.bin --record precious
missing p.bin
expect 1 equinfo train-ngram -f precious -o precious
expect 1 equinfo train-ngram -f precious -o q.eqn --header precious
missing q.eqn
expect 0 equinfo tokenize -m order0 one -o p.bin
expect 1 equinfo detokenize -f p.bin -o p.bin
expect 1 equinfo detokenize -f p.bin -o p.bin.eqt
expect 0 equinfo detokenize p.bin
same out one
same precious one

# A device that is full.
if [ -w /dev/full ]; then
    expect 1 equinfo compress -m uniform text -o /dev/full
    says '/dev/full: cannot be written: No space left on device'
    equinfo compress -m uniform -c text >/dev/full 2>err
    [ $? -eq 1 ] || fail 'a full standard output'
    says 'standard output: cannot be written: No space left'
    equinfo show text >/dev/full 2>err
    [ $? -eq 1 ] || fail 'show onto a full device'
    equinfo evaluate --csv -m uniform one >/dev/full 2>err
    [ $? -eq 1 ] || fail 'evaluate onto a full device'
    says 'standard output: cannot be written'
    equinfo tokenize -m uniform -c text >/dev/full 2>err
    [ $? -eq 1 ] || fail 'tokenize onto a full device'
fi

# Damage. A cut archive leaves nothing; --recover saves the blocks that are whole.
expect 0 equinfo compress -m order0 --block-size 8K text -o whole.eqi
size=$(stat -c %s whole.eqi)
for length in 5 20 31 100 $((size / 2)) $((size - 24)) $((size - 1)); do
    head -c $length whole.eqi >cut.eqi
    expect 1 equinfo decompress cut.eqi
    says "^equinfo: cut.eqi: .* (at byte [0-9]*)$"
    missing cut
done
{ cat whole.eqi; echo; } >longer.eqi
expect 1 equinfo decompress longer.eqi
missing longer
cp whole.eqi flipped.eqi
printf '\377\000\377' | dd of=flipped.eqi bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
expect 1 equinfo decompress flipped.eqi
says 'flipped.eqi: .*(at byte [0-9]*)$'
missing flipped
expect 1 equinfo decompress -t flipped.eqi
expect 1 equinfo decompress --recover flipped.eqi
says 'bytes of text are lost'
there flipped
[ "$(stat -c %s flipped)" -ge 80000 ] || fail 'recovery saves too little'
cmp -s flipped text && fail 'recovery cannot give all'
head -c $((size / 2)) whole.eqi >cut.eqi
expect 1 equinfo decompress --recover -f cut.eqi
kept=$(stat -c %s cut)
head -c "$kept" text >beginning
same cut beginning
[ "$kept" -ge 32768 ] || fail 'recovery of a cut archive saves too little'

# Models: which one is needed is said; a wrong one is refused.
letters 50000 >learn
expect 0 equinfo train-ngram --order 2 --size 0 learn -o mine.eqn
head -c 20000 code >learn2
expect 0 equinfo train-ngram --order 2 --size 0 learn2 -o other.eqn
# Files of 3 GB that begin as models do, or that are none: what is behind their end is not taken into memory.
if (ulimit -v 2000000 && equinfo --version) >/dev/null 2>&1; then
    in_little_memory() { (ulimit -v 2000000 && equinfo "$@"); }
    cp mine.eqn n.huge
    printf '\211EQM\r\n\032\n\002' >m.huge
    printf '\211EQC\r\n\032\n\001' >c.huge
    printf 'text' >text.huge
    for file in n.huge m.huge c.huge text.huge; do
        truncate -s 3G $file
        expect 1 in_little_memory info $file
        says "^equinfo: $file: "
        expect 1 in_little_memory compress -m $file text -o by_huge.eqi
        says "^equinfo: $file: "
        expect 1 in_little_memory tokenize -m $file text -o by_huge.bin
        says "^equinfo: $file: "
        expect 1 in_little_memory convert $file -o huge.out
        says "^equinfo: $file: "
        grep -q memory err && fail "memory for $file"
    done
    expect 1 in_little_memory info n.huge
    says 'bytes behind the end of an n-gram model file (at byte '
    expect 1 in_little_memory info c.huge
    says 'bytes behind the end of a codebook file (at byte 36)'
    rm ./*.huge
    missing by_huge.eqi
    missing by_huge.bin
    missing huge.out
fi
expect 0 equinfo compress -m mine.eqn text -o by_mine.eqi
expect 1 equinfo decompress -c by_mine.eqi
says 'by_mine.eqi: was written with the model file "mine.eqn" (fingerprint [0-9a-f]\{16\}); name it with --model FILE'
expect 1 equinfo decompress -c --model other.eqn by_mine.eqi
says 'was written with the model "mine.eqn" (fingerprint [0-9a-f]*), and "other.eqn" has the fingerprint'
expect 1 equinfo decompress -c --model english by_mine.eqi
expect 0 equinfo decompress -c --model mine.eqn by_mine.eqi
same out text
head -c 100 mine.eqn >cut.eqn
expect 1 equinfo compress -m cut.eqn text -o never
says 'cut.eqn: an n-gram model file cut'
missing never
cp mine.eqn english
expect 0 equinfo compress -f -m ./english text -o by_file.eqi
expect 0 equinfo decompress --model ./english -c by_file.eqi
same out text

# Tokens and their records.
expect 0 equinfo tokenize -m uniform text -o t.bin
head -c 1000 t.bin >cut.bin
cp t.bin.eqt cut.bin.eqt
expect 1 equinfo detokenize cut.bin -o never
says 'cut.bin: .*(at byte 1000)$'
missing never
{ printf '\001'; tail -c +2 t.bin; } >flipped.bin
cp t.bin.eqt flipped.bin.eqt
expect 1 equinfo detokenize flipped.bin -o never
says 'flipped.bin: .*CRC-32.*(at byte [0-9]*)$'
missing never
head -c 60 t.bin.eqt >t2.eqt
expect 1 equinfo detokenize t.bin --record t2.eqt
says 't2.eqt: .*(at byte [0-9]*)$'
# A record with right checksums that speaks of windows of 200 bits.
printf '\211\105\121\124\015\012\032\012\001\000\110\000\000\001\010\000\310\000\001\000\000\000\000\000\226\164\233\217' >wide.eqt
printf '\277\234\162\202\015longest_match\013each_window\007uniform\000\000\206\353\100\200\000\000\000\000\000\000\000\000\310\000' >>wide.eqt
printf '\000\000\000\000\000\000\001\000\000\000\000\000\000\000\377\377\377\377\377\377\377\377\001\000\000\000\000\000' >>wide.eqt
printf '\000\000\031\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\000\373\204\002\212\203\312\177' >>wide.eqt
head -c 25 text >wide
expect 1 equinfo detokenize wide --record wide.eqt
says 'wide.eqt: .*windows of 200 bits.*(at byte 16)$'
expect 1 equinfo detokenize text
says 'text.eqt: the side record is not there; name it with --record FILE'
expect 1 equinfo tokenize -m uniform text -o t.bin
says 'is there already; -f overwrites it'
expect 1 equinfo tokenize -m uniform --format npy -c text
says '^equinfo: standard output: .*cannot go back'
expect 1 equinfo info text
says 'text: is no file of equinfo'

# A signal in the middle leaves nothing under the final name, nor beside it.
if command -v mkfifo >/dev/null; then
    mkfifo slow
    # Not SIGINT: a shell lets its background jobs ignore it.
    for number in TERM HUP; do
        rm -f never.eqi
        "$program" compress -m order0 --block-size 1K slow -o never.eqi 2>err &
        child=$!
        exec 9>slow
        cat text >&9
        sleep 1
        ls never.eqi.?????? >/dev/null 2>&1 || fail 'no temporary file while it works'
        kill -$number $child
        exec 9>&-
        wait $child 2>/dev/null
        [ $? -gt 128 ] || fail "SIG$number does not end it by a signal"
        missing never.eqi
    done
fi

no_leftovers
# An empty name is a script's mistake, not a wish for the default.
for command in compress decompress tokenize detokenize train-ngram; do
    expect 2 equinfo $command -o '' text
done

finish
