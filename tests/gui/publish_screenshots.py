#!/usr/bin/env python3
"""Keeps the pictures that tests/gui/screenshots.txt names: publish_screenshots.py FROM TO copies them and writes TO/README.md, which shows
them by screen; --check TO says whether that folder holds just these and the page shows them. Pictures that only differ in bytes of their
compression stay as they are, so that a run that draws the same changes nothing."""

import os
import struct
import sys
import zlib

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "screenshots.txt")


def sections(lines):
    """[(title, [(caption, [source of each picture])])]"""
    found = []
    for line in (line.strip() for line in lines):
        if line.startswith("## "):
            found.append((line[3:], []))
        elif line and not line.startswith("#"):
            name, caption = line.split(": ", 1)
            names = [name[1:]] if name.startswith("=") else [f"{name}-light", f"{name}-dark"]
            found[-1][1].append((caption, names))
    return found


def kept_name(source):
    return source.replace("/", "-") + ".png"


def page(parts):
    lines = ["# Every screen", "",
             "Drawn by the tests; `./dev screenshots` draws them anew and writes this page. The guide is [the workbench](../workbench.md)."]
    for title, pictures in parts:
        lines += ["", f"## {title}"]
        pairs = [(caption, names) for caption, names in pictures if len(names) == 2]
        if pairs:
            lines += ["", "| | light | dark |", "|---|---|---|"]
            lines += [f"| {caption} | " + " | ".join(f"![{caption}]({kept_name(name)})" for name in names) + " |" for caption, names in pairs]
        for caption, names in pictures:
            if len(names) == 1:
                lines += ["", f"{caption}:", "", f"![{caption}]({kept_name(names[0])})"]
    return "\n".join(lines) + "\n"


def pixels(png):
    """What a PNG shows, apart from how well it is compressed and what is written beside it."""
    parts, data, at = [], b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        if kind == b"IDAT":
            data += body
        elif kind in (b"IHDR", b"PLTE", b"tRNS"):
            parts.append(body)
        at += 12 + length
    return parts, zlib.decompress(data)


def smaller(png):
    """The same picture with its data packed as well as zlib can, and nothing else in it."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    at, out, data = 8, png[:8], b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + length]
        if kind == b"IDAT":
            data += body
        elif kind == b"IEND":
            out += chunk(b"IDAT", zlib.compress(zlib.decompress(data), 9)) + chunk(kind, body)
        elif kind in (b"IHDR", b"PLTE", b"tRNS"):
            out += chunk(kind, body)
        at += 12 + length
    return out


def publish(source, target):
    parts = sections(open(LIST, encoding="utf-8"))
    missing = []
    for name in (name for _, pictures in parts for _, names in pictures for name in names):
        path = os.path.join(source, name + ".png")
        if not os.path.exists(path):
            missing.append(path)
            continue
        with open(path, "rb") as file:
            new = file.read()
        kept = os.path.join(target, kept_name(name))
        if os.path.exists(kept):
            with open(kept, "rb") as file:
                if pixels(file.read()) == pixels(new):
                    continue
        with open(kept, "wb") as file:
            file.write(smaller(new))
    with open(os.path.join(target, "README.md"), "w", encoding="utf-8") as file:
        file.write(page(parts))
    for path in missing:
        print(f"no test has drawn {path}")
    return missing or check(target)


def check(target):
    parts = sections(open(LIST, encoding="utf-8"))
    wanted = {kept_name(name) for _, pictures in parts for _, names in pictures for name in names}
    there = {name for name in os.listdir(target) if name.endswith(".png")}
    faults = [f"{name} is not there" for name in sorted(wanted - there)]
    faults += [f"{name} is not in tests/gui/screenshots.txt" for name in sorted(there - wanted)]
    with open(os.path.join(target, "README.md"), encoding="utf-8") as file:
        if file.read() != page(parts):
            faults.append("README.md is not what ./dev screenshots writes")
    for fault in faults:
        print(f"{target}: {fault}")
    return faults


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(1 if (check(sys.argv[2]) if sys.argv[1] == "--check" else publish(sys.argv[1], sys.argv[2])) else 0)
