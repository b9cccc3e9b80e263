#!/usr/bin/env python3
"""Fails when a document quotes an example and the example says something else.

A document marks a code block with a comment on the line before it, <!-- examples/NAME.cpp --> or
<!-- examples/NAME.cpp REGION -->. The block must equal the whole file (less its first comment lines), or what stands
between the lines "// [REGION]" and "// [/REGION]" of it, less its common indent.
"""
import pathlib
import re
import sys
import textwrap

MARK = re.compile(r"^<!-- (examples/\S+)(?: (\w+))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def region_of(text, region):
    if region is None:
        lines = text.splitlines(keepends=True)
        while lines and (lines[0].startswith("//") or not lines[0].strip()):
            lines.pop(0)
        return "".join(line for line in lines if not re.match(r"\s*// \[/?\w+\]$", line))
    found = re.search(rf"^[ \t]*// \[{region}\]\n(.*?)^[ \t]*// \[/{region}\]$", text, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(found[1]) if found else None


def main(root):
    errors, count = [], 0
    for document in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        if not document.is_file():
            continue
        text = document.read_text(encoding="utf-8")
        name = document.relative_to(root)
        marks = len(re.findall(r"^<!-- examples/", text, re.MULTILINE))
        quoted = list(MARK.finditer(text))
        if marks != len(quoted):
            errors.append(f"{name}: {marks} marks, but {len(quoted)} of them stand right before a code block")
        for quote in quoted:
            count += 1
            line = text.count("\n", 0, quote.start()) + 1
            source = root / quote[1]
            if not source.is_file():
                errors.append(f"{name}:{line}: no file {quote[1]}")
                continue
            wanted = region_of(source.read_text(encoding="utf-8"), quote[2])
            if wanted is None:
                errors.append(f"{name}:{line}: no region {quote[2]} in {quote[1]}")
            elif wanted.strip("\n") != quote[3].strip("\n"):
                errors.append(f"{name}:{line}: the block differs from {quote[1]} {quote[2] or ''}")
    for source in sorted((root / "examples").glob("*.cpp")):
        if (lines := source.read_text(encoding="utf-8").count("\n")) > 60:
            errors.append(f"examples/{source.name}: {lines} lines, the limit is 60")
    print("\n".join(errors) or f"{count} quoted blocks equal their examples")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
