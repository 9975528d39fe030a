"""Choose what of a conversation fits the model's context."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from playground.backends.backend import Backend, TokenCount
from playground.chat.conversation import Conversation, exchanges
from playground.errors import ContextTooLong
from playground.messages import Image, Part, Text, Thinking, ToolCall, ToolResult
from playground.turn import Turn

Overflow: TypeAlias = Literal["refuse", "drop_oldest"]
"""What to do with a conversation that is longer than the context."""

STEPS = 4
"""Dropping goes in steps of a quarter of the context. Dropping just enough would change the prompt's beginning with
every new message, and the whole prompt would be read again each time; in steps, most turns keep what is cached."""


@dataclass(frozen=True)
class Fitted:
    """A turn that fits, and the messages that had to go, oldest first."""

    turn: Turn
    dropped: Conversation = ()


def fit(turn: Turn, backend: Backend, overflow: Overflow = "refuse") -> Fitted:
    """The turn with as many of its latest exchanges as fit, system messages always among them.

    Whole exchanges go, so a call is never parted from its result. Room is kept for a reply: `max_tokens`, but no more
    than a quarter of the context.

    Raises: ContextTooLong with figures, when it does not fit and nothing may or can be dropped; CallerError when the
    turn cannot be rendered.
    """
    if _surely_fits(turn, backend.capabilities.context_tokens):
        return Fitted(turn)
    count = backend.count_tokens(turn)
    if overflow == "refuse":
        if count.total >= count.context:
            raise _too_long(count, 1, "Start a new chat, shorten it, or let the oldest messages be dropped.")
        return Fitted(turn)
    reply = min(turn.options.max_tokens, count.context // STEPS)
    room = count.context - reply
    if count.total <= room:
        return Fitted(turn)
    return _drop(turn, backend, count, room)


def _drop(turn: Turn, backend: Backend, count: TokenCount, room: int) -> Fitted:
    system = tuple(message for message in turn.messages if message.role == "system")
    pieces = exchanges(tuple(message for message in turn.messages if message.role != "system"))

    def kept(number: int) -> Turn:
        rest = tuple(message for piece in pieces[number:] for message in piece)
        return replace(turn, messages=(*system, *rest))

    def total(number: int) -> int:
        return backend.count_tokens(kept(number)).total

    last = len(pieces) - 1
    if (alone := total(last)) > room:
        cure = "The last message and its results alone are too long; shorten them."
        raise _too_long(replace(count, total=alone), count.context - room, cure)
    step = max(1, count.context // STEPS)
    steps = -(-(count.total - room) // step)
    target = count.total - steps * step
    number = bisect_left(range(last), -target, key=lambda number: -total(number))
    dropped = tuple(message for piece in pieces[:number] for message in piece)
    return Fitted(kept(number), dropped)


def _too_long(count: TokenCount, reply: int, cure: str) -> ContextTooLong:
    shares = ((count.system, "the system prompt"), (count.tools, "the tools"), (count.images, "images"))
    of_which = ", ".join(f"{tokens:,} for {what}" for tokens, what in shares if tokens)
    return ContextTooLong(
        f"The conversation takes {count.total:,} tokens{f' ({of_which})' if of_which else ''}; the model's context is "
        f"{count.context:,}, of which {reply:,} are kept for the reply. {cure}"
    )


def _surely_fits(turn: Turn, context: int) -> bool:
    """Whether the turn fits even if every byte were a token: counting exactly means rendering all of it."""
    size = sum(len(f"{tool.name}{tool.description}{tool.parameters}".encode()) + 64 for tool in turn.tools) + 1024
    for message in turn.messages:
        size += 64 + sum(_size(part) for part in message.parts)
    return size < context // 2


def _size(part: Part) -> int:
    match part:
        case Text(text) | Thinking(text):
            return len(text.encode("utf-8", "replace"))
        case Image():
            return 2048
        case ToolCall():
            return len(f"{part.name}{dict(part.arguments)}".encode("utf-8", "replace")) + 64
        case ToolResult():
            return len(part.text.encode("utf-8", "replace")) + 64
