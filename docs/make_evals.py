"""Writes docs/evals.md: the shipped sets of cases, asked of the embedded model.

Run `python docs/make_evals.py`; it takes some minutes on two cores. What it writes is measured, nothing is typed.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app import build_services
from playground.backends.embedded import EMBEDDED
from playground.chat.evals.cases import Case
from playground.chat.evals.store import Result
from playground.chat.evals.summary import Figures
from playground.settings import Settings
from playground.ui.evals.desk import SHIPPED, Desk, Report
from playground.ui.evals.view import expected

PAGE = Path(__file__).parent / "evals.md"
OPTIONS = {"temperature": 0.0, "max_tokens": 256, "seed": 0}
VERSIONS = ("transformers", "torch", "pillow")
EXAMPLES = 2
"""Of each category, right and wrong ones alike."""


def measured() -> list[Report]:
    """A finished run of each shipped set that the model can be asked: one that reads text only gets no pictures."""
    services = build_services(Settings(model=(EMBEDDED,)))
    desk = Desk(services)
    try:
        sees = services.catalogue.listing(EMBEDDED).entry.images
        names = [name for name in SHIPPED if sees or not any(case.images for case in desk.cases(name))]
        runs = [desk.begin(name, [EMBEDDED], [OPTIONS], "")[0] for name in names]
        while desk.runner.is_busy:
            time.sleep(0.5)
        return [desk.report(run) for run in runs]
    finally:
        services.evals.close()
        services.catalogue.close()


def lines(reports: Sequence[Report]) -> Iterator[str]:
    """The page."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    yield "# The shipped evals, on the embedded model\n"
    yield "Written by `python docs/make_evals.py`, which asks Gemma 3 270M with our adapter every case once, at"
    yield "temperature 0, and judges the answers by the checks that `/evals` has."
    asked = {report.run.set_name for report in reports}
    for name in [name for name in SHIPPED if name not in asked]:
        yield f"The set {name} has pictures, which this model does not see; it was not asked."
    yield f"\n{today}, {versions}."
    for report in reports:
        yield f"\n## {report.run.set_name}\n"
        yield "| category | passed | share | median | 90 % | tokens |"
        yield "|---|---|---|---|---|---|"
        for name, one in report.categories.items():
            yield row(name, one)
        yield row("**all**", report.total)
        yield "\n| question | expected | answer | |"
        yield "|---|---|---|---|"
        for case in shown(report.cases):
            yield example(case, report.results[case.id])


def row(name: str, one: Figures) -> str:
    """A category's figures."""
    seconds = [f"{value:.1f} s" if value is not None else "-" for value in (one.median_s, one.p90_s)]
    tokens = one.prompt_tokens + one.completion_tokens
    return f"| {name} | {one.passed} of {one.asked} | {one.share:.0%} | {' | '.join(seconds)} | {tokens:,} |"


def shown(cases: Sequence[Case]) -> Iterator[Case]:
    """The first cases of each category."""
    for category in dict.fromkeys(case.category for case in cases):
        yield from [case for case in cases if case.category == category][:EXAMPLES]


def example(case: Case, result: Result) -> str:
    """A case with its answer."""
    cells = (case.prompt, expected(case), result.answer or result.reason, "✓" if result.passed else "✗")
    return f"| {' | '.join(plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """A table's cell."""
    short = " ".join(text.split())
    return (short if len(short) <= 140 else short[:139] + "…").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text("\n".join(lines(measured())) + "\n", encoding="utf-8")
