"""A chat of ten turns: milliseconds to the first token of each reply, with what was read before, and without."""

from __future__ import annotations

from collections.abc import Iterator

from bench.lab import Lab, Table
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing

TITLE = "A chat's tenth turn"
TURNS, TURN_TOKENS = 10, 330
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
    ids = lab.ids(TURNS * TURN_TOKENS, 50)
    for turn in range(1, TURNS + 1) if remote.name in KEEPING else ():
        extra = {"seams": [TURN_TOKENS * earlier for earlier in range(1, turn)]} if remote.name == "ours" else {}
        written = remote.write(Job([ids[: turn * TURN_TOKENS]], 1, keep=True, extra=extra))
        yield NEW.format(turn), 1000 * written.first_s, TURN_TOKENS
    yield FULL, 1000 * remote.write(Job([ids], 1)).first_s, len(ids)
