"""A replayed reply taken apart: what became of each token, and the conversation that goes on from one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from playground.backends.backend import Backend
from playground.chat.recording import Recording
from playground.errors import CallerError
from playground.events import TokenDetail
from playground.grammar import Choice
from playground.messages import Message
from playground.run_card import read_options
from playground.token_trace import Trace
from playground.turn import Turn
from playground.ui.inside.recordings import asked_in
from playground.ui.transcript import Transcript

TELLING = {"logprobs": True, "top_logprobs": 6}
"""Options of a replay, so that it tells of its tokens; they change nothing of what is written."""


@dataclass(frozen=True)
class ModelTurn:
    """One model turn: what was asked for it, its ids, and of each token the trace and the probabilities.

    `details` has None for tokens that were given and not chosen.
    """

    asked: Turn
    output_ids: tuple[int, ...]
    trace: Trace
    details: tuple[TokenDetail | None, ...]


@dataclass(frozen=True)
class Look:
    """A reply from the inside. `messages` are what it added to the history."""

    recording: Recording
    messages: tuple[Message, ...]
    turns: tuple[ModelTurn, ...]


@dataclass(frozen=True)
class Fork:
    """A conversation that goes on from the middle of a reply: its history, what to ask, and whom."""

    transcript: Transcript
    turn: Turn
    model: str


def look_into(
    recording: Recording, messages: tuple[Message, ...], tokens: Sequence[TokenDetail], backend: Backend
) -> Look:
    """Take apart a reply that was just written again. `tokens` are the details of its chosen tokens, in order.

    Raises: CallerError where the model tells nothing of tokens.
    """
    turns, left = [], iter(tokens)
    for number, card in enumerate(recording.card["turns"]):
        asked = replace(
            _asked(recording, messages, number), options=read_options(card["options"]), begun=()
        )  # the options as the loop passed them on
        ids = tuple(card["output_ids"])
        given = len(recording.turn.begun) if number == 0 else 0
        details = (*[None] * given, *(next(left, None) for _ in ids[given:]))
        turns.append(ModelTurn(asked, ids, backend.trace(asked, card["prompt_ids"], ids), details))
    return Look(recording, messages, tuple(turns))


def write_look(look: Look) -> list[dict[str, Any]]:
    """The look as JSON, for programs."""
    return [
        {
            "prompt": turn.trace.prompt,
            "output": turn.trace.output,
            "tokens": [
                {
                    **asdict(step),
                    "logprob": detail.logprob if detail else None,
                    "alternatives": [asdict(one) for one in detail.alternatives] if detail else [],
                }
                for step, detail in zip(turn.trace.steps, turn.details, strict=True)
            ],
        }
        for turn in look.turns
    ]


def fork_at(look: Look, number: Any, at: Any, token: Any) -> Fork:
    """The conversation with `token` in place of the one at `at` of a model turn, which is to be written on from there.

    Raises: CallerError when there is no such place.
    """
    if not all(isinstance(value, int) for value in (number, at, token)) or not 0 <= number < len(look.turns):
        raise CallerError(f"There is no token {at!r} in model turn {number!r} of this reply. Replay it again.")
    ids = look.turns[number].output_ids
    if not 0 <= at < len(ids):
        raise CallerError(f"Model turn {number} has {len(ids)} tokens; {at} is none of them. Replay it again.")
    turn = replace(_asked(look.recording, look.messages, number), begun=(*ids[:at], token))
    return Fork(Transcript(tuple(asked_in(turn))), turn, look.recording.model)


def _asked(recording: Recording, messages: tuple[Message, ...], number: int) -> Turn:
    """What the loop goes on from at a model turn: the earlier turns' messages are part of the conversation by then."""
    if number == 0:
        return recording.turn
    places = [place for place, message in enumerate(messages) if message.role == "assistant"]
    before = messages[: places[number]] if number < len(places) else messages
    options = recording.turn.options
    if options.tool_choice.mode != "none":  # the wish for a call has been met by then
        options = options.model_copy(update={"tool_choice": Choice()})
    return replace(recording.turn, messages=(*recording.turn.messages, *before), options=options, prefill="", begun=())
