#!/usr/bin/env python3
"""Passes on what ctest prints, as it comes, without what went well within a test program that failed and without ctest's
rows of dots. What ended neither well nor badly, as in a crash, is shown whole."""

import re
import sys

BEGIN = "[ RUN      ]"
ENDED_WELL = "[       OK ]"
ENDED = re.compile(r"\[  (FAILED|SKIPPED)|\[-{10}\]| *(Start +\d+: |\d+/\d+ Test +#)")
DOTS = re.compile(r" \.{4,}")


def failures_only(lines):
    kept = []  # of the test that runs, if one does
    for line in lines:
        line = DOTS.sub(" ...", line, count=1)
        if kept and line.startswith(ENDED_WELL):
            kept = []
            continue
        if line.startswith(BEGIN):
            yield from kept
            kept = [line]
            continue
        if kept and not ENDED.match(line):
            kept.append(line)
            continue
        yield from kept
        kept = []
        yield line
    yield from kept


if __name__ == "__main__":
    sys.stdin.reconfigure(errors="replace")
    for shown in failures_only(sys.stdin):
        sys.stdout.write(shown)
        sys.stdout.flush()
