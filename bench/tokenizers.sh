#!/bin/bash
# Bytes of text a token: codebooks beside subword tokenizers and gzip, on the same files in the same run:
#
#     bash bench/tokenizers.sh PROGRAM TRAIN FILE...
#
# PROGRAM is the built equinfo, TRAIN the text that SentencePiece learns from (its first 25,000,000 bytes; apt-get install sentencepiece).
# MODELS names models or codebooks (default: english16 english). NPM names a folder with node_modules/tiktoken (npm install tiktoken).
# Rows without their tool are left out. gzip: bytes of text in 16 bits of its output.
set -eu
program=$1
train=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
models=${MODELS:-english16 english}

head=; line=
add() { head="$head | $1"; line="$line|---"; }
add text; add bytes
for model in $models; do add "${model##*/}"; done
if command -v spm_train >/dev/null; then
    add 'SentencePiece unigram 32k'
    head -c 25000000 "$train" | tr '\0' '\n' >"$folder/train"
    spm_train --input="$folder/train" --model_prefix="$folder/spm" --vocab_size=32000 --model_type=unigram --byte_fallback=true \
        --normalization_rule_name=identity --remove_extra_whitespaces=false --add_dummy_prefix=false --max_sentence_length=100000 \
        --input_sentence_size=200000 --shuffle_input_sentence=true --minloglevel=2 >/dev/null 2>&1
fi
if [ -n "${NPM:-}" ] && command -v node >/dev/null; then
    add cl100k; add o200k
    cat >"$folder/count.mjs" <<'J'
import fs from 'node:fs';
import {createRequire} from 'node:module';
const {get_encoding} = createRequire(process.env.NPM + '/x.js')('tiktoken');
const [name, file] = process.argv.slice(2);
const encoding = get_encoding(name);
console.log(encoding.encode_ordinary(new TextDecoder().decode(fs.readFileSync(file))).length);
J
fi
add 'gzip -9'
printf '%s |\n%s|\n' "${head# }" "$line"

ratio() { awk -v bytes="$bytes" -v tokens="$1" 'BEGIN { printf " | %.3f", bytes / tokens }'; }
for file; do
    bytes=$(stat -c %s "$file")
    printf '| %s | %s' "${file##*/}" "$bytes"
    for model in $models; do
        "$program" tokenize -q -f -m "$model" "$file" -o "$folder/tokens"
        ratio $(($(stat -c %s "$folder/tokens") / 2))
    done
    if [ -e "$folder/spm.model" ]; then  # it does not see line ends: a token for each
        tr '\0' '\n' <"$file" | spm_encode --model="$folder/spm.model" --output_format=id >"$folder/ids"
        ratio $(($(wc -w <"$folder/ids") + $(tr '\0' '\n' <"$file" | wc -l)))
    fi
    if [ -e "$folder/count.mjs" ]; then
        for name in cl100k_base o200k_base; do
            ratio "$(node "$folder/count.mjs" $name "$file")"
        done
    fi
    ratio $(($(gzip -9 -c <"$file" | wc -c) / 2))
    echo ' |'
done
