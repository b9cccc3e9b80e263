#!/bin/sh
# compress and decompress: round trips, pipes, names, options as of gzip and zstd, the same bytes for every -j.
. "$(dirname "$0")/harness"

for model in uniform static order0 english context mixed; do
    for file in empty one binary text code; do
        [ "$model-$file" != context-code ] && [ "$model-$file" != mixed-code ] || continue
        expect 0 equinfo compress -f -m $model $file -o packed
        expect 0 equinfo decompress -f packed -o back
        same back $file
    done
done

# Names: the suffix comes and goes, the input stays, its mode and time go along.
cp text novel.txt
chmod 640 novel.txt
touch -d '2001-02-03 04:05:06' novel.txt
expect 0 equinfo compress -m order0 novel.txt
there novel.txt
there novel.txt.eqi
[ "$(stat -c '%a %Y' novel.txt)" = "$(stat -c '%a %Y' novel.txt.eqi)" ] || fail 'mode and time of an archive'
[ "$(stat -c %s novel.txt.eqi)" -lt 60000 ] || fail 'an order-0 archive of words is small'
expect 1 equinfo decompress novel.txt.eqi
says 'novel.txt: is there already; -f overwrites it'
expect 0 equinfo decompress -f novel.txt.eqi
same novel.txt text
expect 1 equinfo compress -m order0 novel.txt
says 'novel.txt.eqi: is there already'
expect 1 equinfo compress -m order0 novel.txt.eqi
says 'has the suffix .eqi already'
expect 0 equinfo compress -k -f -m order0 novel.txt
there novel.txt
expect 0 equinfo compress --rm -f -m order0 novel.txt
missing novel.txt
expect 0 equinfo decompress --rm novel.txt.eqi
missing novel.txt.eqi
same novel.txt text
[ "$(stat -c '%a %Y' novel.txt)" = "640 $(date -d '2001-02-03 04:05:06' +%s)" ] || fail 'mode and time of the text'

# Several files, one of which is not there: the others are done.
cp text a
cp one b
expect 1 equinfo compress -m order0 a nowhere b
says 'equinfo: nowhere: No such file'
there a.eqi
there b.eqi
expect 0 equinfo decompress -c a.eqi b.eqi
cat a b >both
same out both
expect 2 equinfo compress -c a b
expect 2 equinfo compress -o c a b

# Pipes and "-".
equinfo compress -m order0 <text | equinfo decompress >back || fail 'a pipe'
same back text
equinfo compress -m order0 - <text >packed && equinfo decompress - -o back -f <packed || fail 'a pipe by "-"'
same back text
expect 0 equinfo compress -m order0 -c text
mv out packed
expect 0 equinfo compress -m order0 -o other text
same packed other
expect 0 equinfo decompress --stdout packed
same out text

# A reader that goes away is no error to talk about.
cat text text text text text text text text text text >long
{ equinfo decompress -c packed 2>err; } | head -c 1 >out
[ -s err ] && fail 'a broken pipe is silent'

# The same bytes for every number of threads and way of reading.
for threads in 1 2 3 0; do
    expect 0 equinfo compress -m order0 --block-size 64K -j $threads -f long -o long.$threads
    same long.$threads long.1
    expect 0 equinfo decompress -j $threads -c long.$threads
    same out long
done
{ head -c 1000 long; sleep 1; tail -c +1001 long; } | equinfo compress -m order0 --block-size 64K >long.pipe
same long.pipe long.1

# -t checks and writes nothing; -q says nothing, -v something.
expect 0 equinfo decompress -t packed long.1
[ -s out ] && fail '-t writes'
expect 0 equinfo compress -q -f -m order0 text
[ -s err ] && fail '-q says something'
expect 0 equinfo compress -v -f -m order0 text
grep -q '^text: 100,000 -> ' err || fail '-v says nothing'
expect 0 equinfo compress -f -m order0 text
[ -s err ] && fail 'something is said without a terminal'

# On a terminal, work that takes more than half a second shows a bar; -q hides it.
if command -v script >/dev/null; then
    slowly="(cat text; sleep 1; cat text) | '$program' compress -m order0 --block-size 1K -f -o bar.eqi"
    script -qec "$slowly" /dev/null >out </dev/null
    grep -q 'standard input: .*B/s' out || fail 'no bar on a terminal'
    script -qec "$slowly -q" /dev/null >out </dev/null
    [ -s out ] && fail '-q on a terminal says something'
fi

# Links are followed, not replaced.
mkdir elsewhere
cp text elsewhere/target.eqi
ln -s elsewhere/target.eqi link.eqi
expect 0 equinfo compress -f -m order0 text -o link.eqi
[ -L link.eqi ] || fail 'a link was replaced'
expect 0 equinfo decompress -c elsewhere/target.eqi
same out text

no_leftovers
finish
