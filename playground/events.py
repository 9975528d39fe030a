"""What comes back while a reply grows: a handful of events, the last of which is exactly one `Finished` or `Failed`.

The same events serve the page, every API and the tool loop. Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from playground.errors import PlaygroundError, ServerError
from playground.messages import Message, ToolCall, ToolResult

Reason: TypeAlias = Literal["stop", "length", "tool_calls", "cancelled"]


@dataclass(frozen=True)
class Progress:
    """Work before the first token. `queued`: `done` requests stand before this one. `prefill`: prompt tokens read."""

    stage: Literal["queued", "loading", "prefill"]
    done: int
    total: int


@dataclass(frozen=True)
class TextDelta:
    """More of the answer. Never half a character, never part of a stop string or of a control token."""

    text: str


@dataclass(frozen=True)
class ThinkingDelta:
    """More of the thought that precedes the answer."""

    text: str


@dataclass(frozen=True)
class CallStarted:
    """The model opened a call to the tool `name`; its arguments follow."""

    id: str
    name: str


@dataclass(frozen=True)
class CallArguments:
    """More of a call's arguments, as the JSON text that has been decoded so far adds it."""

    id: str
    json: str


@dataclass(frozen=True)
class CallReady:
    """The call is complete: it names a declared tool and its arguments are an object."""

    call: ToolCall


@dataclass(frozen=True)
class ToolFinished:
    """A tool was run by us and answered (or failed: see `result.is_error`); the model gets `result.text`."""

    result: ToolResult
    seconds: float
    repeated: bool = False


@dataclass(frozen=True)
class Alternative:
    """A token that could have stood here, with its natural-log probability before temperature and filters."""

    id: int
    text: str
    logprob: float


@dataclass(frozen=True)
class TokenDetail:
    """One generated token. Sent only when `Options.logprobs` is on. `alternatives` are ordered, best first."""

    id: int
    text: str
    logprob: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Usage:
    """Tokens and times of one model turn, or of all turns of a loop when summed with `+`."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    thinking_tokens: int = 0
    queue_s: float = 0.0
    prefill_s: float = 0.0
    decode_s: float = 0.0
    first_token_s: float = 0.0
    """From the request's arrival to its first token; of the first turn when summed."""
    cache_note: str = ""
    """Why the cached part is no longer than it is, in words."""
    image_s: float = 0.0
    """The part of `prefill_s` in which the vision tower looked at new pictures."""
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    """Tokens guessed ahead while the reply was written, and those of them that were right: see `speculation.py`."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            thinking_tokens=self.thinking_tokens + other.thinking_tokens,
            queue_s=self.queue_s + other.queue_s,
            prefill_s=self.prefill_s + other.prefill_s,
            decode_s=self.decode_s + other.decode_s,
            first_token_s=self.first_token_s or other.first_token_s,
            cache_note=self.cache_note or other.cache_note,
            image_s=self.image_s + other.image_s,
            proposed_tokens=self.proposed_tokens + other.proposed_tokens,
            accepted_tokens=self.accepted_tokens + other.accepted_tokens,
        )

    @property
    def of_reply(self) -> Usage:
        """The reply's tokens alone: of several replies to one prompt, the prompt is counted once."""
        return Usage(completion_tokens=self.completion_tokens, thinking_tokens=self.thinking_tokens)

    @property
    def tokens_per_second(self) -> float:
        """Decode speed: completion tokens over decode time; 0.0 when nothing was decoded."""
        return self.completion_tokens / self.decode_s if self.decode_s > 0 else 0.0


@dataclass(frozen=True)
class Finished:
    """The turn is over. `messages` are what it adds to the history: assistant and tool messages, in order.

    `pending` lists calls that somebody else must run (reason `tool_calls`): the caller of the API, or the person.
    `stop` is the stop string that ended the reply, if one did. `card` is the run card: see `run_card.py`.
    """

    reason: Reason
    messages: tuple[Message, ...]
    usage: Usage
    seed: int
    stop: str | None = None
    pending: tuple[ToolCall, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Failed:
    """The turn broke off. `messages` holds what was complete before it did, so nothing is lost."""

    error: PlaygroundError
    messages: tuple[Message, ...] = ()


Event: TypeAlias = (
    Progress
    | TextDelta
    | ThinkingDelta
    | CallStarted
    | CallArguments
    | CallReady
    | ToolFinished
    | TokenDetail
    | Usage
    | Finished
    | Failed
)


def end_of(events: Iterable[Event]) -> Finished:
    """The end of a reply, whatever comes before it.

    Raises: the error of a reply that failed; ServerError when the events have no end.
    """
    for event in events:
        match event:
            case Finished():
                return event
            case Failed(error):
                raise error
            case _:
                pass
    raise ServerError("The reply ended without an end; this is a fault of the server.")
