"""Where a step's time goes: milliseconds per step of one reply, and of eight at once, by what they are spent on."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.lab import Table
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing

TITLE = "Where a step's time goes"
COUNT = 24
PARTS = {"decode": "weights and attention", "sample": "choosing tokens", "rest": "all else"}


def measure(table: Table) -> Iterator[Row]:
    """Ours."""
    try:
        for streams in (1, 8):
            yield from _parts(table, table.peer("ours"), streams)
    except (Failure, Missing) as error:
        yield Row("one reply", "ours", table.bits, "ms", missing=str(error), more_is_better=False)


def _parts(table: Table, remote: Remote, streams: int) -> Iterator[Row]:
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    rates = []
    for number in range(table.lab.rounds(2)):
        prompts = [table.lab.ids(64, 10 * number + one) for one in range(streams)]
        notes = remote.write(Job(prompts, COUNT, extra={"parts": True})).notes
        for part in PARTS:
            found[part].append(1000 * notes[part])
        rates.append(table.lab.read_rate())
    limit = 1000 * (remote.loaded.weight_bytes or 0) / statistics.median(rates)
    for part, said in PARTS.items():
        case = f"{'one reply' if streams == 1 else f'{streams} at once'}: {said}"
        bound = limit if part == "decode" else None
        yield Row(case, "ours", table.bits, "ms", found[part], bound, more_is_better=False)
