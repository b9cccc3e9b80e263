#!/bin/sh
# From nothing to windows, tokens and archives in one command, on a fresh Debian 12:
#
#     sh examples/quickstart.sh [FILE]
#
# Installs what is missing (g++, CMake and four libraries; as root or through sudo), builds the program equinfo under
# build/program, and shows on FILE, or else on a text that every Debian has, what it does. Changes nothing else.

set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
text=${1:-/usr/share/common-licenses/GPL-3}
if [ ! -r "$text" ] || [ -d "$text" ]; then
    echo "quickstart.sh: $text is no file that can be read" >&2
    exit 2
fi

heading() { printf '\n==== %s\n\n' "$*"; }

# run COMMAND...: shows it as one would type it, and runs it.
run() {
    printf '$ %s\n' "$*"
    "$@"
}

size() { wc -c <"$1" | tr -d ' '; }

heading '1. Build'
. "$root/tests/packages.sh"
need cmake make g++ libcli11-dev nlohmann-json3-dev libeigen3-dev zlib1g-dev gzip
log=$(mktemp)
build=$root/build/program
echo "building in $build (a minute or two) ..."
if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release &&
    cmake --build "$build" --target equinfo_program -j "$(nproc)"; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "quickstart.sh: the build failed; all it said is in $log" >&2
    exit 1
fi
rm -f "$log"
PATH=$build:$PATH
run equinfo --version

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -- "$text" "$work/text"
cd "$work"
echo "the text: $text, $(size text) bytes"

heading '2. Windows'
echo 'Each piece between two borders takes exactly 16 bits, and can be decoded by itself. Frequent text gives long pieces:'
echo
run equinfo show -n 600 text

heading '3. Tokens, and back'
echo 'A window of 16 bits is a token of 16 bits: a file as trainers of language models read it.'
echo 'Its side record, text.bin.eqt, says with which model and how it was made.'
echo
run equinfo tokenize -v text -o text.bin
echo 'the first ids:' "$(od -A n -t u2 -N 16 text.bin | tr -s ' ')"
run equinfo detokenize text.bin -o text.from_tokens
cmp text text.from_tokens
echo 'the text came back, equal to the byte'

heading '4. An archive, and back'
echo 'Without windows, the same models make files small:'
echo
run equinfo compress -v text -o text.eqi
run equinfo decompress text.eqi -o text.from_archive
cmp text text.from_archive
echo 'the text came back, equal to the byte'
gzip -9 -c text >text.gz
printf '\n%12s bytes  text\n%12s bytes  gzip -9\n%12s bytes  equinfo compress\n' "$(size text)" "$(size text.gz)" "$(size text.eqi)"

heading '5. How small, how fast'
run equinfo evaluate --limit 64K -b 16,24 -t 16 text

heading 'That was all'
echo "The program is $build/equinfo; equinfo --help has examples, docs/program.md the whole story."
