"""Recordings on their way between server and browser: pictures apart, as a link, and back to a conversation.

A recording is one document (see `chat/recording.py`). The browser keeps those of its replies, the server none. Pictures
stand in the conversation already, so a kept recording names them by digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from playground.chat.context_window import Overflow
from playground.chat.conversation import exchanges, to_json, unanswered
from playground.chat.recording import Recording, read_recording
from playground.errors import CallerError
from playground.events import Usage
from playground.images import read_kept_image
from playground.messages import Image, Message
from playground.turn import Turn
from playground.ui.options_panel import shown_options
from playground.ui.transcript import Exchange, ReplyNote, Transcript, dump, dump_images

LONGEST_LINK = 30_000
"""Characters. Browsers take more, but what carries links from person to person often does not."""
LARGEST_LINKED = 8_000_000
"""Bytes that a link may unpack to: a few thousand characters can be made to hold gigabytes of zeros."""


def new_id() -> str:
    """An id for a recording."""
    return secrets.token_urlsafe(12)


def without_pictures(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with each picture named by its digest."""

    def named(part: Mapping[str, Any]) -> Mapping[str, Any]:
        if part["type"] != "image":
            return part
        return {"type": "image", "digest": hashlib.sha256(base64.b64decode(part["data"])).hexdigest()}

    return _with_parts(document, named)


def with_pictures(document: Any, pictures: Mapping[str, Image]) -> Any:
    """The document with the pictures in their places. What is no document is left to `read_recording` to refuse.

    Raises: CallerError when a picture is not among them.
    """

    def whole(part: Any) -> Any:
        match part:
            case {"type": "image", "digest": str(digest)}:
                if digest not in pictures:
                    raise CallerError("This browser no longer has a picture that the reply is about.")
                image = pictures[digest]
                return {"type": "image", "mime": image.mime, "data": base64.b64encode(image.data).decode()}
        return part

    return _with_parts(document, whole) if isinstance(document, Mapping) else document


def read(document: Any) -> Recording:
    """The recording in a document that may come from anybody.

    Raises: CallerError naming what cannot be read.
    """
    return read_recording(document, read_kept_image)


def write_link(document: Mapping[str, Any]) -> str:
    """A recording as the text that stands behind `#card=` in a link.

    Raises: CallerError when it holds pictures or is too long.
    """
    if any(message.images for message in read(document).turn.messages):
        raise CallerError("A link cannot hold pictures. Save the recording as a file instead.")
    packed = zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(text) > LONGEST_LINK:
        raise CallerError(
            f"The link would have {len(text):,} characters; many programs cut links beyond {LONGEST_LINK:,}. "
            "Save the recording as a file instead."
        )
    return text


def read_link(text: str) -> Any:
    """The document in a link, not checked yet.

    Raises: CallerError when there is none.
    """
    if len(text) > LONGEST_LINK:
        raise CallerError(f"The link has {len(text):,} characters; the limit is {LONGEST_LINK:,}.")
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        opener = zlib.decompressobj()
        plain = opener.decompress(packed, LARGEST_LINKED)
        if not opener.eof:
            raise CallerError("The link is cut off, or holds more than a text chat. Copy the whole link again.")
        return json.loads(plain)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise CallerError("The link is damaged. Copy the whole link again.") from error


def opened(document: Any) -> dict[str, Any]:
    """The conversation of a recording, for the browser to keep: messages, settings, and the recording itself.

    Raises: CallerError naming what cannot be read.
    """
    recording = read(document)
    run_id = new_id()
    transcript = _transcript(recording, _reply(document), run_id)
    system = "".join(message.text for message in recording.turn.messages if message.role == "system")
    settings = {
        "model": recording.model,
        "system": system,
        "tools": [spec.name for spec in recording.turn.tools],
        "prefill": "",
        "options": shown_options(recording.turn.options),
    }
    small = without_pictures({**document, "messages": to_json(recording.turn.messages)["messages"]})
    return to_keep(transcript, settings, recording.overflow, {run_id: small})


def asked_in(turn: Turn) -> list[Exchange]:
    """What a recorded turn's messages are as exchanges of a chat; the last one has no whole answer yet.

    Raises: CallerError when they do not begin with a person's message.
    """
    spoken = tuple(message for message in turn.messages if message.role != "system")
    if not spoken or spoken[0].role != "user":
        raise CallerError("The recording does not begin with a message of a person, so no chat can be made of it.")
    return [Exchange(piece[0], piece[1:]) for piece in exchanges(spoken)]


def is_whole(card: Mapping[str, Any]) -> bool:
    """Whether a reply's card says enough for a recording."""
    turns = card.get("turns", ())
    return bool(turns) and all(turn.get("model") for turn in turns)


def to_keep(
    transcript: Transcript, settings: Mapping[str, Any], overflow: Overflow, runs: Mapping[str, Any]
) -> dict[str, Any]:
    """A new conversation for the browser to keep, with the recordings of its replies."""
    images = transcript.images
    return {
        "id": secrets.token_urlsafe(12),
        "exchanges": dump(transcript),
        "waiting": False,
        "overflow": overflow,
        "settings": dict(settings),
        "pictures": sorted({image.digest for image in images}),
        "images": dump_images(images),
        "runs": dict(runs),
        "run_ids": list(runs),
    }


def _reply(document: Mapping[str, Any]) -> tuple[Message, ...]:
    """What the document says was answered."""
    asked = {**document, "messages": document["reply"]}
    return read(asked).turn.messages


def _transcript(recording: Recording, reply: tuple[Message, ...], run_id: str) -> Transcript:
    pieces = asked_in(recording.turn)
    last = pieces[-1]
    card = recording.card
    note = ReplyNote(
        model=recording.model,
        usage=_usage(card["turns"]),
        seed=recording.turn.options.seed or 0,
        reason=_reason(card["turns"][-1]),
        dropped=_whole(card.get("dropped_messages")),
        run=run_id,
    )
    answer = (*last.answer, *reply)
    pending = unanswered((last.question, *answer))
    return Transcript((*pieces[:-1], Exchange(last.question, answer, note, pending)))


def _reason(turn: Mapping[str, Any]) -> Any:
    return turn["reason"] if turn["reason"] in {"length", "cancelled"} else "stop"


def _usage(turns: list[Mapping[str, Any]]) -> Usage:
    """The turns' tokens and times; what is no number counts as none."""
    total = Usage()
    for turn in turns:
        said = turn.get("usage")
        said = said if isinstance(said, Mapping) else {}
        numbers = {one.name: said[one.name] for one in fields(Usage) if isinstance(said.get(one.name), int | float)}
        total += Usage(**numbers)
    return total


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _with_parts(document: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The document with each part of its messages changed; what is no message stays as it is."""

    def of(row: Any) -> Any:
        match row:
            case {"parts": list(parts)}:
                return {**row, "parts": [change(part) for part in parts]}
        return row

    rows = document.get("messages")
    return {**document, "messages": [of(row) for row in rows] if isinstance(rows, list) else rows}
