#!/bin/sh
# The paper's tables (Lester et al. 2024) on texts of your own: Markdown and CSV, and pictures where there is gnuplot.
#
#     sh bench/paper/tables.sh PROGRAM_FOLDER OUT_FOLDER TEXT...
#
# PROGRAM_FOLDER has the built programs paper_NAME, one for each bench/paper/NAME.cpp. Two run at a time. In the environment:
#
#     M1           the compressing model: english (default), fast, base, or a model file
#     TRAIN        a text that SentencePiece learns its 32,000 subwords from (its first 25,000,000 bytes); one that has nothing to
#                  do with TEXT. Without it, or without SentencePiece (apt-get install sentencepiece libsentencepiece-dev, before the
#                  programs are built), these rows are left out
#     SENTENCEPIECE  a model of spm_train, made before, instead of TRAIN
#     BYTES        how much of TEXT the quick tables use (default: all)
#     LEARN        no: without the tables of M2, which take most of the time
#     SIZES, SEEDS of M2: small,medium,large (default: small) and numbers with commas between (default: 1); each is a run more
#     LEARN_BYTES, LEARN_TOKENS, TRANSLATED   how much M2 learns from (defaults: 4000000, 800000, 2000000)
#     SLOW_BYTES   the same for those that run M1 many times over the text (default: 1000000)
#
# What was left out is told as "SKIPPED: ...", and what went wrong as "FAILED: ...", at the end once more; then it ends with 1. Transformers are some 20 times as slow as english: for them
# BYTES=200000 SLOW_BYTES=100000.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ $# -lt 3 ]; then
    sed -n '2,/^set -eu/{/^#/p}' "$0" | sed 's/^# \{0,1\}//' >&2
    exit 2
fi
programs=$1
out=$2
shift 2
m1=${M1:-english}
bytes=${BYTES:-0}
slow=${SLOW_BYTES:-1000000}
mkdir -p "$out"
rm -f "$out/failed" "$out"/*.log
: >"$out/skipped"

skip() {
    echo "SKIPPED: $*" >&2
    echo "SKIPPED: $*" >>"$out/skipped"
}

fail() {
    echo "FAILED: $*" >&2
    echo "FAILED: $*" >>"$out/failed"
}

# Subwords.
subwords=${SENTENCEPIECE:-}
if [ -n "${TRAIN:-}" ] && [ ! -r "$TRAIN" ]; then
    echo "tables.sh: $TRAIN cannot be read" >&2
    exit 2
fi
if [ -z "$subwords" ] && [ -n "${TRAIN:-}" ] && command -v spm_train >/dev/null; then
    head -c 25000000 "$TRAIN" | tr '\0' '\n' >"$out/spm_text"
    if spm_train --input="$out/spm_text" --model_prefix="$out/spm" --vocab_size=32000 --model_type=unigram --byte_fallback=true \
        --normalization_rule_name=identity --remove_extra_whitespaces=false --add_dummy_prefix=false --max_sentence_length=100000 \
        --input_sentence_size=200000 --shuffle_input_sentence=true --random_seed=1 --minloglevel=2 >"$out/spm.log" 2>&1; then
        subwords=$out/spm.model
    else
        fail "spm_train, see $out/spm.log (has $TRAIN too little text?)"
    fi
    rm "$out/spm_text"
fi
[ -n "$subwords" ] || skip "rows of sentencepiece: no model in SENTENCEPIECE, or no text in TRAIN, or no spm_train"

# One line a table: its program and the options that it has beside TEXT. The longest first.
tables() {
    if [ "${LEARN:-yes}" = yes ]; then
        each="--sizes ${SIZES:-small} --seeds ${SEEDS:-1}"
        echo "learn --match bytes --bytes ${LEARN_BYTES:-4000000} $each"
    fi
    echo "compression --bytes $bytes"
    if [ "${LEARN:-yes}" = yes ]; then
        echo "learn --match tokens --tokens ${LEARN_TOKENS:-800000} $each"
        echo "learn --task decompress --bytes ${TRANSLATED:-2000000} $each"
        echo "learn --task compress --bytes ${TRANSLATED:-2000000} $each"
    fi
    echo "undecodable --bytes $slow"
    echo "variants --bytes $slow"
    echo "uniformity --bytes $bytes"
    echo "token_text --bytes $bytes"
    echo "resets --bytes $slow"
    echo "stability --bytes $bytes"
}

# run_one LINE TEXT...: one of these lines; what it prints goes to OUT_FOLDER/NAME.log.
run_one() {
    line=$1
    shift
    name=${line%% *}
    if [ ! -x "$programs/paper_$name" ]; then
        skip "$name: no program $programs/paper_$name"
        return
    fi
    begin=$(date +%s)
    # shellcheck disable=SC2086
    if "$programs/paper_$name" "$@" -m "$m1" ${subwords:+--sentencepiece "$subwords"} --out "$out" ${line#"$name"} \
        >>"$out/$name.log" 2>&1; then
        echo "$line: $(($(date +%s) - begin)) s"
    else
        fail "$line, see $out/$name.log"
    fi
}

# Two queues that take turns: each takes the next line that nobody has taken.
tables >"$out/todo"
work() {
    number=0
    while read -r line <&3; do
        number=$((number + 1))
        if mkdir "$out/taken.$number" 2>/dev/null; then
            run_one "$line" "$@"
        fi
    done 3<"$out/todo"
}
rm -rf "$out"/taken.*
work "$@" &
work "$@"
wait
rm -rf "$out"/taken.* "$out/todo"

if command -v gnuplot >/dev/null; then
    gnuplot -e "folder='$out'" "$here/plots.gp" || fail 'the pictures'
else
    skip "pictures: no gnuplot"
fi
cat "$out/skipped"
[ -s "$out/skipped" ] || rm "$out/skipped"
if [ -e "$out/failed" ]; then
    cat "$out/failed"
    exit 1
fi
