#!/bin/sh
# equinfo evaluate --learnability: what it prints and refuses. Stopped by the clock after a few seconds, so nothing is said of figures.
. "$(dirname "$0")/harness"

if ! equinfo train --help >/dev/null 2>&1; then
    echo 'SKIPPED: built without the trainer'
    exit 0
fi
quick='--learnability --minutes 0.05 -q'

# Options in $quick are several words.
# shellcheck disable=SC2086
expect 0 equinfo evaluate $quick -m english16 -t 8,16 text
[ "$(grep -c '^bytes  *1\.000  *8\.000 ' out)" = 1 ] || fail 'no row of bytes'
grep -q '^bytes: not decided' out || fail 'it is not said that the run of bytes was cut'
for name in 'english16 -b 16 -t 8' 'english16 -b 16 -t 16'; do
    grep -q "^$name  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[-0-9.]* %  *[0-9.]* %  *[0-9.]* %\$" out || fail "no row of $name"
    grep -q "^$name: not decided" out || fail "something is said of $name, which the clock cut"
done

# shellcheck disable=SC2086
expect 0 equinfo evaluate $quick --csv --no-baselines -m order0 -t 8 text text
[ "$(wc -l <out)" = 3 ] || fail 'not a head and two rows'
[ "$(head -n 1 out | tr ',' '\n' | wc -l)" = "$(tail -n 1 out | tr ',' '\n' | wc -l)" ] || fail 'rows and head have different columns'
cut -d , -f 5,7,8 out | sed 1d | grep -vqx 'order0,16,8' && fail 'a row of something else'
# shellcheck disable=SC2086
expect 0 equinfo evaluate $quick --json -m english16 -t 8 text
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys; rows = json.load(open("out")); sys.exit(len(rows) != 2 or rows[1]["model"] != "english16" or not 0 <= rows[1]["decompress"] <= 1)' ||
        fail 'not the JSON that was promised'
fi

# Refused.
head -c 99999 text >short
# shellcheck disable=SC2086
expect 1 equinfo evaluate $quick -m english16 short
says 'too short to learn from'
# shellcheck disable=SC2086
expect 2 equinfo evaluate $quick -b 32 -t 32 text
says 'at most 18 bits'
expect 2 equinfo evaluate --m2 small text
expect 2 equinfo evaluate --learnability --m2 huge text
for minutes in 0 -1 nan inf x; do
    expect 2 equinfo evaluate --learnability --minutes $minutes text
done
expect 2 equinfo evaluate --learnability --seed -1 text
expect 2 equinfo evaluate --learnability --lines text
expect 2 equinfo evaluate -j 2 text
# shellcheck disable=SC2086
expect 1 equinfo evaluate $quick --json -m english16 -t 8 short text
says 'too short to learn from'
[ "$(head -c 1 out)$(tail -n 1 out)" = '[]' ] || fail 'no array of JSON where one file was refused'
finish
