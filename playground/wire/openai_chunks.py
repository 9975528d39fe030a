"""Somebody else's stream of chat chunks as our events, and the message that they add up to.

Servers agree on text and calls, and differ on thoughts: `reasoning_content`, `reasoning`, or tags in the text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playground.events import (
    Alternative,
    CallArguments,
    CallReady,
    CallStarted,
    Event,
    Reason,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    Usage,
)
from playground.messages import Message, Part, Text, Thinking, ToolCall
from playground.wire.thought_tags import ThoughtTags

UNKNOWN_ID = -1
"""Their log probabilities name tokens by text; the id stays with the server."""
UNREADABLE = "unreadable_arguments"
"""The argument that holds what a server sent in place of a JSON object. No tool has it, so the model hears of it."""


@dataclass
class _Call:
    """A call as far as it has come."""

    id: str
    name: str
    json: str = ""


class ChunkReader:
    """Reads one choice. After `finish`, `message`, `reason`, `stop` and `usage` describe the reply.

    `taken` are call ids that the conversation has already: small servers count from zero in every reply.
    """

    def __init__(self, taken: Collection[str] = (), prefill: str = "") -> None:
        self._taken = set(taken)
        self._tags = ThoughtTags()
        self._parts: list[Part] = [Text(prefill)] if prefill else []
        self._calls: dict[Any, _Call] = {}
        self._finish: str | None = None
        self.stop: str | None = None
        self.usage = Usage()
        self.fingerprint: str | None = None

    @property
    def message(self) -> Message:
        """The assistant's message so far."""
        return Message("assistant", tuple(self._parts))

    @property
    def reason(self) -> Reason:
        """Why it ended."""
        if self._finish == "length":
            return "length"
        return "tool_calls" if self.message.calls else "stop"

    @property
    def was_filtered(self) -> bool:
        """Whether a filter of the server's cut the reply off."""
        return self._finish == "content_filter"

    @property
    def has_ended(self) -> bool:
        """Whether the server said why the reply ended."""
        return self._finish is not None

    def read(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """The events that a chunk adds."""
        if usage := chunk.get("usage"):
            self.usage = _usage(usage)
        self.fingerprint = chunk.get("system_fingerprint") or self.fingerprint
        for choice in chunk.get("choices") or ():
            if choice.get("index") in (0, None):
                yield from self._choice(choice)

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[Event]:
        delta = choice.get("delta") or {}
        for token in (choice.get("logprobs") or {}).get("content") or ():
            yield _token(token)
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            yield from self._note(ThinkingDelta(str(thought)))
        if text := delta.get("content"):
            for event in self._tags.feed(str(text)):
                yield from self._note(event)
        for piece in delta.get("tool_calls") or ():
            yield from self._call(piece)
        self._finish = choice.get("finish_reason") or self._finish
        if isinstance(stop := choice.get("stop_reason"), str):
            self.stop = stop

    def finish(self) -> Iterator[Event]:
        """What was held back, and the calls, now that they are complete."""
        for event in self._tags.finish():
            yield from self._note(event)
        for call in self._calls.values():
            arguments = _arguments(call.json)
            if arguments is None and self._finish == "length":
                continue  # cut off in the middle: nobody can tell what it would have been
            ready = ToolCall(call.id, call.name, {UNREADABLE: call.json} if arguments is None else arguments)
            self._parts.append(ready)
            yield CallReady(ready)

    def _call(self, piece: Mapping[str, Any]) -> Iterator[Event]:
        function = piece.get("function") or {}
        key = piece.get("index")
        if key is None:
            key = piece.get("id") or len(self._calls)
        if key not in self._calls:
            self._calls[key] = _Call(self._fresh(piece.get("id")), str(function.get("name") or ""))
            yield CallStarted(self._calls[key].id, self._calls[key].name)
        if more := function.get("arguments"):
            text = more if isinstance(more, str) else json.dumps(more, ensure_ascii=False)
            self._calls[key].json += text
            yield CallArguments(self._calls[key].id, text)

    def _fresh(self, sent: Any) -> str:
        """The call's id: theirs, or one of ours where it is missing or in use."""
        chosen = sent if isinstance(sent, str) and sent and sent not in self._taken else f"call_{uuid.uuid4().hex}"
        self._taken.add(chosen)
        return chosen

    def _note(self, event: TextDelta | ThinkingDelta) -> Iterator[Event]:
        match event, self._parts[-1] if self._parts else None:
            case TextDelta(text), Text(before):
                self._parts[-1] = Text(before + text)
            case TextDelta(text), _:
                self._parts.append(Text(text))
            case ThinkingDelta(text), Thinking(before):
                self._parts[-1] = Thinking(before + text)
            case ThinkingDelta(text), _:
                self._parts.append(Thinking(text))
        yield event


def _arguments(text: str) -> dict[str, Any] | None:
    """The arguments, or None when the text is no JSON object. None at all counts as an empty object."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _usage(usage: Mapping[str, Any]) -> Usage:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    return Usage(
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        cached_tokens=int(cached or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        thinking_tokens=int(thought or 0),
    )


def _token(token: Mapping[str, Any]) -> TokenDetail:
    others = tuple(
        Alternative(UNKNOWN_ID, str(other.get("token", "")), float(other.get("logprob", 0.0)))
        for other in token.get("top_logprobs") or ()
    )
    return TokenDetail(UNKNOWN_ID, str(token.get("token", "")), float(token.get("logprob", 0.0)), others)
