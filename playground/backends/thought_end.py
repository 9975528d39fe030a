"""Ends a thought in mid-stream: the budget for thinking becomes what has been spent by then, and the answer begins.

So the reply is, token for token, the one that this budget gives from the start; its run card says the budget, and a
replay needs to know nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from playground.dialects.dialect import Dialect
from playground.engine.request import Request
from playground.engine.stream import Stream
from playground.turn import Signals, Turn


class ThoughtEnd:
    """Watches for the wish. `request` is what the reply follows: another one once the thought was ended."""

    def __init__(self, turn: Turn, request: Request, dialect: Dialect, signals: threading.Event) -> None:
        self.request = request
        self._turn = turn
        self._dialect = dialect
        self._wish = signals.answer_now if isinstance(signals, Signals) else None

    def look(self, stream: Stream, *, is_thinking: bool) -> None:
        """Pass the wish on, once, if there is one and there is a thought to end."""
        if self._wish is not None and self._wish.is_set():
            self._wish.clear()
            if is_thinking:
                stream.follow(self._grammars)

    def _grammars(self, written: Sequence[int]) -> Iterator[str]:
        """Grammars that leave no token to think with after these ids, the shorter thought first; the last one that was
        asked for is followed. Called by the engine's thread.

        llguidance counts the first token of a line only when the next one comes, so such ids need a budget of one more.
        """
        for spent in (len(written), len(written) + 1):
            options = self.request.options.model_copy(update={"thinking_tokens": max(1, spent)})
            grammar = self._dialect.grammar(replace(self._turn, options=options))
            assert grammar is not None, "a reply that thinks has a grammar"
            self.request = replace(self.request, options=options, grammar=grammar)
            yield grammar
