"""Run work that may hang under a time limit, from a thread that can be left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

POLL_S = 0.02
"""How soon a cancel is noticed; finished work is noticed at once."""


class OutOfTime(Exception):
    """The work did not end within its limit."""


class Cancelled(Exception):
    """Somebody no longer wants the work."""


class _Worker(threading.Thread, Generic[T]):
    # A daemon, because Python cannot stop a thread: work that never ends must not keep the process alive.
    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True, name="limited-work")
        self._work = work
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self.value: T | None = None

    def run(self) -> None:
        try:
            self.value = self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()


def run_within(seconds: float, work: Callable[[], T], cancel: threading.Event | None = None) -> T:
    """What `work` gives, run in a thread of its own. Left behind, not stopped, when time is up or `cancel` is set.

    Raises: OutOfTime, Cancelled, and whatever `work` raises.
    """
    worker = _Worker(work)
    worker.start()
    deadline = time.monotonic() + seconds
    while not worker.ended.wait(max(0.0, min(POLL_S if cancel else seconds, deadline - time.monotonic()))):
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if time.monotonic() >= deadline:
            raise OutOfTime
    if worker.error is not None:
        raise worker.error
    return worker.value  # type: ignore[return-value]  # without an error, `value` is what `work` returned
