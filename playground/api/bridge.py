"""From the loop's plain generators to async streams, so that a client that leaves frees its slot at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from playground.errors import PlaygroundError, ServerError
from playground.events import Event, Failed

Run: TypeAlias = Callable[[threading.Event], Iterator[Event]]
"""Starts one reply; the event it is given cancels it."""
Numbered: TypeAlias = tuple[int, Event]


class Replies:
    """The events of several replies as they come, each with its reply's number.

    Each reply has a thread of its own: the engine interleaves them. `cancel` ends all of them within a token.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        """Start them. Needs a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[tuple[int, Event | None]] = asyncio.Queue()
        self._cancelled = threading.Event()
        self._first: list[Numbered] = []
        self._running = len(runs)
        for number, run in enumerate(runs):
            threading.Thread(target=self._feed, args=(number, run), name=f"reply-{number}", daemon=True).start()

    async def begin(self) -> None:
        """Wait for the first event, so that a request that cannot be served is refused with its status.

        Raises: the error of a reply that failed before anything else.
        """
        async for number, event in self:
            if isinstance(event, Failed):
                self.cancel()
                raise event.error
            self._first.append((number, event))
            return

    def cancel(self) -> None:
        """End the replies that still go on."""
        self._cancelled.set()

    def __aiter__(self) -> Replies:
        return self

    async def __anext__(self) -> Numbered:
        if self._first:
            return self._first.pop()
        while self._running:
            number, event = await self._arrived.get()
            if event is not None:
                return number, event
            self._running -= 1
        raise StopAsyncIteration

    def _put(self, number: int, event: Event | None) -> None:
        # The loop is gone when the server stops in mid-reply; nobody is left to hear of it.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, (number, event))

    def _feed(self, number: int, run: Run) -> None:
        try:
            for event in run(self._cancelled):
                self._put(number, event)
        except PlaygroundError as error:
            self._put(number, Failed(error))
        except Exception as error:
            self._put(number, Failed(ServerError(f"The reply broke off: {type(error).__name__}: {error}.")))
            raise
        finally:
            self._put(number, None)
