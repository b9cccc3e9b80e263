#!/usr/bin/env python3
"""Fails when the version in version.hpp is not the newest one in docs/changelog.md."""
import pathlib
import re
import sys


def main(root):
    header = (root / "include/equinfo/version.hpp").read_text(encoding="utf-8")
    version = ".".join(re.findall(r"^#define EQUINFO_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", header, re.MULTILINE))
    changelog = (root / "docs/changelog.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    if not newest or newest[1] != version:
        print(f"version.hpp says {version}, docs/changelog.md starts with {newest[1] if newest else 'no version'}")
        return 1
    print(f"version {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
