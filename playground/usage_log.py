"""What was asked of this server, in figures: one row a reply, in SQLite. Never what was said.

Seconds and tokens are those of `events.Usage`. Knows nothing of models, pages or HTTP.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.events import Usage

COLUMNS = (
    "at",
    "interface",
    "app",
    "model",
    "outcome",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "thinking_tokens",
    "queue_s",
    "prefill_s",
    "decode_s",
    "first_token_s",
    "total_s",
)
"""`at` is Unix time in seconds; `outcome` is the reason that a reply ended for, or the code of its error."""
_TABLE = f"CREATE TABLE IF NOT EXISTS replies ({', '.join(COLUMNS)})"
_INDEX = "CREATE INDEX IF NOT EXISTS replies_at ON replies (at)"
DAY_S = 86_400


@dataclass(frozen=True)
class Caller:
    """How a reply was asked for: an interface of ours (`page`, `gradio`, `openai`, …), and the app's own name."""

    interface: str
    app: str = ""


@dataclass(frozen=True)
class Summary:
    """Figures of the replies since a moment. Percentiles are of successful replies; None when there were none."""

    replies: int
    failed: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    first_token_s: Mapping[int, float | None]
    total_s: Mapping[int, float | None]
    tokens_per_second: Mapping[int, float | None]

    @property
    def cached_share(self) -> float:
        """Share of prompt tokens that were not computed again."""
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else 0.0


PERCENTILES = (50, 90, 99)


class UsageLog:
    """Rows in a file, or in memory when there is no path. Safe to use from several threads and processes."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create it.

        Raises: OSError naming the file when it cannot be used.
        """
        self._lock = threading.Lock()
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=10)
            if path is not None:
                self._database.execute("PRAGMA journal_mode=WAL")
            with self._database:
                self._database.execute(_TABLE)
                self._database.execute(_INDEX)
        except sqlite3.Error as error:
            raise OSError(f"the usage record {path} cannot be opened ({error}); choose another file") from error

    def add(self, caller: Caller, model: str, outcome: str, usage: Usage, total_s: float) -> None:
        """Note one reply that ended now."""
        row = (
            time.time(),
            caller.interface,
            caller.app[:80],
            model,
            outcome,
            usage.prompt_tokens,
            usage.cached_tokens,
            usage.completion_tokens,
            usage.thinking_tokens,
            usage.queue_s,
            usage.prefill_s,
            usage.decode_s,
            usage.first_token_s,
            total_s,
        )
        with self._lock, self._database:
            self._database.execute(f"INSERT INTO replies VALUES ({','.join('?' * len(COLUMNS))})", row)

    def rows(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Every reply since a Unix time, oldest first, by `COLUMNS`."""
        with self._lock:
            found = self._database.execute("SELECT * FROM replies WHERE at >= ? ORDER BY at", (since,)).fetchall()
        return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    def by(self, column: str, since: float = 0.0) -> list[dict[str, Any]]:
        """Replies and tokens by `day` (UTC, in order), or by `model`, `interface`, `app` or `outcome` (most first).

        Raises: ValueError for another column.
        """
        if column not in {"day", "model", "interface", "app", "outcome"}:
            raise ValueError(f"usage cannot be grouped by {column!r}")
        group = "date(at, 'unixepoch')" if column == "day" else column
        order = "1" if column == "day" else "2 DESC, 1"
        query = (
            f"SELECT {group}, count(*), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens) "
            f"FROM replies WHERE at >= ? GROUP BY 1 ORDER BY {order}"
        )
        with self._lock:
            found = self._database.execute(query, (since,)).fetchall()
        names = (column, "replies", "prompt_tokens", "cached_tokens", "completion_tokens")
        return [dict(zip(names, row, strict=True)) for row in found]

    def summary(self, since: float = 0.0) -> Summary:
        """All replies since a Unix time in a few figures."""
        rows = self.rows(since)
        good = [row for row in rows if row["outcome"] in GOOD]
        speeds = [row["completion_tokens"] / row["decode_s"] for row in good if row["decode_s"]]
        return Summary(
            replies=len(rows),
            failed=len(rows) - len(good),
            prompt_tokens=sum(row["prompt_tokens"] for row in rows),
            cached_tokens=sum(row["cached_tokens"] for row in rows),
            completion_tokens=sum(row["completion_tokens"] for row in rows),
            first_token_s=percentiles([row["first_token_s"] for row in good]),
            total_s=percentiles([row["total_s"] for row in good]),
            tokens_per_second=percentiles(speeds),
        )

    def csv(self, since: float = 0.0) -> str:
        """The rows as CSV with a header. A cell that a spreadsheet would take for a formula is quoted as text."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self.rows(since):
            writer.writerow([inert(row[name]) for name in COLUMNS])
        return written.getvalue()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()


GOOD = frozenset({"stop", "length", "tool_calls", "cancelled"})
"""Outcomes that are no failures."""


def percentiles(values: Sequence[float]) -> dict[int, float | None]:
    """By nearest rank: the smallest value that at least so many percent do not exceed."""
    ordered = sorted(values)
    return {
        percent: ordered[max(0, -(-percent * len(ordered) // 100) - 1)] if ordered else None for percent in PERCENTILES
    }


def inert(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
