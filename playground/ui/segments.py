"""A reply as the page shows it: thoughts, calls and texts in order, from growing events or from finished messages.

Knows nothing of Gradio: `bubbles.py` paints segments.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from playground.events import (
    CallArguments,
    CallReady,
    CallStarted,
    Event,
    Failed,
    Finished,
    Progress,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    ToolFinished,
    Usage,
)
from playground.grammar import ResponseFormat
from playground.messages import Message, Text, Thinking, ToolCall, ToolResult


@dataclass
class Thought:
    """What was thought, for how long and in how many tokens once that is known."""

    text: str = ""
    seconds: float | None = None
    tokens: int | None = None
    open: bool = False


@dataclass
class Words:
    """A stretch of the answer."""

    text: str = ""


@dataclass
class Call:
    """A call from its first letter to its result. `arguments` is the JSON text so far; `call` is set when complete."""

    id: str
    name: str
    arguments: str = ""
    call: ToolCall | None = None
    result: ToolResult | None = None
    seconds: float | None = None
    repeated: bool = False


Segment: TypeAlias = Thought | Words | Call


@dataclass
class Speedometer:
    """Tokens per second over the last `window_s` seconds."""

    window_s: float = 3.0
    clock: Callable[[], float] = time.monotonic
    _noted: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, tokens: int) -> None:
        """So many tokens have been written by now."""
        now = self.clock()
        self._noted.append((now, tokens))
        while self._noted[0][0] < now - self.window_s:
            self._noted.popleft()

    @property
    def tokens_per_s(self) -> float:
        """The speed; 0.0 before there is one."""
        if not self._noted:
            return 0.0
        (since, before), (now, after) = self._noted[0], self._noted[-1]
        return (after - before) / (now - since) if now - since > 0.2 else 0.0


@dataclass
class GrowingReply:
    """Takes events in and keeps the segments so far. `clock` gives seconds; only its differences count.

    `tokens_written` counts a token for each delta, and is put right by each `Usage`; `shape` is what the answer is to
    be.
    """

    clock: Callable[[], float] = time.monotonic
    shape: ResponseFormat = None
    segments: list[Segment] = field(default_factory=list)
    progress: Progress | None = None
    tokens: list[TokenDetail] = field(default_factory=list)
    finished: Finished | None = None
    failed: Failed | None = None
    thought_seconds: list[float] = field(default_factory=list)
    thought_tokens: list[int] = field(default_factory=list)
    call_seconds: dict[str, float] = field(default_factory=dict)
    tokens_written: int = 0
    speed: Speedometer = field(default_factory=Speedometer)
    _began: float = 0.0
    _thinking_since: float = 0.0
    _thinking_tokens: int = 0
    _thinking_tokens_before: int = 0

    def __post_init__(self) -> None:
        self._began = self.clock()

    def take(self, event: Event) -> None:
        """Grow by one event."""
        self._count(event)
        if not isinstance(event, Progress | ThinkingDelta | TokenDetail | Usage):
            self._close_thought()
        if not isinstance(event, Progress):
            self.progress = None
        match event:
            case Progress():
                self.progress = event
            case ThinkingDelta(text):
                self._think(text)
            case TextDelta(text):
                self._say(text)
            case TokenDetail():
                self.tokens.append(event)
            case Finished():
                self.finished = event
            case Failed():
                self.failed = event
            case _:
                self._take_call(event)

    @property
    def thought(self) -> Thought | None:
        """The thought that is being thought."""
        last = self.segments[-1] if self.segments else None
        return last if isinstance(last, Thought) and last.open else None

    def _count(self, event: Event) -> None:
        match event:
            case Usage():
                self.tokens_written, self._thinking_tokens = event.completion_tokens, event.thinking_tokens
            case ThinkingDelta():
                self.tokens_written += 1
                self._thinking_tokens += 1
            case TextDelta() | CallArguments():
                self.tokens_written += 1
            case _:
                return
        self.speed.note(self.tokens_written)

    def _take_call(self, event: Event) -> None:
        match event:
            case CallStarted(call_id, name):
                self.segments.append(Call(call_id, name))
            case CallArguments(call_id, json):
                self._call(call_id).arguments += json
            case CallReady(call):
                self._call(call.id, call.name).call = call
            case ToolFinished():
                self._finish_call(event)
            case _:
                pass

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return self.clock() - self._began

    def _think(self, text: str) -> None:
        thought = self.thought
        if thought is None:
            thought = Thought(open=True)
            self.segments.append(thought)
            self._thinking_since = self.clock()
        thought.text += text
        thought.tokens = self._thinking_tokens - self._thinking_tokens_before

    def _close_thought(self) -> None:
        if (thought := self.thought) is not None:
            thought.open = False
            thought.seconds = self.clock() - self._thinking_since
            thought.tokens = self._thinking_tokens - self._thinking_tokens_before
            self._thinking_tokens_before = self._thinking_tokens
            self.thought_seconds.append(thought.seconds)
            self.thought_tokens.append(thought.tokens)

    def _say(self, text: str) -> None:
        last = self.segments[-1] if self.segments else None
        if not isinstance(last, Words):
            last = Words()
            self.segments.append(last)
        last.text += text

    def _call(self, call_id: str, name: str = "") -> Call:
        """The unanswered call of this id; models may use an id again in a later round."""
        for segment in self.segments:
            if isinstance(segment, Call) and segment.id == call_id and segment.result is None:
                return segment
        call = Call(call_id, name)
        self.segments.append(call)
        return call

    def _finish_call(self, event: ToolFinished) -> None:
        call = self._call(event.result.call_id, event.result.name)
        call.result, call.seconds, call.repeated = event.result, event.seconds, event.repeated
        self.call_seconds[call.id] = event.seconds


def segments_of(
    messages: Iterable[Message],
    thought_seconds: Sequence[float] = (),
    thought_tokens: Sequence[int] = (),
    call_seconds: Mapping[str, float] | None = None,
) -> list[Segment]:
    """The segments of a finished reply's assistant and tool messages; seconds and tokens where somebody kept them."""
    segments: list[Segment] = []
    seconds, tokens = iter(thought_seconds), iter(thought_tokens)
    for message in messages:
        for part in message.parts:
            match part:
                case Thinking(text):
                    segments.append(Thought(text, next(seconds, None), next(tokens, None)))
                case Text(text) if text.strip():
                    segments.append(Words(text))
                case ToolCall():
                    segments.append(Call(part.id, part.name, call=part))
                case ToolResult():
                    _attach(segments, part, (call_seconds or {}).get(part.call_id))
                case _:
                    pass
    return segments


def _attach(segments: list[Segment], result: ToolResult, seconds: float | None) -> None:
    for segment in segments:
        if isinstance(segment, Call) and segment.id == result.call_id and segment.result is None:
            segment.result, segment.seconds = result, seconds
            return
    segments.append(Call(result.call_id, result.name, result=result, seconds=seconds))
