"""A finished reply's ids, read and checked once more, token by token."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from playground.dialects.dialect import Reader
from playground.dialects.token_text import TokenText
from playground.engine.constrain import Matcher
from playground.errors import CallerError
from playground.events import CallArguments, CallReady, CallStarted, Event, TextDelta, ThinkingDelta
from playground.token_trace import Freedom, TokenStep

MOST_SPELLINGS = 64
"""Tokens that may begin one text; more are a choice."""


def steps_of(
    ids: Sequence[int], tokens: TokenText, reader: Reader, matcher: Matcher | None, stop_ids: Collection[int]
) -> Iterator[TokenStep]:
    """A step for each id. A grammar that did not allow one says nothing of those after it."""
    pieces = tokens.stream()
    for token in ids:
        freedom, allowed = _freedom(matcher, tokens, stop_ids)
        if matcher is not None:
            matcher = _after(matcher, token)
        events = [event for piece in pieces.feed(token) for event in reader.feed(piece)]
        yield TokenStep(token, tokens.text_of(token), _read(events, reader), freedom, allowed)


def _freedom(matcher: Matcher | None, tokens: TokenText, stop_ids: Collection[int]) -> tuple[Freedom, int]:
    """Forced is a text, not a token: `ca` and `calculator` both go on with the only name there is."""
    if matcher is None:
        return "free", 0
    allowed = matcher.allowed(stop_ids).nonzero().flatten().tolist()
    if len(allowed) > MOST_SPELLINGS:
        return "limited", len(allowed)
    texts = [tokens.text_of(token) for token in allowed]
    longest = max(texts, key=len, default="")
    return ("forced" if all(longest.startswith(text) for text in texts) else "limited"), len(allowed)


def _after(matcher: Matcher, token: int) -> Matcher | None:
    try:
        if matcher.possible([token]):
            matcher.accept(token)
            return matcher
    except CallerError:
        pass
    return None


def _read(events: Sequence[Event], reader: Reader) -> str:
    """The last of what a token brought about, in words."""
    match events[-1] if events else None:
        case CallReady(call):
            return f"call of {call.name} complete"
        case CallStarted(_, name):
            return f"call of {name} opened"
        case CallArguments():
            return "arguments"
        case ThinkingDelta():
            return "thought"
        case TextDelta():
            return "text"
    return "thought" if reader.is_thinking else "held back"
