"""A reply while it is written, apart from the tabs that watch it: a tab may be reloaded and look again.

Watchers are woken at a pace that a page can draw. Gradio compares what it sends with what it sent before, so an update
per token would cost more than the tokens. And a generator is only closed at a `yield`, so silence must yield too, or a
closed tab would go unnoticed.
"""

from __future__ import annotations

import contextvars
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from playground.chat.context_window import Overflow
from playground.errors import PlaygroundError, ServerError
from playground.events import Event, Failed
from playground.grammar import ResponseFormat
from playground.turn import Signals, Turn
from playground.ui.segments import GrowingReply

log = logging.getLogger(__name__)

INTERVAL_S = 1 / 15
HEARTBEAT_S = 0.5
UNWATCHED_S = 120.0
"""How long a reply goes on when nobody watches it."""
KEPT_S = 600.0
"""How long a reply can still be had after its end."""
MOST_KEPT = 200
FAREWELL_S = 3.0
"""How long the server's end waits for those who watch a reply."""
SENT_S = 0.3
"""For the last words to reach them, once they were handed to Gradio."""
Seen = TypeVar("Seen")


@dataclass
class Asked:
    """What the loop was given, for a recording; `turn` is None until the reply begins. `shape` is the answer's."""

    turn: Turn | None = None
    overflow: Overflow = "refuse"
    shape: ResponseFormat = None


class RunningReply:
    """Takes a reply's events in by a thread of its own, until they end. Safe for several threads."""

    def __init__(
        self,
        events: Iterable[Event],
        signals: Signals,
        model: str,
        unwatched_s: float = UNWATCHED_S,
        asked: Asked | None = None,
    ) -> None:
        """Start. `signals` are those that `events` obeys; `model` is the name of who answers."""
        self.model = model
        self.asked = asked or Asked()
        self.signals = signals
        self.ended_at: float | None = None
        """On the monotonic clock; None while it is being written."""
        self._grown = GrowingReply(shape=self.asked.shape)
        self._unwatched_s = unwatched_s
        self._news = threading.Condition()
        self._version = 0
        self._over = threading.Event()
        self._watchers = 0
        self._patience: threading.Timer | None = None
        # The request's context goes along: ZeroGPU finds the visitor's quota in it.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._pump, events), name="reply", daemon=True).start()

    def look(self, at: Callable[[GrowingReply], Seen]) -> Seen:
        """What `at` makes of the reply as it stands; nothing is added meanwhile."""
        with self._news:
            return at(self._grown)

    def watch(self, interval_s: float = INTERVAL_S, heartbeat_s: float = HEARTBEAT_S) -> Iterator[None]:
        """Yields when there is something new, at most once each `interval_s`, and when `heartbeat_s` passed without.

        Ends with the reply. While nobody watches, the reply has `unwatched_s` left.
        """
        self._count(1)
        try:
            seen = 0
            while True:
                seen = self._next_version(seen, heartbeat_s)
                if self._over.is_set():
                    return
                drawn = time.monotonic()
                yield
                # The first event after a pause is shown at once; what follows closely is gathered.
                self._over.wait(max(0.0, drawn + interval_s - time.monotonic()))
        finally:
            self._count(-1)

    def _next_version(self, seen: int, patience_s: float) -> int:
        with self._news:
            self._news.wait_for(lambda: self._version != seen, patience_s)
            return self._version

    def stop(self) -> None:
        """End it soon; what there is of it stays."""
        self.signals.set()

    def wait_for_watchers(self, until: float) -> None:
        """Wait until nobody watches it any more, or until that time of the monotonic clock."""
        with self._news:
            self._news.wait_for(lambda: not self._watchers, max(0.0, until - time.monotonic()))

    def _pump(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._take(event)
        except PlaygroundError as error:
            self._take(Failed(error))
        except Exception as error:
            log.exception("A reply broke off")
            self._take(Failed(ServerError(f"The reply broke off: {error!r}. The server's log says more.")))
        self.signals.set()
        self.ended_at = time.monotonic()
        self._over.set()
        with self._news:
            self._version += 1
            self._news.notify_all()

    def _take(self, event: Event) -> None:
        with self._news:
            self._grown.take(event)
            self._version += 1
            self._news.notify_all()

    def _count(self, change: int) -> None:
        with self._news:
            self._watchers += change
            self._news.notify_all()
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
            if self._watchers == 0 and not self._over.is_set():
                self._patience = threading.Timer(self._unwatched_s, self._give_up)
                self._patience.daemon = True
                self._patience.start()

    def _give_up(self) -> None:
        with self._news:
            if self._watchers == 0:
                self.signals.set()


class RunningReplies:
    """Replies by an id that nobody can guess, for a tab that comes back: only its own browser knows the id."""

    def __init__(self, unwatched_s: float = UNWATCHED_S, kept_s: float = KEPT_S) -> None:
        self._unwatched_s = unwatched_s
        self._kept_s = kept_s
        self._replies: OrderedDict[str, RunningReply] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def new_id() -> str:
        """An id for a reply that is about to start."""
        return secrets.token_urlsafe(24)

    def start(
        self, reply_id: str, events: Iterable[Event], signals: Signals, model: str, asked: Asked | None = None
    ) -> RunningReply:
        """Start to write a reply that can be found by this id."""
        reply = RunningReply(events, signals, model, self._unwatched_s, asked)
        with self._lock:
            self._forget()
            self._replies[reply_id] = reply
        return reply

    def find(self, reply_id: str) -> RunningReply | None:
        """The reply of this id, running or ended not long ago; None when there is none."""
        with self._lock:
            self._forget()
            return self._replies.get(reply_id)

    def stop_all(self, patience_s: float = FAREWELL_S) -> None:
        """End every reply, for the server's own end, and let those who watch one see how far it came."""
        with self._lock:
            running = [reply for reply in self._replies.values() if reply.ended_at is None]
        for reply in running:
            reply.stop()
        until = time.monotonic() + patience_s
        for reply in running:
            reply.wait_for_watchers(until)
        if running:
            time.sleep(SENT_S)

    def _forget(self) -> None:
        now = time.monotonic()
        old = [key for key, one in self._replies.items() if one.ended_at and one.ended_at + self._kept_s < now]
        for key in old:
            del self._replies[key]
        over = [key for key, one in self._replies.items() if one.ended_at is not None]
        for key in over[: max(0, len(self._replies) - MOST_KEPT)]:
            del self._replies[key]
