"""Replies' events, passed through and noted: who asked, how each ended, how many tokens and seconds it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

from playground.events import Event, Failed, Finished, Usage
from playground.usage_log import Caller

Note: TypeAlias = Callable[[Caller, str, str, Usage, float], None]
"""Takes caller, model, outcome, usage and seconds, as `UsageLog.add` does."""


@dataclass(frozen=True)
class Meter:
    """Tells each of `notes` of every reply that it watches."""

    notes: tuple[Note, ...] = ()

    def watch(self, events: Generator[Event, None, None], caller: Caller, model: str) -> Generator[Event, None, None]:
        """The events as they are; the notes are told once, when the last has passed or the reader has left."""
        began, outcome, usage = time.monotonic(), "cancelled", Usage()
        try:
            with closing(events):
                for event in events:
                    match event:
                        case Usage():
                            usage = event
                        case Finished():
                            outcome, usage = event.reason, event.usage
                        case Failed(error):
                            outcome = error.code
                    yield event
        finally:
            for note in self.notes:
                note(caller, model, outcome, usage, time.monotonic() - began)
