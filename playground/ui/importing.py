"""Conversations from files: our own export, a reply's recording, or OpenAI's messages. Files may come from anybody."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from playground.chat import recording
from playground.chat.conversation import exchanges
from playground.errors import CallerError, PlaygroundError
from playground.messages import Image, Message
from playground.ui.inside import recordings
from playground.ui.transcript import Exchange, Transcript, dump, dump_images, load
from playground.wire import openai

FORMAT = "gemma-playground-conversations"
VERSION = 1
MOST = 2000
Read: TypeAlias = Callable[[Mapping[str, Any], Callable[[str], Image]], tuple[Transcript, Any]]
WANTED = (
    "A file must be an export of this page, the recording of a reply, a list of messages as OpenAI's API has them, "
    "or an object with `messages`."
)


def read_import(document: Any, read_image: Callable[[str], Image]) -> list[dict[str, Any]]:
    """Records for the browser to keep, one for each conversation. `read_image` reads the URL of an OpenAI picture.

    Raises: CallerError saying which conversation cannot be read, and why.
    """
    one: Read = _openai
    match document:
        case {"format": str(form)} if form == recording.FORMAT:
            return [recordings.opened(document)]
        case {"format": str(form), "version": int(version), "conversations": list(rows)} if form == FORMAT:
            if version > VERSION:
                raise CallerError(f"It was written by a newer version ({version}); this one reads {VERSION}.")
            one = _ours
        case {"messages": list()}:
            rows = [document]
        case [{"messages": list()}, *_]:
            rows = document
        case [{"role": str()}, *_]:
            rows = [{"messages": document}]
        case _:
            raise CallerError(WANTED)
    if len(rows) > MOST:
        raise CallerError(f"It holds {len(rows)} conversations; {MOST} can be read at once.")
    return [_record(row, number, lambda saved: one(saved, read_image)) for number, row in enumerate(rows, start=1)]


def _record(row: Any, number: int, read: Callable[[Mapping[str, Any]], tuple[Transcript, Any]]) -> dict[str, Any]:
    try:
        if not isinstance(row, Mapping):
            raise CallerError(f"It is {type(row).__name__}, not an object.")
        transcript, settings = read(row)
        if not transcript.exchanges:
            raise CallerError("It has no messages.")
    except PlaygroundError as error:
        raise CallerError(f"Conversation {number} cannot be read: {error.message}") from error
    images = transcript.images
    title, saved = row.get("title"), row.get("saved")
    return {
        "id": secrets.token_urlsafe(12),
        "exchanges": dump(transcript),
        "waiting": False,
        "settings": settings,
        "pictures": sorted({image.digest for image in images}),
        "images": dump_images(images),
        "saved": saved if isinstance(saved, int | float) else None,
        "pinned": row.get("pinned") is True,
        **({"title": title[:200], "renamed": True} if isinstance(title, str) and title.strip() else {}),
    }


def _ours(row: Mapping[str, Any], _: Callable[[str], Image]) -> tuple[Transcript, Any]:
    try:
        transcript = load(row.get("exchanges"), row.get("images") or {})
    except CallerError as error:
        raise CallerError("its messages are damaged.") from error
    settings = row.get("settings")
    return transcript, settings if isinstance(settings, dict) else {}


def _openai(row: Mapping[str, Any], read_image: Callable[[str], Image]) -> tuple[Transcript, Any]:
    # The reader wants a question at the end; a finished conversation has none.
    call = openai.read_chat({"messages": [*row["messages"], {"role": "user", "content": "…"}]}, read_image)
    messages: Sequence[Message] = call.turn.messages[:-1]
    system = "".join(message.text for message in messages if message.role == "system")
    spoken = tuple(message for message in messages if message.role != "system")
    if not spoken or spoken[0].role != "user":
        raise CallerError("it does not begin with a message of role user.")
    found = tuple(Exchange(piece[0], piece[1:]) for piece in exchanges(spoken))
    return Transcript(found), {"system": system} if system else {}
