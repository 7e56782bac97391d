#!/usr/bin/env python3
"""Checks that every module includes only itself and what it names: exit 1 and a list when one does not.

A module is a quorate_module(<name> MODULES <lower modules>...) of CMakeLists.txt. Its files are below
include/quorate/<name> and src/<name>; those below include/ are for all modules above it, those below src/ for itself.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODULE = re.compile(r"^quorate_module\((\w+)\s+([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+"(quorate|src)/(\w+)/', re.MULTILINE)


def modules(text):
    """{name: the names of all modules below it}; a module stands behind those it names."""
    below = {}
    for name, arguments in MODULE.findall(text):
        named = re.search(r"MODULES\s+((?:[a-z]\w*\s*)+)", arguments)
        below[name] = set()
        for lower in named.group(1).split() if named else []:
            below[name] |= {lower} | below[lower]
    return below


def faults(name, below):
    for top in (ROOT / "include" / "quorate" / name, ROOT / "src" / name):
        for path in sorted([*top.rglob("*.h"), *top.rglob("*.cc")]):
            for place, other in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if place == "src" and other != name:
                    yield f"{path.relative_to(ROOT)} includes the inside of {other}"
                elif other != name and other not in below:
                    yield f"{path.relative_to(ROOT)} includes {other}, which {name} does not name"


def main():
    below = modules((ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))
    found = [fault for name, lower in below.items() for fault in faults(name, lower)]
    for fault in found:
        print(fault)
    print(f"{len(found)} faults in {len(below)} modules")
    return 1 if found or not below else 0


if __name__ == "__main__":
    sys.exit(main())
