"""Reads a Gemma 4 reply as it grows: thoughts, text and calls, each between control tokens of its own.

Several thoughts, texts and calls are kept in order, and a call that breaks off becomes text.
"""

from __future__ import annotations

from playground.dialects.dialect import Plain, Special
from playground.dialects.gemma4_grammar import THOUGHT
from playground.dialects.native_values import QUOTE, JsonFromNative
from playground.dialects.tool_calls import call_ids, json_object
from playground.events import CallArguments, CallReady, CallStarted, Event, TextDelta, ThinkingDelta
from playground.messages import ToolCall
from playground.turn import Turn

CALL = "call:"


class Gemma4Reader:
    """See `Reader`. `in_thought`: the prompt has opened a thought."""

    def __init__(self, turn: Turn, *, in_thought: bool) -> None:
        self._names = {tool.name for tool in turn.tools} if turn.options.tool_choice.mode != "none" else set()
        self._ids = call_ids(turn)
        self._thought = _Thought() if in_thought else None
        if self._thought is not None:
            self._thought.is_named = True
        self._call: _Call | None = None

    @property
    def is_thinking(self) -> bool:
        """See `Reader.is_thinking`."""
        return self._thought is not None

    def feed(self, piece: Special | Plain) -> list[Event]:
        """See `Reader.feed`. Control tokens that mean nothing where they stand are left out."""
        if isinstance(piece, Special) and piece != QUOTE:
            return self._control(piece.token)
        if self._call is not None:
            events = self._call.feed(piece)
            if self._call.is_none:
                events, self._call = self._call.broken(), None
            return events
        if isinstance(piece, Special):
            return []
        if self._thought is not None:
            return self._thought.feed(piece.text)
        return [TextDelta(piece.text)]

    def finish(self) -> list[Event]:
        """See `Reader.finish`."""
        events = self._call.broken() if self._call is not None else []
        self._call = self._thought = None
        return events

    def _control(self, token: str) -> list[Event]:
        match token:
            case "<|channel>":
                events = self.finish()
                self._thought = _Thought()
                return events
            case "<channel|>":
                self._thought = None
            case "<|tool_call>":
                events = self.finish()
                self._call = _Call(next(self._ids), self._names)
                return events
            case "<tool_call|>" if self._call is not None:
                call, self._call = self._call, None
                return call.end()
        return []


class _Thought:
    """The text of a channel: its name in the first line, then the thought. White space at its end is not part of it."""

    def __init__(self) -> None:
        self._held = ""
        self.is_named = False

    def feed(self, text: str) -> list[Event]:
        self._held += text
        if not self.is_named:
            name, line_end, rest = self._held.partition("\n")
            if not line_end and THOUGHT.startswith(name):
                return []
            self._held = rest if f"{name}{line_end}" == THOUGHT else self._held
            self.is_named = True
        shown = self._held.rstrip()
        self._held = self._held[len(shown) :]
        return [ThinkingDelta(shown)] if shown else []


class _Call:
    """One call: `call:NAME` and an object."""

    def __init__(self, call_id: str, names: set[str]) -> None:
        self._id = call_id
        self._names = names
        self._head = ""
        self._raw = ""
        self._name: str | None = None
        self._native = JsonFromNative()
        self._json = ""
        self.is_none = False
        """Whether it can be no call of a declared tool any more."""

    def feed(self, piece: Special | Plain) -> list[Event]:
        self._raw += '"' if isinstance(piece, Special) else piece.text
        if self._name is not None:
            return self._arguments(piece)
        if isinstance(piece, Special):
            return []
        self._head += piece.text
        head, brace, rest = self._head.partition("{")
        name = head.strip().removeprefix(CALL).strip()
        if brace and name in self._names:
            self._name = name
            return [CallStarted(self._id, name), *self._arguments(Plain(brace + rest))]
        begun = CALL.startswith(head.strip()) or any(known.startswith(name) for known in self._names)
        self.is_none = bool(brace) or not begun
        return []

    def end(self) -> list[Event]:
        arguments = json_object(self._json) if self._native.is_whole else None
        if self._name is None or arguments is None:
            return self.broken()
        return [CallReady(ToolCall(self._id, self._name, arguments))]

    def broken(self) -> list[Event]:
        """What there is of the call, as text."""
        return [TextDelta(self._raw)] if self._raw else []

    def _arguments(self, piece: Special | Plain) -> list[Event]:
        added = self._native.feed(piece)
        self._json += added
        return [CallArguments(self._id, added)] if added else []
