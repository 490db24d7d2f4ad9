#!/usr/bin/env python3
"""plot.py FILE.json FILE.svg: the ratios of a benchmark as bars; right of the line at 1 we are ahead, a mark is the goal."""
import json
import sys
from html import escape

ROW, LEFT, WIDTH, TOP = 28, 300, 420, 36
LONGEST = 20  # longer bars are cut, their number stays


def draw(rows):
    longest = min(max(max(row["ratio"], row["goal"] or 0) for row in rows) * 1.1, LONGEST)
    scale = WIDTH / max(longest, 1.5)
    height = TOP + ROW * len(rows) + 12
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{height}" '
             f'font-family="sans-serif" font-size="12">',
             f'<rect width="100%" height="100%" fill="white"/>',
             f'<text x="8" y="20" font-weight="bold">The peer\'s time by ours (more is better)</text>']
    for i, row in enumerate(rows):
        y = TOP + ROW * i
        bar = min(row["ratio"], LONGEST) * scale
        colour = "#2456c8" if row["ratio"] >= 1 else "#b3541e"
        parts.append(f'<text x="8" y="{y + 12}">{escape(row["what"])}</text>')
        parts.append(f'<text x="8" y="{y + 24}" fill="#5a6472" font-size="10">{escape(row["peer"])}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y + 4}" width="{bar:.1f}" height="16" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + bar + 6:.1f}" y="{y + 16}">{row["ratio"]:.2f}</text>')
        if row["goal"]:
            x = LEFT + row["goal"] * scale
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 24}" stroke="#1c2430" stroke-width="2"/>')
    one = LEFT + scale
    parts.append(f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 6}" y2="{height - 6}" stroke="#5a6472" stroke-dasharray="3 3"/>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        rows = json.load(file)
    with open(target, "w", encoding="utf-8") as file:
        file.write(draw(rows))


if __name__ == "__main__":
    main()
