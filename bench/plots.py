"""Results as pictures: bars with the limit above them, lines where something grows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.results import Result, Row

COLOURS = {"ours": "#3b5bdb", "llama.cpp": "#e8590c", "generate": "#868e96", "serve": "#ced4da"}
OTHERS = ("#5c7cfa", "#74b816", "#f59f00")
BARS = ("decode", "prefill", "speculation", "memory")
LINES = {"streams": r"^(\d+|one)", "chat": r"^turn (\d+), what is new"}
"""Tasks that are drawn as lines, and where the number stands in their cases."""


def draw(results: Sequence[Result], folder: Path) -> list[Path]:
    """A PNG for each task that has a picture; none without matplotlib's package."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for result in results:
        rows = [row for row in result.rows if row.values]
        if not rows or result.task not in (*BARS, *LINES):
            continue
        panels = list(dict.fromkeys(row.bits for row in rows))
        figure, axes = pyplot.subplots(1, len(panels), figsize=(4.2 * len(panels), 3.4), squeeze=False, sharey=True)
        for bits, axis in zip(panels, axes[0], strict=True):
            some = [row for row in rows if row.bits == bits]
            if result.task in BARS:
                _bars(axis, some)
            else:
                _lines(axis, some, LINES[result.task])
            axis.set_title(bits)
            axis.spines[["top", "right"]].set_visible(False)
        axes[0][0].set_ylabel(rows[0].unit)
        axes[0][0].set_ylim(bottom=0)
        handles = {
            label: handle for axis in axes[0] for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=8)
        figure.tight_layout(rect=(0, 0.09, 1, 1))
        path = folder / f"{result.task}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})
        pyplot.close(figure)
        paths.append(path)
    return paths


def _bars(axis: Any, rows: Sequence[Row]) -> None:
    cases = list(dict.fromkeys(row.case for row in rows))
    peers = list(dict.fromkeys(row.peer for row in rows))
    width = 0.8 / len(peers)
    for number, peer in enumerate(peers):
        some = [row for row in rows if row.peer == peer]
        places = [cases.index(row.case) + (number - (len(peers) - 1) / 2) * width for row in some]
        axis.bar(places, [row.value for row in some], 0.92 * width, label=peer, color=colour(peer, peers))
        for place, row in zip(places, some, strict=True):
            if row.limit is not None:
                axis.hlines(row.limit, place - width / 2, place + width / 2, "#212529", "dotted", label="its limit")
    axis.set_xticks(range(len(cases)), [case.replace(", ", ",\n") for case in cases], fontsize=8)


def _lines(axis: Any, rows: Sequence[Row], pattern: str) -> None:
    peers = list(dict.fromkeys(row.peer for row in rows))
    for peer in peers:
        points = sorted(_points((row for row in rows if row.peer == peer), pattern))
        if points:
            axis.plot(*zip(*points, strict=True), "o-", label=peer, color=colour(peer, peers), markersize=4)
            axis.set_xticks([point[0] for point in points])


def _points(rows: Iterable[Row], pattern: str) -> Iterable[tuple[int, float]]:
    for row in rows:
        if found := re.search(pattern, row.case):
            yield 1 if found[1] == "one" else int(found[1]), row.value


def colour(peer: str, peers: Sequence[str]) -> str:
    """A peer's own, the same in every picture; for others one that nobody else has."""
    unknown = [name for name in peers if name not in COLOURS]
    return COLOURS[peer] if peer in COLOURS else OTHERS[unknown.index(peer) % len(OTHERS)]
