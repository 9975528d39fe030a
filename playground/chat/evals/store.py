"""Sets of cases, runs and their results in SQLite: a run that was stopped, or whose server was, goes on later.

Knows nothing of models or pages. A result is kept as soon as it is there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.chat.evals.cases import Case, from_json, to_json
from playground.errors import CallerError
from playground.images import read_kept_image

SCHEMA = """
CREATE TABLE IF NOT EXISTS sets (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, cases TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, set_name TEXT NOT NULL, cases TEXT NOT NULL, count INTEGER NOT NULL,
    model TEXT NOT NULL, options TEXT NOT NULL, judge TEXT NOT NULL, began REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS results (
    run INTEGER NOT NULL, case_id TEXT NOT NULL, passed INTEGER NOT NULL, reason TEXT NOT NULL, answer TEXT NOT NULL,
    failed INTEGER NOT NULL, seconds REAL NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    PRIMARY KEY (run, case_id)
);
"""


MOST_IN_MEMORY = 4
"""Runs whose cases are held as they were read: a page that watches a run asks for them every second or two."""


@dataclass(frozen=True)
class Result:
    """What came of a case. `failed`: there is no answer, and `reason` is the error. Seconds on the clock."""

    case_id: str
    passed: bool
    reason: str
    answer: str
    failed: bool
    seconds: float
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Run:
    """A set asked of a model with some options. `done` of `count` cases have a result; `began` is Unix time."""

    id: int
    set_name: str
    count: int
    model: str
    options: Mapping[str, Any]
    judge: str
    began: float
    done: int
    passed: int


class EvalStore:
    """May be used from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create the file; None keeps everything in memory.

        Raises: CallerError when it cannot be used.
        """
        self._lock = threading.Lock()
        self._cases: dict[int, tuple[Case, ...]] = {}
        try:
            if path is not None:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._base = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None, timeout=10)
            self._base.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise CallerError(f"The file {path} cannot keep evals: {error}. Choose another --evals-db.") from error

    def save_set(self, name: str, cases: Sequence[Case]) -> None:
        """Keep a set, in place of one of the same name; runs keep the cases that they began with."""
        self._do("INSERT OR REPLACE INTO sets (name, cases) VALUES (?, ?)", name, to_json(cases))

    def set_names(self) -> list[str]:
        """The sets that were kept, oldest first."""
        return [row[0] for row in self._do("SELECT name FROM sets ORDER BY id")]

    def read_set(self, name: str) -> tuple[Case, ...]:
        """A set's cases. Raises: CallerError when there is none of this name."""
        rows = self._do("SELECT cases FROM sets WHERE name = ?", name)
        if not rows:
            raise CallerError(f"There is no set called {name!r}.", param="set")
        return from_json(rows[0][0], read_kept_image)

    def begin(self, set_name: str, cases: Sequence[Case], model: str, options: Mapping[str, Any], judge: str) -> int:
        """A new run without results; gives its id."""
        row = (set_name, to_json(cases), len(cases), model, json.dumps(dict(options)), judge, time.time())
        with self._lock:
            return int(
                self._base.execute(
                    "INSERT INTO runs (set_name, cases, count, model, options, judge, began) VALUES (?,?,?,?,?,?,?)",
                    row,
                ).lastrowid
                or 0
            )

    def add(self, run: int, result: Result) -> None:
        """Keep a result, in place of an earlier one of the same case."""
        values = tuple(result.__dict__.values())
        self._do(f"INSERT OR REPLACE INTO results VALUES (?{', ?' * len(values)})", run, *values)

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        names = ("id", "set_name", "count", "model", "options", "judge", "began", "done", "passed")
        rows = self._do(
            "SELECT runs.id, set_name, count, model, options, judge, began, COUNT(case_id), COALESCE(SUM(passed), 0) "
            "FROM runs LEFT JOIN results ON run = runs.id GROUP BY runs.id ORDER BY runs.id DESC"
        )
        return [Run(**{**dict(zip(names, row, strict=True)), "options": json.loads(row[4])}) for row in rows]

    def run(self, run: int) -> Run:
        """One of them. Raises: CallerError when there is none of this id."""
        found = next((one for one in self.runs() if one.id == run), None)
        if found is None:
            raise CallerError(f"There is no run {run}.", param="run")
        return found

    def cases(self, run: int) -> tuple[Case, ...]:
        """The cases of a run, in order."""
        if run not in self._cases:
            self.run(run)
            found = from_json(self._do("SELECT cases FROM runs WHERE id = ?", run)[0][0], read_kept_image)
            while len(self._cases) >= MOST_IN_MEMORY:
                self._cases.pop(next(iter(self._cases)), None)
            self._cases[run] = found
        return self._cases[run]

    def results(self, run: int) -> dict[str, Result]:
        """A run's results so far, by the ids of their cases."""
        rows = self._do("SELECT * FROM results WHERE run = ?", run)
        names = Result.__dataclass_fields__
        found = [Result(**{name: _typed(name, one) for name, one in zip(names, row[1:], strict=True)}) for row in rows]
        return {one.case_id: one for one in found}

    def delete(self, run: int) -> None:
        """Forget a run and its results."""
        self._cases.pop(run, None)
        self._do("DELETE FROM results WHERE run = ?", run)
        self._do("DELETE FROM runs WHERE id = ?", run)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _do(self, statement: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._base.execute(statement, values).fetchall()


def _typed(name: str, value: Any) -> Any:
    """SQLite has no truth values."""
    return bool(value) if name in ("passed", "failed") else value
