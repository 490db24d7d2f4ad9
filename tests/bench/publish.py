#!/usr/bin/env python3
"""publish.py NAME DOCUMENT.md: puts what a benchmark found (build/bench/NAME.json) into its document, between the marks
<!-- measured: NAME --> and <!-- end -->, and its plot, NAME.svg, beside it. Without such marks nothing is changed."""
import datetime
import json
import os
import re
import sys
from pathlib import Path

import plot

ROOT = Path(__file__).resolve().parents[2]


def ratio(row):
    at_least = "≥ " if row.get("at_least") else ""
    return f'{at_least}{row["ratio"]:.2f}' + ("" if row["pass"] else ", missed")


def table(rows):
    lines = ["| what | ours | ratio | compared with | goal |", "|---|---|---|---|---|"]
    for row in rows:
        goal = "" if row["goal"] is None else f'{row["goal"]:.2f}'.rstrip("0").rstrip(".")
        value = f'{row["value"]:.1f}' if row["unit"] == "MB" else f'{row["value"]:.0f}'
        lines.append(f'| {row["what"].replace(" x ", " × ")} | {value} {row["unit"]} | {ratio(row)} | {row["peer"]} | {goal} |')
    return lines


def three_way_table(rows):
    """Of rows that compare with the stock wrappers, each followed by one, NAME_local, that compares with local tables."""
    lines = ["| query | ours, ms | stock wrappers, ms | all local, ms | stock by ours | goal |", "|---|---|---|---|---|---|"]
    for stock, local in zip(rows[::2], rows[1::2]):
        peers = [row["ratio"] * row["value"] for row in (stock, local)]
        lines.append(f'| {stock["what"]} | {stock["value"]:.0f} | {"> " if stock["at_least"] else ""}{peers[0]:.0f} '
                     f'| {peers[1]:.0f} | {ratio(stock)} | {stock["goal"]:g} |')
    return lines


def when():
    load = os.getloadavg()[2]
    return (f"One run, {datetime.date.today()}, on {os.cpu_count()} cores; load at its end, over a quarter of an hour: "
            f"{load:.1f}, of which the benchmark itself is some 2.")


def main():
    name, document = sys.argv[1:]
    with open(ROOT / "build/bench" / f"{name}.json", encoding="utf-8") as file:
        rows = json.load(file)
    page = ROOT / document
    text = page.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- measured: {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
    if not marks.search(text):
        return
    is_three_way = name.startswith("tpch")
    lines = three_way_table(rows) if is_three_way else table(rows)
    content = "\n".join(["", when(), "", f"![Ratios]({name}.svg)", "", *lines, "", ""])
    page.write_text(marks.sub(lambda found: found[1] + content + found[2], text), encoding="utf-8")
    (page.parent / f"{name}.svg").write_text(plot.draw(rows[::2] if is_three_way else rows), encoding="utf-8")
    print(f"written to {document}")


if __name__ == "__main__":
    main()
