"""The few figures that README.md shows, written between its marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.about import described
from bench.lab import BITS
from bench.results import Result, Row, ratio

SHOWN = (
    ("decode", "128 tokens before it", "writing one reply"),
    ("streams", "8 at once", "writing 8 replies at once"),
    ("prefill", "2048 tokens", "reading 2,048 tokens"),
    ("chat", "turn 10, what is new", "tenth turn of a chat (3,000 tokens)"),
)
OTHERS = ("generate", "llama.cpp")
MARK = re.compile(r"(<!-- speed -->\n).*?(<!-- speed end -->)", re.S)


def write_table(results: Sequence[Result], readme: Path) -> None:
    """Write the table into README.md, if anything of it was measured."""
    by_task = {result.task: result for result in results}
    lines = list(_lines(by_task))
    if not lines or "decode" not in by_task:
        return
    about = by_task["decode"].about
    head = ["| | weights | ours | transformers `generate` | llama.cpp |", "|---|---|---|---|---|"]
    said = f"Gemma 3 {str(about['shape']).upper()}'s shape, random weights. {described(about)}. {about['date']}."
    table = "\n".join([*head, *lines, "", said])
    text = readme.read_text(encoding="utf-8")
    readme.write_text(MARK.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text), encoding="utf-8")


def _lines(results: Mapping[str, Result]) -> Iterator[str]:
    for task, case, said in SHOWN:
        for bits in BITS if task in results else ():
            ours = results[task].find(case, "ours", bits)
            if ours is None:
                continue
            full = "turn 10, everything again" if task == "chat" else case
            others = [results[task].find(case, peer, bits) or results[task].find(full, peer, bits) for peer in OTHERS]
            yield f"| {said} | {bits} | {_figure(ours)} | {' | '.join(_compared(ours, other) for other in others)} |"


def _figure(row: Row) -> str:
    return f"{row.value:,.0f} {row.unit}" if row.value >= 100 else f"{row.value:.1f} {row.unit}"


def _compared(ours: Row, other: Row | None) -> str:
    return "" if other is None else f"{_figure(other)}: ours {ratio(ours, other):.2f} times as fast"
