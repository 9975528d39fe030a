"""A backend without a model: it replays prepared replies. For tests of the loop, the page and the APIs.

It behaves as a real backend does: one terminal event, cancellable at every event, safe for several threads.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from playground.backends.backend import Capabilities, Sight, TokenCount
from playground.errors import CallerError, ServerError
from playground.events import (
    CallArguments,
    CallReady,
    CallStarted,
    Event,
    Failed,
    Finished,
    Reason,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from playground.messages import Image, Message, Part, Text, Thinking, ToolCall, ToolResult
from playground.token_trace import NO_TRACE, Trace
from playground.turn import Signals, Turn

TOKENS_PER_IMAGE = 256


@dataclass(frozen=True)
class Pause:
    """The reply stands still for this long, unless it is cancelled."""

    seconds: float


Step: TypeAlias = Event | Pause
Script: TypeAlias = Sequence[Step] | Callable[[Turn], Sequence[Step]]
"""One reply: its events, or a function of the turn that gives them. `Finished` is added where it is missing."""

ANYTHING_GOES = Capabilities(
    name="scripted", family="scripted", context_tokens=8192, images=True, thinking=True, tools=True
)


class ScriptedBackend:
    """Answers turn n with script n; after the last it fails, or starts again when `repeat` is on.

    `turns` are the turns it was asked to answer, in order. Tokens are counted as words; an image takes 256.
    """

    def __init__(self, *scripts: Script, capabilities: Capabilities = ANYTHING_GOES, repeat: bool = False) -> None:
        self.capabilities = capabilities
        self.turns: list[Turn] = []
        self._scripts = scripts
        self._repeat = repeat
        self._lock = threading.Lock()

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """See `Backend.reply`."""
        script = self._next_script(turn)
        if script is None:
            text = f"The script has {len(self._scripts)} replies; this is turn {len(self.turns)}. Add a reply."
            yield Failed(ServerError(text))
            return
        said: list[Event] = []
        for step in script(turn) if callable(script) else script:
            if isinstance(step, Pause) and not _wants_answer(cancel):
                cancel.wait(step.seconds)
            if cancel.is_set():
                yield self._finished(turn, said, "cancelled")
                return
            if isinstance(step, Pause) or (isinstance(step, ThinkingDelta) and _wants_answer(cancel)):
                continue
            said.append(step)
            yield step
            if isinstance(step, Finished | Failed):
                return
        yield self._finished(turn, said, "tool_calls" if any(isinstance(e, CallReady) for e in said) else "stop")

    def trace(self, *_: object) -> Trace:
        """See `Backend.trace`: scripts have no tokens."""
        raise CallerError(NO_TRACE.format(name=self.capabilities.name))

    def count_tokens(self, turn: Turn) -> TokenCount:
        """See `Backend.count_tokens`: words of the messages and of the tools' descriptions, and one per message."""
        system = sum(_words(message) for message in turn.messages if message.role == "system")
        tools = sum(len(f"{tool.name} {tool.description} {tool.parameters}".split()) for tool in turn.tools)
        images = TOKENS_PER_IMAGE * sum(len(message.images) for message in turn.messages)
        words = sum(_words(message) for message in turn.messages)
        total = words + tools + images + len(turn.messages)
        return TokenCount(total, system, tools, images, self.capabilities.context_tokens)

    def sight(self, image: Image) -> Sight:
        """See `Backend.sight`: the picture as it is."""
        return Sight(image, TOKENS_PER_IMAGE, TOKENS_PER_IMAGE)

    def _next_script(self, turn: Turn) -> Script | None:
        with self._lock:
            number = len(self.turns)
            self.turns.append(turn)
        if self._repeat:
            number %= len(self._scripts)
        return self._scripts[number] if number < len(self._scripts) else None

    def _finished(self, turn: Turn, said: Sequence[Event], reason: Reason) -> Finished:
        message = _assembled([TextDelta(turn.prefill), *said] if turn.prefill else said)
        return Finished(
            reason=reason,
            messages=(message,) if message.parts else (),
            usage=Usage(
                prompt_tokens=self.count_tokens(turn).total,
                completion_tokens=_words(message),
                thinking_tokens=sum(len(part.text.split()) for part in message.parts if isinstance(part, Thinking)),
            ),
            seed=turn.options.with_seed().seed or 0,
            pending=message.calls,
        )


def _wants_answer(signals: threading.Event) -> bool:
    return isinstance(signals, Signals) and signals.answer_now.is_set()


def says(text: str) -> list[Step]:
    """A reply in words, one delta a word."""
    return [TextDelta(word) for word in _with_spaces(text)]


def thinks(text: str) -> list[Step]:
    """A thought, one delta a word."""
    return [ThinkingDelta(word) for word in _with_spaces(text)]


def calls(name: str, arguments: Mapping[str, Any], call_id: str = "call_1") -> list[Step]:
    """A complete call."""
    call = ToolCall(call_id, name, arguments)
    return [CallStarted(call_id, name), CallArguments(call_id, json.dumps(dict(arguments))), CallReady(call)]


def _with_spaces(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)


def _assembled(said: Sequence[Event]) -> Message:
    """The assistant message that the events spell: neighbouring deltas joined, thought first, calls in their order."""
    parts: list[Part] = []
    for event in said:
        match event, parts[-1] if parts else None:
            case TextDelta(text), Text(earlier):
                parts[-1] = Text(earlier + text)
            case TextDelta(text), _:
                parts.append(Text(text))
            case ThinkingDelta(text), Thinking(earlier):
                parts[-1] = Thinking(earlier + text)
            case ThinkingDelta(text), _:
                parts.append(Thinking(text))
            case CallReady(call), _:
                parts.append(call)
            case _:
                pass
    return Message("assistant", tuple(parts))


def _words(message: Message) -> int:
    texts: list[str] = []
    for part in message.parts:
        match part:
            case Text(text) | Thinking(text):
                texts.append(text)
            case ToolCall():
                texts.append(f"{part.name} {json.dumps(dict(part.arguments))}")
            case ToolResult():
                texts.append(part.text)
            case _:
                pass
    return sum(len(text.split()) for text in texts)
