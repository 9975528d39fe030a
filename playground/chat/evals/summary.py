"""A run in figures, two runs side by side, and a run as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playground.chat.evals.cases import Case
from playground.chat.evals.store import Result, Run
from playground.usage_log import inert, percentiles

COLUMNS = (
    *("case", "category", "prompt", "check", "expected", "passed", "reason", "answer"),
    *("seconds", "prompt_tokens", "completion_tokens"),
)


@dataclass(frozen=True)
class Figures:
    """Of the results of some cases. Seconds are None where nothing was answered; `failed` have no answer."""

    passed: int
    asked: int
    failed: int
    median_s: float | None
    p90_s: float | None
    prompt_tokens: int
    completion_tokens: int

    @property
    def share(self) -> float:
        """Of those asked, the share that passed; 0 before anything was asked."""
        return self.passed / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Difference:
    """A case that two runs do not agree on."""

    case: Case
    before: Result
    after: Result


def figures(results: Iterable[Result]) -> Figures:
    """The results in figures."""
    found = list(results)
    seconds = percentiles([one.seconds for one in found if not one.failed])
    return Figures(
        passed=sum(one.passed for one in found),
        asked=len(found),
        failed=sum(one.failed for one in found),
        median_s=seconds[50],
        p90_s=seconds[90],
        prompt_tokens=sum(one.prompt_tokens for one in found),
        completion_tokens=sum(one.completion_tokens for one in found),
    )


def by_category(cases: Sequence[Case], results: Mapping[str, Result]) -> dict[str, Figures]:
    """Figures by category, in the order in which they first come."""
    groups: dict[str, list[Result]] = {}
    for case in cases:
        group = groups.setdefault(case.category, [])
        if case.id in results:
            group.append(results[case.id])
    return {category: figures(group) for category, group in groups.items()}


def differences(cases: Sequence[Case], before: Mapping[str, Result], after: Mapping[str, Result]) -> list[Difference]:
    """The cases that passed in one of two runs only."""
    both = [case for case in cases if case.id in before and case.id in after]
    return [
        Difference(case, before[case.id], after[case.id])
        for case in both
        if before[case.id].passed != after[case.id].passed
    ]


def as_json(run: Run, cases: Sequence[Case], results: Mapping[str, Result]) -> dict[str, Any]:
    """A run with its figures and every result; pictures by their digests."""
    return {
        "run": asdict(run),
        "total": asdict(figures(results.values())),
        "categories": {name: asdict(one) for name, one in by_category(cases, results).items()},
        "results": [
            {**_row(case, results[case.id]), "images": [image.digest for image in case.images]}
            for case in cases
            if case.id in results
        ],
    }


def as_csv(cases: Sequence[Case], results: Mapping[str, Result]) -> str:
    """A run's results as CSV. A cell that a spreadsheet would take for a formula is quoted as text."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for case in cases:
        if case.id in results:
            row = _row(case, results[case.id])
            row["expected"] = json.dumps(row["expected"], ensure_ascii=False)
            writer.writerow([inert(row[name]) for name in COLUMNS])
    return written.getvalue()


def _row(case: Case, result: Result) -> dict[str, Any]:
    return {
        "case": case.id,
        "category": case.category,
        "prompt": case.prompt,
        "check": case.check.kind,
        "expected": case.check.expected,
        "passed": result.passed,
        "reason": result.reason,
        "answer": result.answer,
        "seconds": round(result.seconds, 3),
        "prompt_tokens": result.prompt_tokens,
        "completion_tokens": result.completion_tokens,
    }
