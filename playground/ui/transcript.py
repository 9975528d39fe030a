"""One tab's conversation: what was asked, what came back, and the figures of each reply; to JSON and back.

The messages in it are the canonical history. The JSON is kept by the visitor's browser, so what comes back is checked
like any other input: pictures are decoded again, and a shape that is not ours is refused.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from playground.chat.conversation import VERSION, Conversation, from_json, to_json
from playground.errors import CallerError
from playground.events import Finished, Reason, Usage
from playground.images import read_kept_image
from playground.messages import Image, Message, ToolCall
from playground.ui.segments import GrowingReply
from playground.ui.shaped_reply import trouble

CUT = ("length", "cancelled")
LOST_PICTURE = "[a picture that the browser no longer has]"


@dataclass(frozen=True)
class ReplyNote:
    """The figures of one reply that its messages do not carry. Seconds are the page's own measure."""

    model: str
    usage: Usage
    seed: int
    reason: Reason
    stop: str | None = None
    thought_seconds: tuple[float, ...] = ()
    thought_tokens: tuple[int, ...] = ()
    call_seconds: Mapping[str, float] = field(default_factory=dict)
    dropped: int = 0
    """Messages at the beginning that the model did not see, because the conversation outgrew its context."""
    run: str = ""
    """By which the browser keeps the recording of the reply's last run; empty where there is none."""
    shaped: bool = False
    """Whether the answer was to be JSON, and in `trouble` why it is not what was asked for, if so."""
    trouble: str = ""


@dataclass(frozen=True)
class Exchange:
    """A question and what it led to. `pending` are calls of the answer that the person still has to settle.

    `others` are the other versions of the conversation from here on (see `branches.py`), and `place` is where this one
    stands among them.
    """

    question: Message
    answer: tuple[Message, ...] = ()
    note: ReplyNote | None = None
    pending: tuple[ToolCall, ...] = ()
    others: tuple[Tail, ...] = ()
    place: int = 0

    @property
    def written(self) -> Message | None:
        """The words at the end of the answer, from which a reply can go on; None when it ends otherwise."""
        last = self.answer[-1] if self.answer else None
        return last if last is not None and last.role == "assistant" and last.text and not last.calls else None

    @property
    def was_cut(self) -> bool:
        """Whether the reply ended before the model was done, and can go on."""
        note = self.note
        # JSON does not go on: a grammar holds a reply from its beginning.
        return note is not None and note.reason in CUT and not note.shaped and self.written is not None


Tail: TypeAlias = tuple[Exchange, ...]
"""Exchanges from some place to the end, at least one."""


