"""The two ends of one reply's stream: the worker writes into an `Outbox`, the caller reads a `Stream`."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from playground.engine.constrain import Matcher
from playground.engine.read_ahead import Past
from playground.engine.request import Broken, Done, Output
from playground.errors import CallerError


class Outbox:
    """The worker's end. Holds no reference to the stream, so an abandoned stream is noticed and cancels itself."""

    def __init__(self, asked: threading.Event | None = None) -> None:
        """`asked`: an event of the caller's that cancels too; it is never set here."""
        self.cancelled = threading.Event()
        self._asked = asked
        self._items: queue.SimpleQueue[Output] = queue.SimpleQueue()
        self.new_rules: Callable[[Sequence[int]], Matcher] | None = None
        """Gives what the reply is to follow from its next token on, from the ids so far. The worker takes it away."""
        self.past: Past | None = None
        """What the reply has left behind, once it has ended."""

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants no more."""
        return self.cancelled.is_set() or (self._asked is not None and self._asked.is_set())

    def put(self, item: Output) -> None:
        """Hand an output to the reader; never blocks."""
        self._items.put(item)

    def get(self) -> Output:
        """The next output; waits for it."""
        return self._items.get()


class Stream(Iterator[Output]):
    """Outputs of one request, ending after exactly one `Done` or `Broken`.

    Leaving it early (`close`, the end of a `with` block, or dropping the last reference) cancels the request.
    """

    def __init__(self, outbox: Outbox, compiled: Callable[[str], Matcher]) -> None:
        self._outbox = outbox
        self._compiled = compiled
        self._ended = False

    def __next__(self) -> Output:
        if self._ended:
            raise StopIteration
        item = self._outbox.get()
        self._ended = isinstance(item, Done | Broken)
        return item

    def cancel(self) -> None:
        """End the reply within one token. The stream still gives what was made and then `Done("cancelled")`.

        May be called from any thread, and more than once.
        """
        # Nobody need be woken: the worker looks at the flag before each step, and makes steps while the request lives.
        self._outbox.cancelled.set()

    def follow(self, grammars: Callable[[Sequence[int]], Iterator[str]]) -> None:
        """Go on under another grammar: the first of those that `grammars` makes of the ids so far which these match.

        It is called once, by the engine's thread, when the next token is about to be chosen. May be called from any
        thread; does nothing when the reply has ended.
        """
        compiled = self._compiled

        def new_rules(ids: Sequence[int]) -> Matcher:
            refused = None
            for grammar in grammars(ids):
                matcher = compiled(grammar)
                try:
                    for token in ids:
                        matcher.accept(token)
                except CallerError as error:
                    refused = error
                else:
                    return matcher
            assert refused is not None, "there is at least one grammar"
            raise refused

        self._outbox.new_rules = new_rules

    def take_past(self) -> Past | None:
        """What the reply has left behind, once it has ended; None the next time."""
        past, self._outbox.past = self._outbox.past, None
        return past

    def close(self) -> None:
        """Cancel, and read no further."""
        self._ended = True
        self.cancel()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self._outbox.cancelled.set()
