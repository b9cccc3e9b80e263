#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the text that the embedded English model was trained on.

    python3 bench/english/prepare.py CORPUS_FOLDER english.txt

CORPUS_FOLDER holds the sources as *.txt, a NUL byte behind every document. They are taken in the order of their names;
books, speeches and news twice. Every third document of a first copy, and another third of a second copy, has its
lines broken at 60 to 80 columns, one in four of these with CR LF: sources have whole paragraphs a line, but plain text
files seldom do. Reads one file at a time. Section 6 of docs/ngram.md says why, and what to do with the text.
"""

import argparse
import pathlib

TWICE = ("books", "speeches", "news_onestop")  # in a file's name


def break_lines(document: bytes, width: int, line_end: bytes) -> bytes:
    """Breaks lines at the last space up to column `width`, or at the next one where a word is longer."""
    lines = []
    for line in document.split(b"\n"):
        while len(line) > width:
            space = line.rfind(b" ", 0, width + 1)
            if space <= 0:
                space = line.find(b" ", width)
                if space < 0:
                    break
            lines.append(line[:space])
            line = line[space + 1:]
        lines.append(line)
    return line_end.join(lines)


def prepared(documents, copy: int):
    """The documents of one file, for its first (0) or second (1) copy."""
    for i, document in enumerate(documents):
        if i % 3 == copy:
            third = i // 3
            document = break_lines(document, 60 + third % 21, b"\r\n" if third % 4 == 0 else b"\n")
        yield document


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path, help="folder with the sources")
    parser.add_argument("text", type=pathlib.Path, help="where the text goes")
    arguments = parser.parse_args()
    sources = sorted(arguments.corpus.glob("*.txt"))
    if not sources:
        parser.error(f"no *.txt in {arguments.corpus}")
    with arguments.text.open("wb") as out:
        for source in sources:
            documents = source.read_bytes().split(b"\0")[:-1]  # nothing follows the last NUL byte
            for copy in range(2 if any(name in source.name for name in TWICE) else 1):
                for document in prepared(documents, copy):
                    out.write(document + b"\0")


if __name__ == "__main__":
    main()
