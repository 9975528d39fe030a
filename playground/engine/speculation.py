"""How many proposed tokens a step should verify, so that it pays: weighs what was right so far against what it cost.

A step that decodes several ids of a row reads the weights once for all of them. Where that is cheap, tokens that
probably come next are decoded along, and count if they are what would have been sampled anyway. So proposals change
the time that a reply takes and nothing else.

The cost is measured: seconds per step as a straight line over the number of ids in it. A further id is worth a try
when its chance of being right is larger than the share of a step's tokens that its time would have given otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Literal, TypeAlias

from playground.engine.sequence import Sequence

Mode: TypeAlias = Literal["auto", "on", "off"]
"""`auto`: where it pays. `on`: always, whatever it costs. `off`: never."""

MOST = 16
"""Proposed tokens of a row in one step."""


@dataclass(frozen=True)
class Proposal:
    """Tokens that a row's next ones may be. `kind` says how they were found: guesses of a kind fare alike."""

    ids: tuple[int, ...]
    kind: str


NOTHING = Proposal((), "")


class Speculation:
    """Proposes tokens for the rows of a step, and learns from what became of them."""

    def __init__(self, mode: Mode, batches: bool) -> None:
        """`batches`: whether several ids in one step are cheaper than as many steps."""
        self._mode = mode if batches or mode == "on" else "off"
        self._cost = StepCost()

    def propose(self, rows: Several[Sequence]) -> list[Proposal]:
        """A proposal for each row, empty ones where none is likely enough."""
        if self._mode == "off":
            return [NOTHING] * len(rows)
        floor = 0.0 if self._mode == "on" else self._cost.break_even(len(rows))
        return [_proposal(row, floor) for row in rows]

    def learn(self, ids: int, seconds: float) -> None:
        """A step of `ids` ids, proposed ones included, took this long."""
        self._cost.add(ids, seconds)


class StepCost:
    """Seconds of a step as a straight line over its ids, fitted to the last steps."""

    FADING = 0.05
    """Weight of the newest step."""
    ASSUMED_SLOPE = 0.1
    """One id more costs this share of a step, until steps of different sizes have shown it."""
    ASSUMED_WEIGHT = 0.5
    """Of the assumption, in squared ids."""

    def __init__(self) -> None:
        self._ids = self._seconds = 0.0
        self._spread = self._covariance = 0.0

    def add(self, ids: int, seconds: float) -> None:
        """Count a step in. A step that stands out far (the machine was busy) counts less."""
        if not self._seconds:
            self._ids, self._seconds = ids, seconds
        more = ids - self._ids
        longer = min(seconds, 3 * self._seconds) - self._seconds
        keep = 1 - self.FADING
        self._ids += self.FADING * more
        self._seconds += self.FADING * longer
        self._spread = keep * (self._spread + self.FADING * more * more)
        self._covariance = keep * (self._covariance + self.FADING * more * longer)

    def break_even(self, rows: int) -> float:
        """The chance that a proposed token needs to be worth its time in a step of `rows` rows, at most 1."""
        if not self._seconds:
            return rows * self.ASSUMED_SLOPE
        assumed = self.ASSUMED_SLOPE * self._seconds
        slope = (self._covariance + self.ASSUMED_WEIGHT * assumed) / (self._spread + self.ASSUMED_WEIGHT)
        step = self._seconds + slope * (rows - self._ids)
        return min(1.0, rows * max(slope, 0.0) / step) if step > 0 else 1.0


def _proposal(row: Sequence, floor: float) -> Proposal:
    """What the grammar leaves no choice about, else what followed a similar place; as much as is likely enough."""
    # A larger cache is laid out otherwise, which may show in the last bits.
    places = row.cache.free_places(row.position + 1) if row.cache is not None else 0
    room = min(MOST, row.room - len(row.written) - 1, places)
    if room < 1:
        return NOTHING
    ids, kind = row.matcher.forced() if row.matcher is not None else (), "forced"
    if not ids:
        guess = row.text.guess(room)
        ids, kind = guess.ids, _kind(guess.agreeing)
        if row.matcher is not None:
            ids = ids[: row.matcher.possible(ids)]
    count = next((at for at, token in enumerate(ids) if token in row.request.stop_ids), len(ids))
    likely = row.luck.likely(kind, floor)
    if ids and not likely:
        row.luck.forget(kind)
    return Proposal(ids[: min(count, room, likely)], kind)


def _kind(agreeing: int) -> str:
    return "long" if agreeing >= 6 else "medium" if agreeing >= 3 else "short"
