"""Prefill: tokens of a prompt per second, up to the first token of the reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.lab import Lab, Table
from bench.results import Row
from bench.writing import Job, Written

TITLE = "Reading a prompt"
LENGTHS = {512: 3, 2048: 1, 8192: 1}
"""Tokens of the prompt, and rounds: the longest takes up to a minute a time."""
SERVE_AT = 512
"""`transformers serve` reads prompts with `generate`; one length shows what is added."""


def measure(table: Table) -> Iterator[Row]:
    """All lengths."""
    for length, rounds in LENGTHS.items():
        if length > table.lab.longest:
            yield Row(f"{length} tokens", "ours", table.bits, "tok/s", missing="left out by --longest")
            continue
        yield from table.measure(
            f"{length} tokens",
            "tok/s",
            _job(table.lab, length),
            _rate(length),
            rounds=table.lab.rounds(rounds),
            per_token="multiply",
            peers=[name for name in table.names if name != "serve" or length == SERVE_AT],
            warm=False,
        )


def _job(lab: Lab, length: int) -> Callable[[str, int], Job]:
    return lambda _, number: Job([lab.ids(length, number)], 1)


def _rate(length: int) -> Callable[[Written], float]:
    return lambda written: length / written.first_s