@dataclass(frozen=True)
class Transcript:
    """The exchanges in order. Every change is a new value."""

    exchanges: tuple[Exchange, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """The history as a backend takes it, without the system message."""
        return tuple(message for one in self.exchanges for message in (one.question, *one.answer))

    @property
    def images(self) -> tuple[Image, ...]:
        """Every picture in the conversation, those of its other versions too, each once."""
        found = {image.digest: image for message in self._messages for image in message.images}
        return tuple(found.values())

    @property
    def _messages(self) -> Iterator[Message]:
        for one in _all_exchanges(self.exchanges):
            yield from (one.question, *one.answer)

    @property
    def runs(self) -> list[str]:
        """The ids of the recordings of its replies, those of its other versions too."""
        return [one.note.run for one in _all_exchanges(self.exchanges) if one.note is not None and one.note.run]

    def asked(self, question: Message) -> Transcript:
        """With a question at the end that waits for its answer."""
        return Transcript((*self.exchanges, Exchange(question)))

    def with_call(self, changed: ToolCall) -> Transcript:
        """With the last exchange's call of this id replaced: the person changed what it is to be run with."""

        def of(calls: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(changed if isinstance(one, ToolCall) and one.id == changed.id else one for one in calls)

        last = self.exchanges[-1]
        answer = tuple(replace(message, parts=of(message.parts)) for message in last.answer)
        return self.with_last(replace(last, answer=answer, pending=of(last.pending)))

    def with_last(self, exchange: Exchange) -> Transcript:
        """With the last exchange replaced."""
        return Transcript((*self.exchanges[:-1], exchange))


def note_of(
    finished: Finished, grown: GrowingReply, model: str, earlier: ReplyNote | None = None, run: str = ""
) -> ReplyNote:
    """The figures of a reply that has finished, on top of those from before it waited for the person."""
    return ReplyNote(
        model=model,
        usage=earlier.usage + finished.usage if earlier else finished.usage,
        seed=finished.seed,
        reason=finished.reason,
        stop=finished.stop,
        thought_seconds=(*(earlier.thought_seconds if earlier else ()), *grown.thought_seconds),
        thought_tokens=(*(earlier.thought_tokens if earlier else ()), *grown.thought_tokens),
        dropped=int(finished.card.get("dropped_messages", 0)),
        run=run,
        shaped=grown.shape is not None,
        trouble=trouble(grown.shape, finished),
        call_seconds={**(earlier.call_seconds if earlier else {}), **grown.call_seconds},
    )


def _all_exchanges(exchanges: Tail) -> Iterator[Exchange]:
    for one in exchanges:
        yield one
        for tail in one.others:
            yield from _all_exchanges(tail)


def dump(transcript: Transcript) -> list[dict[str, Any]]:
    """The transcript as JSON values, pictures by their digests."""
    return [_dump_exchange(one) for one in transcript.exchanges]


def _dump_exchange(exchange: Exchange) -> dict[str, Any]:
    saved: dict[str, Any] = {
        "messages": _without_pictures((exchange.question, *exchange.answer)),
        "note": dataclasses.asdict(exchange.note) if exchange.note else None,
        "pending": [call.id for call in exchange.pending],
    }
    if exchange.others:
        saved |= {"others": [[_dump_exchange(one) for one in tail] for tail in exchange.others]}
        saved["place"] = exchange.place
    return saved


def dump_images(images: Iterable[Image]) -> dict[str, str]:
    """Pictures by digest as base64, for the browser to keep."""
    return {image.digest: base64.b64encode(image.data).decode() for image in images}


def load(saved: Any, images: Mapping[str, Any]) -> Transcript:
    """A transcript from what a browser kept. Pictures that the browser lost are named where they stood.

    Raises: CallerError when the values are not a transcript.
    """
    try:
        return Transcript(tuple(_load_exchange(one, images) for one in saved))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CallerError("The conversation that this browser kept cannot be read. Start a new chat.") from error


def _without_pictures(messages: Conversation) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = to_json(messages)["messages"]
    for row, message in zip(rows, messages, strict=True):
        pictures = iter(message.images)
        row["parts"] = [
            {"type": "image", "digest": next(pictures).digest} if part["type"] == "image" else part
            for part in row["parts"]
        ]
    return rows


def _with_pictures(part: Mapping[str, Any], images: Mapping[str, Any]) -> Mapping[str, Any]:
    if part.get("type") != "image":
        return part
    data = images.get(part["digest"])
    return {"type": "image", "data": data} if data else {"type": "text", "text": LOST_PICTURE}


def _load_exchange(saved: Mapping[str, Any], images: Mapping[str, Any]) -> Exchange:
    rows = [{**row, "parts": [_with_pictures(part, images) for part in row["parts"]]} for row in saved["messages"]]
    question, *answer = from_json({"version": VERSION, "messages": rows}, read_kept_image)
    calls = {call.id: call for message in answer for call in message.calls}
    note = saved["note"]
    others = tuple(tuple(_load_exchange(one, images) for one in tail) for tail in saved.get("others", ()) if tail)
    return Exchange(
        question=question,
        answer=tuple(answer),
        note=_load_note(note) if note else None,
        pending=tuple(calls[call_id] for call_id in saved["pending"]),
        others=others,
        place=min(max(int(saved.get("place", 0)), 0), len(others)),
    )


def _load_note(saved: Mapping[str, Any]) -> ReplyNote:
    thoughts = {name: tuple(saved.get(name, ())) for name in ("thought_seconds", "thought_tokens")}
    return ReplyNote(**{**saved, **thoughts, "usage": Usage(**saved["usage"])})
