"""Results as a Markdown page: a table for each task, the targets, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from bench.about import described
from bench.plots import draw
from bench.results import Result, Row, ratio
from bench.targets import TIMES, targets, verdict

HEAD = """# Benchmarks

Written by `python -m bench`; no figure here is typed by hand. What stands behind them is in
[performance.md](performance.md).

All models have random weights of Gemma 3's shapes, except where the embedded model is named, so this is about speed
alone. Peers take turns with us in one run, each in a process of its own, with the same number of threads, the same
weights and the same sampling (temperature 1, top_k 64, top_p 0.95). A row shows the median of its rounds and their
range. "ours ÷ it" is the median over rounds of our figure against that peer's in the same round, turned so that more
than 1 means that ours is better; beside a format that we do not have, it names each of ours. The limit is what this
machine allowed in the same rounds: its read rate ÷ the bytes of weights that a token takes (times the replies that
share a read), and for prompts its rate of bfloat16 products ÷ the multiplications of a token in the layers. int8 stands
beside llama.cpp's q8_0, int4 beside its q4_0. A shared machine drifts, so compare rows of one table, and ratios rather
than figures.
"""


def write_page(results: Sequence[Result], path: Path, tasks: Sequence[str] = ()) -> None:
    """Write the page and its pictures, which go to a folder of its name."""
    pictures = draw(results, path.with_suffix(""))
    parts = [HEAD, _targets(results)]
    left = [task for task in tasks if task not in {result.task for result in results}]
    if left:
        parts.append(f"Not measured for this page: {', '.join(left)}.\n")
    for result in results:
        parts.append(_section(result, [picture for picture in pictures if picture.stem == result.task], path.parent))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def _section(result: Result, pictures: Iterable[Path], beside: Path) -> str:
    module = import_module(f"bench.tasks.{result.task}")
    said = " ".join((module.__doc__ or "").split())
    lines = [f"## {module.TITLE}", "", said, ""]
    lines += [f"![{module.TITLE}]({picture.relative_to(beside).as_posix()})\n" for picture in pictures]
    lines += [
        "| case | weights | who | median | range | ours ÷ it | limit | share of it |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(result, row) for row in result.rows]
    model = getattr(module, "MODEL", f"random weights of the shape {result.about['shape']}")
    quick = " **Quick run: for trying the suite, not for quoting.**" if result.about["quick"] else ""
    lines += [
        "",
        f"Model: {model}. {described(result.about)}. {result.about['date']}.{quick}",
        "",
    ]
    return "\n".join(lines)


def _line(result: Result, row: Row) -> str:
    who = f"{row.peer} ({row.says})" if row.says else row.peer
    if not row.values:
        return f"| {row.case} | {row.bits} | {who} | missing: {row.missing} | | | | |"
    spread = f"{number(min(row.values))} to {number(max(row.values))}" if len(row.values) > 1 else "once"
    times = "" if row.peer == "ours" else times_better(result, row)
    limit = number(row.limit) if row.limit is not None else ""
    share = f"{row.share:.0%}" if row.share is not None else ""
    return (
        f"| {row.case} | {row.bits} | {who} | {number(row.value)} {row.unit} | {spread} | {times} | {limit} | {share} |"
    )


def times_better(result: Result, row: Row) -> str:
    """How many times better ours is than a row: in its format, or in each of ours where we do not have that one."""
    ours = [one for one in result.rows if (one.case, one.peer) == (row.case, "ours")]
    alike = [one for one in ours if one.bits == row.bits]
    times = {one.bits: f"{ratio(one, row):.2f}" for one in alike or ours if one.values}
    return times.get(row.bits, "") if alike else ", ".join(f"{bits} {figure}" for bits, figure in times.items())


def _targets(results: Sequence[Result]) -> str:
    by_task = {result.task: result for result in results}
    lines = ["## Targets", "", "Set before the work began, for a machine with two cores.", ""]
    lines += ["| what | weights | at least | aim | measured | |", "|---|---|---|---|---|---|"]
    for target in targets():
        measured = target.measure(by_task)
        shown = "" if measured is None else f"{measured:.2f}" if target.unit == TIMES else f"{measured:.0f} %"
        wanted = f"{target.least:g} {target.unit} | {target.aim:g} {target.unit}"
        lines.append(f"| {target.what} | {target.bits} | {wanted} | {shown} | {verdict(target, measured)} |")
    return "\n".join([*lines, ""])


def number(value: float) -> str:
    """With about three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
