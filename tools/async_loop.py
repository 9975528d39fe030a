"""An asyncio loop in a thread of its own, so that plain code can use libraries that are async only.

What runs there ends when its caller no longer wants it: a task that is cancelled closes its connections at once, which
a thread that waits for a socket cannot be made to do.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from tools.time_limit import POLL_S, Cancelled, OutOfTime

T = TypeVar("T")


class AsyncLoop:
    """Safe to use from any thread. The thread starts with the first task."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Begin the work; cancelling the future cancels it.

        Raises: RuntimeError after `close`.
        """
        with self._lock:
            if self._closed:
                work.close()
                raise RuntimeError(f"The loop {self._name} is closed.")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], seconds: float, cancel: threading.Event | None = None) -> T:
        """What the work gives. It is cancelled when time is up or `cancel` is set.

        Raises: OutOfTime, Cancelled, and whatever the work raises.
        """
        future = self.start(work)
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            done, _ = concurrent.futures.wait([future], max(0.0, min(POLL_S if cancel else left, left)))
            if done:
                try:
                    return future.result()
                except concurrent.futures.CancelledError:
                    raise Cancelled from None  # the loop was closed under it
            wanted = cancel is None or not cancel.is_set()
            if wanted and time.monotonic() < deadline:
                continue
            future.cancel()
            raise OutOfTime if wanted else Cancelled

    def close(self) -> None:
        """Cancel what is running, wait for its clean end, and end the thread."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _wind_up() -> None:
    me = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not me]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
