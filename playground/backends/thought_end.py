"""Ends a thought in mid-stream: the budget for thinking becomes what has been spent by then, and the answer begins.

So the reply is, token for token, the one that this budget gives from the start; its run card says the budget, and a
replay needs to know nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
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
                stream.follow(self._grammar)

    def _grammar(self, written: Sequence[int]) -> str:
        """The grammar that leaves no token to think with after these ids. Called by the engine's thread."""
        options = self.request.options.model_copy(update={"thinking_tokens": max(1, len(written))})
        grammar = self._dialect.grammar(replace(self._turn, options=options))
        assert grammar is not None, "a reply that thinks has a grammar"
        self.request = replace(self.request, options=options, grammar=grammar)
        return grammar
