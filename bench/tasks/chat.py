"""A chat of ten turns: milliseconds to the first token of each reply, with what was read before, and without.

A turn is a message of 30 tokens and a reply of 300. When a message comes, peers that keep anything have the turns
before it: llama.cpp since it wrote them, ours since it read the last reply again while nothing was asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.lab import Lab, Table
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing

TITLE = "A chat's tenth turn"
TURNS, MESSAGE, REPLY = 10, 30, 300
KEEPING = ("ours", "llama.cpp")
NEW, FULL = "turn {}, what is new", "turn 10, everything again"
UNIT = "ms to the first token"


def measure(table: Table) -> Iterator[Row]:
    """Every turn from the cache, then the last one without it. `transformers serve` would do as `generate` does."""
    for name in [one for one in table.names if one != "serve"]:
        try:
            found = list(_turns(table.lab, table.peer(name)))
        except (Failure, Missing) as error:
            yield Row(FULL, name, table.bits, UNIT, missing=str(error), more_is_better=False)
            continue
        speed = table.lab.multiply_rate() / (2 * table.lab.shape.body_weights)  # tokens per second
        for case, milliseconds, tokens in found:
            yield Row(case, name, table.bits, UNIT, [milliseconds], 1000 * tokens / speed, more_is_better=False)


def _turns(lab: Lab, remote: Remote) -> Iterator[tuple[str, float, int]]:
    """Cases with milliseconds and the tokens that had to be read."""
    ids = lab.ids((TURNS - 1) * (MESSAGE + REPLY) + MESSAGE, 50)
    for turn in range(1, TURNS + 1) if remote.name in KEEPING else ():
        before = (turn - 1) * (MESSAGE + REPLY)
        if before:
            remote.write(_job(ids[:before], remote))
        yield NEW.format(turn), 1000 * remote.write(_job(ids[: before + MESSAGE], remote)).first_s, MESSAGE
    yield FULL, 1000 * remote.write(Job([ids], 1)).first_s, len(ids)


def _job(ids: list[int], remote: Remote) -> Job:
    """Read these, but for what is known; ours is told where messages and replies end, as dialects do."""
    turn = MESSAGE + REPLY
    seams = [at for start in range(0, len(ids), turn) for at in (start + MESSAGE, start + turn) if at <= len(ids)]
    return Job([ids], 1, keep=True, extra={"seams": seams} if remote.name == "ours" else {})
