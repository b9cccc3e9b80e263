#!/usr/bin/env python3
"""Fails when a concept lacks types that satisfy it and that do not, or an atom its must-not-compile test."""
import pathlib
import re
import sys

CONCEPT = re.compile(r"^concept (\w+) =(.*?);$", re.MULTILINE | re.DOTALL)
OPTIONAL = {"lists_frequencies", "foresees_text", "follows_text", "makes_lanes", "branches_lane", "branches_text", "decodes_windows"}  # nobody requires it, so nothing is refused for the lack of it


def main(root):
    errors, count = [], 0
    static = "\n".join(source.read_text(encoding="utf-8") for source in (root / "tests/static").glob("*.cpp"))
    for header in sorted((root / "include").rglob("*.hpp")):
        name = header.relative_to(root)
        text = header.read_text(encoding="utf-8")
        private = [(found.start(), found.end()) for found in
                   re.finditer(r"^namespace detail \{.*?^\} +// namespace detail$", text, re.MULTILINE | re.DOTALL)]
        for found in CONCEPT.finditer(text):
            if any(begin < found.start() < end for begin, end in private):
                continue
            count += 1
            concept, body = found[1], found[2]
            for sign, what in (("", "satisfies"), ("!", "does not satisfy")):
                if not re.search(rf"static_assert\({sign}(?:equinfo::)?{concept}<", static):
                    errors.append(f"{name}: {concept}: tests/static has no type that {what} it")
            if "requires" in body and concept not in OPTIONAL:
                if not (root / "tests/reject" / f"{concept}.cpp").is_file():
                    errors.append(f"{name}: {concept}: no tests/reject/{concept}.cpp")
    print("\n".join(errors) or f"{count} concepts have their tests")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
