"""Several replies at once: tokens per second of all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.lab import Lab, Table
from bench.results import Row
from bench.writing import Job, Written

TITLE = "Several replies at once"
STREAMS = (1, 2, 4, 8, 16)
PROMPT, COUNT = 32, 24
SERVE_AT = (2,)
"""`transformers serve` writes one reply after the other; one number shows it."""


def measure(table: Table) -> Iterator[Row]:
    """All numbers of replies."""
    for streams in STREAMS[:3] if table.lab.quick else STREAMS:
        peers = [name for name in table.names if name != "serve" or streams in SERVE_AT]
        yield from table.measure(
            f"{streams} at once" if streams > 1 else "one alone",
            "tok/s",
            _job(table.lab, streams),
            _rate,
            rounds=table.lab.rounds(2),
            per_token="read",
            streams=streams,
            peers=peers,
            warm=False,
        )


def _job(lab: Lab, streams: int) -> Callable[[str, int], Job]:
    return lambda _, number: Job([lab.ids(PROMPT, 100 * number + one) for one in range(streams)], COUNT)


def _rate(written: Written) -> float:
    return written.rate
