"""Stop strings: end a text before the first of them, and never let a part of one slip out while it is uncertain."""

from __future__ import annotations

from collections.abc import Sequence


class StopText:
    """Passes text on as it grows, up to a stop string. `stop` is the one that was found, once it was.

    The stop string that is complete first counts; of those complete at the same character, the longest.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.stop: str | None = None

    def feed(self, text: str) -> str:
        """What may be shown now: everything that can no longer be the start of a stop string."""
        if self.stop is not None:
            return ""
        text = self._held + text
        start, self.stop = self._first(text)
        self._held = "" if self.stop is not None else text[start:]
        return text[:start]

    def finish(self) -> str:
        """What was held back when the text ended: the start of a stop string that never came."""
        held, self._held = self._held, ""
        return held

    def _first(self, text: str) -> tuple[int, str | None]:
        """Where the text has to be cut, and the stop string there; None when it is only the start of one."""
        found = [(at + len(stop), at, stop) for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            _, at, stop = min(found)
            return at, stop
        return len(text) - max((overlap(text, stop) for stop in self._stops), default=0), None


def overlap(text: str, stop: str) -> int:
    """The length of the longest end of `text` that `stop` begins with."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)
