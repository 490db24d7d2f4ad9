#!/usr/bin/env python3
"""Whether a translation is complete: check.py LUPDATE ROOT FILE.ts. Gathers the program's texts again, into a copy, and names those that the
translation lacks, has unfinished, or has with other places for values. With --update the file itself is brought up to date."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def sources(root):
    for folder in ("app/core", "app/workbench"):
        for path in sorted(glob.glob(os.path.join(root, folder, "**", "*"), recursive=True)):
            is_test = path.endswith("_test.cpp") or "/testing/" in path
            if path.endswith((".cpp", ".h")) and not is_test:
                yield path


def places(text):
    return sorted(set(re.findall(r"%(?:n|L?[1-9])", text)))


def faults(file):
    for context in ElementTree.parse(file).getroot().iter("context"):
        for message in context.iter("message"):
            source, translation = message.find("source").text, message.find("translation")
            where = f"{context.find('name').text}: {source!r}"
            texts = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            if translation.get("type") in ("unfinished", "vanished", "obsolete"):
                yield f"{where}: {translation.get('type')}"
            elif any(not text.strip() for text in texts):
                yield f"{where}: empty"
            elif any(places(text) != places(source) for text in texts):
                yield f"{where}: other places for values"
            elif source.endswith("…") != texts[0].endswith("…"):
                yield f"{where}: only one of them ends with an ellipsis"


def main():
    update = "--update" in sys.argv
    lupdate, root, file = [argument for argument in sys.argv[1:] if argument != "--update"]
    with tempfile.TemporaryDirectory() as folder:
        copy = file if update else shutil.copy(file, folder)
        subprocess.run(
            [lupdate, "-silent", "-no-obsolete", "-locations", "none", "-I", root, *sources(root), "-ts", copy],
            check=True, cwd=root, stderr=subprocess.DEVNULL)
        found = list(faults(copy))
    print("\n".join(found) or "every text is translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
