"""Decides who runs next. Knows nothing of models; not thread-safe by itself.

Every step gives one token to each reply that is being written, and reads one chunk of one prompt. So nobody waits for
more than a chunk, and prompts take turns: a short one is not held up by a long one before it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from playground.engine.request import Queued
from playground.engine.sequence import Sequence
from playground.errors import Overloaded


@dataclass(frozen=True)
class Step:
    """What to do next: read a chunk of `reading`'s prompt, then write a token for each of `writing`."""

    reading: Sequence | None
    writing: tuple[Sequence, ...]


class Scheduler:
    """At most `max_active` sequences run at a time; at most `max_queue` wait."""

    def __init__(self, max_active: int, max_queue: int) -> None:
        self._max_active = max_active
        self._max_queue = max_queue
        self._waiting: deque[Sequence] = deque()
        self._reading: deque[Sequence] = deque()
        self._writing: list[Sequence] = []

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not (self._waiting or self._reading or self._writing)

    @property
    def waiting(self) -> int:
        """Sequences that have not started."""
        return len(self._waiting)

    @property
    def active(self) -> tuple[Sequence, ...]:
        """Sequences that have started."""
        return (*self._reading, *self._writing)

    def add(self, sequence: Sequence) -> None:
        """Put it at the end of the queue.

        Raises: Overloaded when the queue is full.
        """
        if len(self._waiting) >= self._max_queue and len(self.active) >= self._max_active:
            raise Overloaded(f"{len(self._waiting)} requests are waiting already, the most allowed; try again later.")
        self._waiting.append(sequence)
        self._admit()
        if self._waiting and self._waiting[-1] is sequence:
            sequence.outbox.put(Queued(len(self._waiting) - 1))

    def next_step(self) -> Step:
        """What to do next. A prompt that was read to its end since the last step is now being written."""
        self._writing += [sequence for sequence in self._reading if sequence.is_read]
        self._reading = deque(sequence for sequence in self._reading if not sequence.is_read)
        reading = self._reading[0] if self._reading else None
        self._reading.rotate(-1)
        return Step(reading, tuple(self._writing))

    def remove(self, sequence: Sequence) -> None:
        """It has ended; the next in the queue takes its place."""
        for places in (self._waiting, self._reading, self._writing):
            if sequence in places:
                places.remove(sequence)
        self._admit()

    def remove_cancelled(self) -> list[Sequence]:
        """Take out, and give back, all that their callers have cancelled, waiting ones included."""
        cancelled = [sequence for sequence in (*self._waiting, *self.active) if sequence.is_cancelled]
        for sequence in cancelled:
            self.remove(sequence)
        return cancelled

    def clear(self) -> list[Sequence]:
        """Take out, and give back, everything."""
        everything = [*self._waiting, *self.active]
        self._waiting.clear()
        self._reading.clear()
        self._writing.clear()
        return everything

    def _admit(self) -> None:
        moved = False
        while self._waiting and len(self.active) < self._max_active:
            self._reading.append(self._waiting.popleft())
            moved = True
        if moved:
            for ahead, sequence in enumerate(self._waiting):
                sequence.outbox.put(Queued(ahead))
