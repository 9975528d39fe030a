"""One model turn on a GPU that ZeroGPU lends for its length.

The GPU lives in a process that is forked for the turn: what goes there and comes back is pickled, and no thread of this
process exists there. The weights and the tokenizer are shared by the fork; the engine starts over there, at the turn
(`LocalBackend` starts it at its first reply), and its cache is warm only where ZeroGPU uses a process again. What needs
no GPU stays here.

Source: the `spaces` package 0.51.3 (`zero/wrappers.py`, `zero/client.py`), read in November 2026.
"""

from __future__ import annotations

import importlib.util
import logging
import mmap
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TypeAlias

from playground.backends.backend import Capabilities, Sight, TokenCount
from playground.backends.loaded_models import ClosableBackend
from playground.errors import CallerError, PlaygroundError, ServerError
from playground.events import Event, Failed, Finished, Usage
from playground.messages import Image
from playground.token_trace import NO_TRACE, Trace
from playground.turn import Turn

log = logging.getLogger(__name__)

Step: TypeAlias = Callable[[Turn, int, int], Generator[Event, None, None]]
"""A turn, the number of its cancel, and the seconds that the GPU is borrowed for."""
Lend: TypeAlias = Callable[[Step], Step]
"""What `spaces.GPU(duration=…)` gives: it runs the step where the GPU is."""
FIRST_TOKENS_PER_S = 25.0
"""Assumed until a reply has been timed: low, as a reply whose time is up is cut off."""
TIMED_TOKENS = 16
"""Shorter replies say little about the speed."""
CAUTION = 0.8
"""The share of the measured speed that is counted on."""
START_S = 10
"""For moving the weights to the GPU and reading the prompt."""
MOVE_S = 5
"""The part of it in which the weights move, before the turn begins."""
LEAST_S, MOST_S = 15, 120
"""More than what is left of a visitor's quota is refused at once, and a visitor without an account has 2 minutes."""
RUNNING = 1024
"""Replies that can be cancelled at a time."""
ADVICE = "Try again later, or with a smaller max_tokens, which borrows the GPU for less time."


def lender() -> Lend | None:
    """What lends GPUs here: the `spaces` package on a ZeroGPU Space; None everywhere else."""
    is_zero = os.environ.get("SPACES_ZERO_GPU", "").lower() in {"1", "t", "true"}  # as the package reads it
    if not is_zero or not importlib.util.find_spec("spaces"):
        return None
    import spaces

    lend: Lend = spaces.GPU(duration=_duration)
    return lend


def _duration(_turn: Turn, _number: int, seconds: int) -> int:
    """ZeroGPU asks for the length with the step's own arguments."""
    return seconds


class ZeroGpuBackend:
    """Implements `Backend` by another one whose replies are written where the GPU is."""

    def __init__(self, model: ClosableBackend, lend: Lend) -> None:
        """`model` has no threads before its first reply: that comes after the fork."""
        self._model = model
        self._cancels = SharedFlags(RUNNING)
        self._tokens_per_s = FIRST_TOKENS_PER_S

        def step(turn: Turn, number: int, seconds: int) -> Generator[Event, None, None]:
            yield from _within(seconds - MOVE_S, model, turn, self._cancels.flag(number))

        self._step = lend(step)

    @property
    def capabilities(self) -> Capabilities:
        """See `Backend.capabilities`."""
        return self._model.capabilities

    def trace(self, *_: object) -> Trace:
        """See `Backend.trace`: the engine runs elsewhere."""
        raise CallerError(NO_TRACE.format(name=self.capabilities.name))

    def count_tokens(self, turn: Turn) -> TokenCount:
        """See `Backend.count_tokens`."""
        return self._model.count_tokens(turn)

    def sight(self, image: Image) -> Sight | None:
        """See `Backend.sight`."""
        return self._model.sight(image)

    def cache_usage(self) -> Mapping[str, int]:
        """See `ClosableBackend.cache_usage`: what lies in the borrowed processes is not seen from here."""
        return self._model.cache_usage()

    def close(self) -> None:
        """See `ClosableBackend.close`."""
        self._model.close()

    def seconds(self, turn: Turn) -> int:
        """How long to borrow the GPU for a turn, by its longest reply and the speed of the replies so far."""
        writing = turn.options.max_tokens / (CAUTION * self._tokens_per_s)
        return round(min(MOST_S, max(LEAST_S, START_S + writing)))

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """See `Backend.reply`. Waiting for a GPU cannot be cancelled: ZeroGPU gives up after a minute.

        A reply whose borrowed time is up ends with the reason `length`.
        """
        turn = replace(turn, options=turn.options.with_seed())
        if cancel.is_set():
            yield Finished("cancelled", (), Usage(), turn.options.seed or 0)
            return
        try:
            yield from self._borrowing(turn, cancel)
        except PlaygroundError as error:
            yield Failed(error)
        except Exception as error:
            log.warning("no reply from a borrowed GPU: %s", error, exc_info=not hasattr(error, "title"))
            yield Failed(_explained(error))

    def _borrowing(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        with (
            self._cancels.one() as number,
            closing(self._step(turn, number, self.seconds(turn))) as events,
        ):
            for event in events:
                if cancel.is_set():
                    self._cancels.flag(number).set()
                if isinstance(event, Finished):
                    self._time(event.usage)
                yield event

    def _time(self, usage: Usage) -> None:
        if usage.completion_tokens >= TIMED_TOKENS and usage.decode_s > 0:
            self._tokens_per_s = (self._tokens_per_s + usage.tokens_per_second) / 2


class SharedFlags:
    """Numbered flags that this process and its forks see alike."""

    def __init__(self, count: int) -> None:
        self._bytes = mmap.mmap(-1, count)
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in range(count):
            self._free.put(number)

    @contextmanager
    def one(self) -> Iterator[int]:
        """A flag that nobody else has until the block ends, down at first. Waits for one if need be."""
        number = self._free.get()
        self._bytes[number] = 0
        try:
            yield number
        finally:
            self._free.put(number)

    def flag(self, number: int) -> SharedFlag:
        """The flag of this number, in whichever process."""
        return SharedFlag(self._bytes, number)


class SharedFlag(threading.Event):
    """An event that a fork can look at; nothing can wait for it."""

    def __init__(self, flags: mmap.mmap, number: int) -> None:
        super().__init__()
        self._flags = flags
        self._number = number

    def is_set(self) -> bool:
        """Whether it was set, here or in another process."""
        return self._flags[self._number] != 0

    def set(self) -> None:
        """Set it for every process."""
        self._flags[self._number] = 1


def _within(seconds: float, model: ClosableBackend, turn: Turn, cancel: SharedFlag) -> Iterator[Event]:
    """The reply, ended as `length` when it takes longer: ZeroGPU would end the process, and the reply be lost."""
    until = time.monotonic() + seconds
    is_late = False
    for event in model.reply(turn, cancel):
        if time.monotonic() > until and not cancel.is_set():
            is_late = True
            cancel.set()
        if is_late and isinstance(event, Finished) and event.reason == "cancelled":
            event = replace(event, reason="length")
        yield event


def _explained(error: Exception) -> ServerError:
    """ZeroGPU's refusals (quota, queue, worker) are Gradio errors with a title and a message for people."""
    title = getattr(error, "title", None) or type(error).__name__
    message = str(getattr(error, "message", error)).strip().rstrip(".")
    return ServerError(f"No reply came from a borrowed GPU. {title}: {message}. {ADVICE}", code="gpu_unavailable")
