"""One reply of the engine as events: ids to text, text to deltas and calls, up to a stop string or the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

from playground.dialects.dialect import Reader
from playground.dialects.stop_text import StopText
from playground.dialects.token_text import TokenText
from playground.engine.request import Broken, Done, Prefilled, Queued, Request, Timing, Token
from playground.engine.stream import Stream
from playground.errors import PlaygroundError
from playground.events import (
    Alternative,
    CallReady,
    Event,
    Progress,
    Reason,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    Usage,
)
from playground.messages import Message, Part, Text, Thinking, ToolCall

USAGE_EVERY = 16
"""Tokens between two reports of how many there are."""


@dataclass(frozen=True)
class Ended:
    """How the stream ended. `error` is set when the engine broke off; `stop` is the stop string that was found."""

    reason: Reason
    timing: Timing | None
    stop: str | None = None
    error: PlaygroundError | None = None


class LocalReply:
    """Follows one stream. After `events` is exhausted, `ended`, `message`, `ids` and `usage` describe the reply."""

    def __init__(self, tokens: TokenText, reader: Reader, request: Request, prefill: str) -> None:
        self._tokens = tokens
        self._reader = reader
        self._request = request
        self._pieces = tokens.stream()
        self._stop = StopText(request.options.stop)
        self._parts: list[Part] = [Text(prefill)] if prefill else []
        self._thinking_tokens = 0
        self.ids: list[int] = []
        """Of the whole reply, a beginning that was given included."""
        self.ended = Ended("cancelled", None)

    @property
    def is_thinking(self) -> bool:
        """Whether what comes next belongs to a thought."""
        return self._reader.is_thinking

    @property
    def message(self) -> Message:
        """The assistant's message as far as it has been written, a prefill included."""
        return Message("assistant", tuple(self._parts))

    @property
    def usage(self) -> Usage:
        """Tokens and seconds; the latter once the reply has ended."""
        counted = Usage(
            prompt_tokens=len(self._request.prompt_ids),
            completion_tokens=max(0, len(self.ids) - self._request.begun),
            thinking_tokens=self._thinking_tokens,
        )
        timing = self.ended.timing
        if timing is None:
            return counted
        return replace(
            counted,
            cached_tokens=timing.cached,
            queue_s=timing.queue_s,
            prefill_s=timing.prefill_s,
            decode_s=timing.decode_s,
            first_token_s=timing.first_token_s,
            cache_note=timing.miss,
            image_s=timing.image_s,
            proposed_tokens=timing.proposed,
            accepted_tokens=timing.accepted,
        )

    def events(self, stream: Stream) -> Iterator[Event]:
        """The reply's events without the terminal one. A stop string ends the stream."""
        for output in itertools.chain(map(Token, self._request.given), stream):
            match output:
                case Token():
                    yield from self._token(output)
                    if self._stop.stop is not None:
                        self.ended = Ended("stop", _timing_of(stream), self._stop.stop)
                        return
                case Done(reason, timing):
                    yield from self._rest()
                    # What was held back may end with a stop string after all.
                    self.ended = Ended("stop" if self._stop.stop else reason, timing, self._stop.stop)
                case Broken(error):
                    yield from self._rest()
                    self.ended = Ended("cancelled", None, error=error)
                case Queued() | Prefilled():
                    yield _progress(output)

    def _token(self, token: Token) -> Iterator[Event]:
        self.ids.append(token.id)
        if token.logprob is not None:
            yield self._detail(token, token.logprob)
        thought = self._reader.is_thinking
        events = [event for piece in self._pieces.feed(token.id) for event in self._kept(self._reader.feed(piece))]
        self._thinking_tokens += thought or self._reader.is_thinking
        # Deltas are not tokens: some hold several, some tokens give none. So the count is told now and then.
        if thought != self._reader.is_thinking or len(self.ids) % USAGE_EVERY == 0:
            yield self.usage
        yield from events

    def _rest(self) -> Iterator[Event]:
        """What was held back when the stream ended."""
        for piece in self._pieces.finish():
            yield from self._kept(self._reader.feed(piece))
        yield from self._kept(self._reader.finish())
        yield from self._text(self._stop.finish())

    def _kept(self, events: list[Event]) -> Iterator[Event]:
        """The reader's events, noted in the message; of texts what no stop string ends."""
        for event in events:
            if self._stop.stop is not None:
                return
            if isinstance(event, TextDelta):
                yield from self._text(self._stop.feed(event.text))
                continue
            # A stop string does not reach across a thought or a call, so what was held back is plain text.
            yield from self._text(self._stop.finish())
            match event:
                case ThinkingDelta(text):
                    self._add(Thinking(text))
                case CallReady(call):
                    self._add(call)
            yield event

    def _text(self, text: str) -> Iterator[Event]:
        if text:
            self._add(Text(text))
            yield TextDelta(text)

    def _add(self, part: Text | Thinking | ToolCall) -> None:
        """Note a part; text joins text before it, and a thought a thought."""
        match self._parts[-1:], part:
            case [Text(before)], Text(text):
                self._parts[-1] = Text(before + text)
            case [Thinking(before)], Thinking(text):
                self._parts[-1] = Thinking(before + text)
            case _:
                self._parts.append(part)

    def _detail(self, token: Token, logprob: float) -> TokenDetail:
        others = [Alternative(other, self._tokens.text_of(other), value) for other, value in token.alternatives]
        return TokenDetail(token.id, self._tokens.text_of(token.id), logprob, tuple(others))


def _progress(output: Queued | Prefilled) -> Progress:
    if isinstance(output, Queued):
        return Progress("queued", output.ahead, output.ahead)
    return Progress("prefill", output.done, output.total)


def _timing_of(stream: Stream) -> Timing | None:
    """End the stream, and how long it took."""
    stream.cancel()
    return next((output.timing for output in stream if isinstance(output, Done)), None)
