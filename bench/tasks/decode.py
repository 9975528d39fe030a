"""Decoding: tokens per second of one reply, after its first token."""

from __future__ import annotations

from collections.abc import Iterator

from bench.lab import Table
from bench.results import Row
from bench.writing import Job, Written

TITLE = "Decoding, one reply"
PROMPT = 128


def measure(table: Table) -> Iterator[Row]:
    """All peers."""
    count = 16 if table.lab.quick else 32
    yield from table.measure(
        f"{PROMPT} tokens before it",
        "tok/s",
        lambda _, number: Job([table.lab.ids(PROMPT, number)], count),
        _rate,
        rounds=table.lab.rounds(4),
        per_token="read",
    )


def _rate(written: Written) -> float:
    return written.rate
