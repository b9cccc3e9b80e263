#!/usr/bin/env python3
"""Fails when a header includes upwards, includes what no header may, or is too long; and when there are too many macros."""
import pathlib
import re
import sys

ABOVE = {  # layer -> the layers it may include, besides itself
    "core": set(),
    "bits": {"core"},
    "coding": {"core", "bits"},
    "models": {"core", "bits", "coding"},
    "windows": {"core", "bits", "coding", "models"},
    "codebook": {"core", "bits", "coding", "models", "windows"},
    "tokens": {"core", "bits"},
    "archive": {"core", "bits", "coding", "models", "windows", "tokens"},
    "m1": {"core", "bits", "coding", "models"},
    "train": {"core", "bits", "coding", "models", "m1"},
    "m2": {"core", "bits", "m1", "train"},
}
UMBRELLAS = {"equinfo.hpp", "english.hpp", "english_codebook.hpp", "fast_english.hpp", "base_english.hpp", "m1.hpp", "train.hpp", "m2.hpp"}  # see every layer; no header includes them
MAY_INCLUDE_UMBRELLA = {"english.hpp": {"equinfo.hpp"}}
CORE = {"version.hpp", "config.hpp", "error.hpp"}
MESSAGE = {"message.hpp"}  # at the top level, yet of the layer archive
OWNER = {"Eigen/": "train/gemm.hpp"}  # third party -> the one header that may name it
FORBIDDEN = {"iostream", "ranges", "regex", "filesystem", "format", "functional", "random", "fstream", "sstream"}
MAX_LINES = 600  # not for what is generated
GENERATED = {"english_data.hpp", "english_codebook_data.hpp", "fast_english_data.hpp", "base_english_data.hpp"}
MAX_MACROS = 8


def layer(name):
    if "/" in name:
        return name.split("/")[0]
    return "archive" if name in MESSAGE else "core"


def check_include(name, included, quote):
    if quote == '"':
        return f'write <equinfo/...>, not "{included}"'
    if included in FORBIDDEN:
        return f"<{included}> is slow to compile, or not the same everywhere: not under include/"
    for prefix, owner in OWNER.items():
        if included.startswith(prefix) and name != owner:
            return f"only {owner} may include <{included}>"
    if not included.startswith("equinfo/"):
        return None if re.fullmatch(r"[a-z0-9_]+|immintrin\.h|arm_neon\.h|cpuid\.h|unistd\.h|sys/(auxv|syscall)\.h", included) or "/" in included and name in OWNER.values() \
            else f"<{included}> is neither of the standard library nor of this one"
    included = included.removeprefix("equinfo/")
    if included in UMBRELLAS:
        return None if included in MAY_INCLUDE_UMBRELLA.get(name, ()) else "a header never includes an umbrella header"
    if name in UMBRELLAS:
        return None
    if layer(included) != layer(name) and layer(included) not in ABOVE[layer(name)]:
        return f"{layer(name)} must not include {layer(included)} ({included})"
    return None


def main(root):
    errors, macros, count = [], [], 0
    for header in sorted(root.rglob("*")):
        if header.is_dir():
            continue
        name = header.relative_to(root).as_posix()
        count += 1
        if header.suffix != ".hpp":
            errors.append(f"{name}: headers end in .hpp")
            continue
        if layer(name) not in ABOVE or "/" not in name and name not in CORE | UMBRELLAS | MESSAGE:
            errors.append(f"{name}: of no known layer")
            continue
        lines = header.read_text(encoding="utf-8").splitlines()
        if lines[:1] != ["// SPDX-License-Identifier: MIT"] or not lines[1:2] or not lines[1].startswith("// "):
            errors.append(f"{name}: starts with the SPDX line, then one sentence of description")
        if "#pragma once" not in lines[:6]:
            errors.append(f"{name}: no #pragma once")
        if len(lines) > MAX_LINES and header.name not in GENERATED:
            errors.append(f"{name}: {len(lines)} lines, the limit is {MAX_LINES}")
        for number, line in enumerate(lines, 1):
            if macro := re.match(r"\s*#\s*define\s+(\w+)", line):
                macros.append(macro[1])
                if not macro[1].startswith("EQUINFO_") or name not in ("config.hpp", "version.hpp"):
                    errors.append(f"{name}:{number}: macro {macro[1]}: only EQUINFO_ ones, in config.hpp and version.hpp")
            if name not in CORE and re.search(r"\b(using namespace|__FILE__|std::rand|random_device|_distribution<)", line):
                errors.append(f"{name}:{number}: {line.strip()}")
            include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if include and (problem := check_include(name, include[2], include[1])):
                errors.append(f"{name}:{number}: {problem}")
    if len(macros) > MAX_MACROS:
        errors.append(f"{len(macros)} macros, the limit is {MAX_MACROS}: {' '.join(macros)}")
    print("\n".join(errors) or f"{count} headers obey the layers")
    return bool(errors)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".") / "include/equinfo"))
