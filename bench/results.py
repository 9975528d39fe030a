"""Rows of measured values, and the folder of JSON files that keeps them between runs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "results"
"""Not under version control: `docs/benchmarks.md` is what is kept."""


@dataclass(frozen=True)
class Row:
    """One peer in one case: a value for each round, in the order of the rounds, or why there is none.

    `limit` is the best that this machine's memory or arithmetic allows, in the same unit, as measured beside it.
    """

    case: str
    peer: str
    bits: str
    unit: str
    values: Sequence[float] = ()
    limit: float | None = None
    missing: str = ""
    says: str = ""
    more_is_better: bool = True

    @property
    def value(self) -> float:
        """The median. Raises: ValueError for a row without values."""
        if not self.values:
            raise ValueError(f"{self.peer} has no value in {self.case}: {self.missing}")
        return statistics.median(self.values)

    @property
    def share(self) -> float | None:
        """How much of the limit was reached, from 0 to about 1; None where no limit is known."""
        if self.limit is None or not self.values:
            return None
        return self.value / self.limit if self.more_is_better else self.limit / self.value


@dataclass(frozen=True)
class Result:
    """One task's rows, with where, when and with what they were measured."""

    task: str
    rows: Sequence[Row]
    about: dict[str, Any] = field(default_factory=dict)

    def find(self, case: str, peer: str, bits: str) -> Row | None:
        """The row of a peer, if it has values."""
        fitting = (row for row in self.rows if (row.case, row.peer, row.bits) == (case, peer, bits) and row.values)
        return next(fitting, None)


def ratio(one: Row, other: Row) -> float:
    """How many times better `one` is than `other`: the median over rounds of the ratios within a round.

    Rounds are compared with each other where both have as many; a shared machine's speed drifts between them.
    """
    if len(one.values) == len(other.values):
        times = statistics.median(a / b for a, b in zip(one.values, other.values, strict=True))
    else:
        times = one.value / other.value
    return times if one.more_is_better else 1 / times


def save(result: Result, folder: Path = FOLDER) -> Path:
    """Write a task's result over the last one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.task}.json"
    path.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")
    return path


def load(task: str, folder: Path = FOLDER) -> Result | None:
    """A task's last result, if there is one."""
    path = folder / f"{task}.json"
    if not path.exists():
        return None
    value = json.loads(path.read_text(encoding="utf-8"))
    return Result(value["task"], [Row(**row) for row in value["rows"]], value["about"])


def load_all(tasks: Iterable[str], folder: Path = FOLDER) -> list[Result]:
    """The results that are there, in the order of `tasks`."""
    return [result for task in tasks if (result := load(task, folder)) is not None]
