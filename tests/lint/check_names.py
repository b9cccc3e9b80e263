#!/usr/bin/env python3
"""Fails on names that say nothing, on leftovers, on paths of one machine, and on two tests of one name."""
import collections
import pathlib
import re
import subprocess
import sys

PATHS = re.compile(r"(^|/)(utils?|helpers?|common|misc|hacks)(/|\.|$)")
TEXT = {
    "a leftover": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "a path of one machine": re.compile(r"(?<![\w.])/(work|home|root|Users)/"),
    "a float flag that changes results": re.compile(r"-march=native"),
    "the place of the corpus (support/corpus.hpp knows it)": re.compile(r"shared/corpus"),
}
ALLOWED = {  # file -> the words that it may hold
    "tests/lint/check_names.py": set(TEXT),
    "CMakeLists.txt": {"a float flag that changes results"},  # the trainer's, which computes in floats anyway
    "tests/support/corpus.hpp": {"the place of the corpus (support/corpus.hpp knows it)"},
}
# Words that have another meaning here, or none; only under include/.
WORDS = {
    r"\bscale_bits\b": "precision",
    r"\bprobability_bits\b": "precision",
    r"\bpredictor\b": "model",
    r"\bbpc\b": "bits per byte",
}
TEST_CASE = re.compile(r"^(?:TEST_CASE|TEMPLATE_TEST_CASE|TEMPLATE_TEST_CASE_SIG)\(\s*\"((?:[^\"\\]|\\.)*)\"", re.MULTILINE)


def files_of(root):
    """What git tracks, or every file where there is no git."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True).stdout
        names = [name for name in listed.decode().split("\0") if name]
        if names:
            return [name for name in names if (root / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        pass
    every = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in every if path.parts[0] not in (".git", "build"))


def main(root):
    errors, tests = [], collections.defaultdict(list)
    names = files_of(root)
    for name in names:
        if PATHS.search(name):
            errors.append(f"{name}: a path that says nothing")
        if name.startswith("tests/fuzz/corpus/") or name.endswith("english_data.hpp"):
            continue
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in TEXT.items():
                if pattern.search(line) and what not in ALLOWED.get(name, ()):
                    errors.append(f"{name}:{number}: {what}: {line.strip()[:100]}")
            if name.startswith("include/"):
                for pattern, better in WORDS.items():
                    if re.search(pattern, line):
                        errors.append(f"{name}:{number}: write {better}: {line.strip()[:100]}")
        if name.startswith("tests/") and name.endswith(".cpp"):
            for test in TEST_CASE.findall(text):
                tests[test].append(name)
                if not re.match(r"[\w<>:,./\- ]+: \S", test) or ";" in test:
                    errors.append(f'{name}: TEST_CASE("{test}"): write "subject: behaviour", without a semicolon')
    for test, where in tests.items():
        if len(where) > 1:
            errors.append(f'TEST_CASE("{test}") stands in {" and ".join(where)}')
    print("\n".join(errors) or f"{len(names)} files, {len(tests)} tests: names are good")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
