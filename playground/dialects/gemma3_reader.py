"""Reads a Gemma 3 reply as it grows: a thought, then text or calls. The forms are those of `gemma3_grammar.py`.

Without a grammar a model may write what only looks like a call; then all of it becomes text. Google's Python style,
`[f(a=1), g()]`, is read once it is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from playground.dialects.dialect import Plain, Special
from playground.dialects.gemma3_grammar import THINK_END
from playground.dialects.stop_text import overlap
from playground.dialects.tool_calls import Fit, ObjectEnd, begins, call_ids, json_object, written_calls
from playground.events import CallArguments, CallReady, CallStarted, Event, TextDelta, ThinkingDelta
from playground.messages import ToolCall
from playground.turn import Turn

_FENCE = re.compile(r"\s*```([a-z_]{0,16})\n")
_FENCE_PART = re.compile(r"\s*(`{0,2}|```[a-z_]{0,16})")
_TAIL = re.compile(r"[\s,]*\]?\s*(```)?\s*")
_CODE_TAGS = ("tool_code", "python")


@dataclass(frozen=True)
class _Opening:
    """What a reply opens with. `call`: to `name`, whose quote ends at `end`. `written`: calls to read when whole."""

    kind: Literal["call", "written", "text", "undecided"]
    name: str = ""
    end: int = 0


class Gemma3Reader:
    """See `Reader`. `thinks`: the prompt has opened a thought."""

    def __init__(self, turn: Turn, *, thinks: bool) -> None:
        options = turn.options
        self._thinks = thinks
        calls = options.tool_choice.mode != "none" and not turn.prefill
        self._names = tuple(tool.name for tool in turn.tools) if calls else ()
        self._ids = call_ids(turn)
        self._raw = ""
        """What has been read of a call, or may become one: it turns into text if it does not."""
        self._pending = ""
        """The end of `_raw` that has not been understood yet."""
        self._events: list[Event] = []
        self._id = self._name = self._arguments = ""
        self._object = ObjectEnd()
        self._state: _State = self._lead if self._names else self._text
        if thinks:
            self._state = self._thought

    @property
    def is_thinking(self) -> bool:
        """See `Reader.is_thinking`."""
        return self._state == self._thought

    def feed(self, piece: Special | Plain) -> list[Event]:
        """See `Reader.feed`. Control tokens mean nothing within a reply and are left out."""
        if isinstance(piece, Plain):
            self._pending += piece.text
            while self._pending and self._state():
                pass
        events, self._events = self._events, []
        return events

    def finish(self) -> list[Event]:
        """See `Reader.finish`."""
        ending, self._pending = self._raw + self._pending, ""
        if self._state == self._thought:
            return [ThinkingDelta(ending)] if ending else []
        if self._state == self._written:
            return self._finish_written(ending)
        if self._state == self._between and _TAIL.fullmatch(ending):
            return []
        return [TextDelta(ending)] if ending else []

    # Each state takes what it understands from `_pending`, adds to `_events`, and says whether to go on at once.

    def _thought(self) -> bool:
        before, mark, after = self._pending.partition(THINK_END)
        if mark:
            thought, self._pending = before.rstrip(), after
            self._state = self._after_thought
        else:
            shown = len(before) - overlap(before, THINK_END)
            shown = len(before[:shown].rstrip())
            thought, self._pending = before[:shown], before[shown:]
        if thought:
            self._events.append(ThinkingDelta(thought))
        return bool(mark)

    def _after_thought(self) -> bool:
        self._pending = self._pending.lstrip("\n")
        if self._pending:
            self._state = self._lead if self._names else self._text
        return bool(self._pending)

    def _text(self) -> bool:
        """Text to the end. After a thought that was cut short a model may close it once more: that tag is left out."""
        text, self._pending = self._pending, ""
        if self._thinks:
            text = text.replace(THINK_END, "")
            shown = len(text) - overlap(text, THINK_END)
            text, self._pending = text[:shown], text[shown:]
        if text:
            self._events.append(TextDelta(text))
        return False

    def _lead(self) -> bool:
        """The start of an answer, until it is clear what it is."""
        opening = _opening(self._pending, self._names)
        if opening.kind == "undecided":
            return False
        if opening.kind == "call":
            self._start_call(opening)
        else:
            self._state = self._written if opening.kind == "written" else self._text
        return True

    def _written(self) -> bool:
        return False

    def _start_call(self, opening: _Opening) -> None:
        self._id, self._name, self._arguments = next(self._ids), opening.name, ""
        self._object = ObjectEnd()
        self._take(opening.end)
        self._state = self._before_arguments
        self._events.append(CallStarted(self._id, self._name))

    def _before_arguments(self) -> bool:
        fit, end = begins(self._pending, 0, (",", '"parameters"', ":", "{"))
        return self._proceed(fit, end - 1, self._in_arguments)

    def _in_arguments(self) -> bool:
        end = self._object.find(self._pending)
        text = self._take(len(self._pending) if end is None else end)
        self._arguments += text
        self._events.append(CallArguments(self._id, text))
        if end is not None:
            self._state = self._after_arguments
        return end is not None

    def _after_arguments(self) -> bool:
        fit, end = begins(self._pending, 0, ("}",))
        arguments = json_object(self._arguments)
        if fit == "yes" and arguments is not None:
            self._events.append(CallReady(ToolCall(self._id, self._name, arguments)))
            self._take(end)
            self._raw = ""
            self._state = self._between
            return True
        return self._proceed("no" if arguments is None else fit, end, self._between)

    def _between(self) -> bool:
        """After a call: another one, or the end of the list or the fence, or else text."""
        tail = _TAIL.match(self._pending)
        assert tail is not None
        opening = _opening(self._pending[tail.end() :], self._names)
        if opening.kind == "undecided":
            return False
        if opening.kind == "call":
            self._take(tail.end())
            self._start_call(opening)
        else:
            self._state = self._text
        return True

    def _proceed(self, fit: Fit, end: int, then: _State) -> bool:
        """Go on after `end`, wait for more, or give the call up: it was none."""
        if fit == "yes":
            self._take(end)
            self._state = then
        elif fit == "no":
            self._pending, self._raw = self._raw + self._pending, ""
            self._state = self._text
        return fit != "more"

    def _take(self, size: int) -> str:
        taken, self._pending = self._pending[:size], self._pending[size:]
        self._raw += taken
        return taken

    def _finish_written(self, text: str) -> list[Event]:
        calls = written_calls(_unfenced(text), self._names)
        if calls is None:
            return [TextDelta(text)]
        events: list[Event] = []
        for name, arguments in calls:
            call = ToolCall(next(self._ids), name, arguments)
            events += [
                CallStarted(call.id, name),
                CallArguments(call.id, json.dumps(arguments, ensure_ascii=False)),
                CallReady(call),
            ]
        return events


_State: TypeAlias = Callable[[], bool]


def _opening(text: str, names: Sequence[str]) -> _Opening:
    """What the text opens with, as far as can be told."""
    fence = _FENCE.match(text)
    if fence is None and _FENCE_PART.fullmatch(text):
        return _Opening("undecided")
    undecided = False
    for kind, name, literals in _forms(names, fence[1] if fence else ""):
        fit, end = begins(text, fence.end() if fence else 0, literals)
        if fit == "yes":
            return _Opening(kind, name, end)
        undecided |= fit == "more"
    return _Opening("undecided" if undecided else "text")


def _forms(names: Sequence[str], tag: str) -> Iterator[tuple[Literal["call", "written"], str, tuple[str, ...]]]:
    """How calls may open: kind, tool and what stands there. `tag` is the language of the fence around it."""
    for name in names:
        call = ("{", '"name"', ":", json.dumps(name, ensure_ascii=False))
        yield "call", name, call
        yield "call", name, ("[", *call)
        yield "written", name, ("[", name, "(")
        if tag in _CODE_TAGS:
            yield "written", name, (name, "(")


def _unfenced(text: str) -> str:
    fence = _FENCE.match(text)
    return text[fence.end() :].rstrip().removesuffix("```") if fence else text
