#!/usr/bin/env python3
"""Links of the documents lead somewhere: every relative link of a Markdown file, pictures among them, names a file that is there. With
arguments only those files are read. Prints each that does not, and ends with 1."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINK = re.compile(r"\]\(([^()\s]+)\)|<img[^>]*\ssrc=\"([^\"]+)\"")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.S)


def targets(text):
    """What a document links to within the repository, without code, addresses and places within a page."""
    for match in LINK.finditer(CODE.sub("", text)):
        target = (match.group(1) or match.group(2)).split("#")[0]
        if target and not re.match(r"[a-z+]+:", target):
            yield target


def faults(folder, text, exists):
    return [target for target in targets(text) if not exists(os.path.normpath(os.path.join(folder, target)))]


def documents():
    yield os.path.join(ROOT, "README.md")
    for folder, _, names in os.walk(os.path.join(ROOT, "docs")):
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".md"))


def main():
    failed = False
    for path in sys.argv[1:] or documents():
        with open(path, encoding="utf-8") as file:
            for target in faults(os.path.dirname(path), file.read(), os.path.exists):
                print(f"{os.path.relpath(path, ROOT)}: nothing is at '{target}'")
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
