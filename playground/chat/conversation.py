"""What can be done with a conversation, as pure functions on a tuple of messages; and its form as JSON.

The JSON is versioned and complete: pictures stand in it as base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from playground.errors import CallerError
from playground.messages import Image, Message, Part, Source, Text, Thinking, ToolCall, ToolResult, tool

VERSION = 1
NO_RESULT = "This call was not answered."

Conversation: TypeAlias = tuple[Message, ...]


def edit(messages: Conversation, index: int, *parts: Part) -> Conversation:
    """With the message at `index` replaced by these parts, and all that followed it dropped."""
    return (*messages[:index], Message(messages[index].role, parts))


def retry(messages: Conversation) -> Conversation:
    """Without the last reply, so that its question can be asked again; everything after the last user message goes."""
    return messages[: _last_question(messages) + 1]


def undo(messages: Conversation) -> tuple[Conversation, Message | None]:
    """Without the last question and its reply; and that question, None when there was none."""
    index = _last_question(messages)
    return (messages[:index], messages[index]) if index >= 0 else (messages, None)


def unanswered(messages: Conversation) -> tuple[ToolCall, ...]:
    """The calls at the end of the conversation that have no result yet."""
    last = max((i for i, message in enumerate(messages) if message.role != "tool"), default=-1)
    if last < 0 or messages[last].role != "assistant":
        return ()
    return _missing(messages[last], messages[last + 1 :])


def with_all_results(messages: Conversation) -> Conversation:
    """With a result for every call that never got one and that the conversation has moved past.

    A template may end a prompt inside the open call otherwise. Calls at the very end are left as they are.
    """
    complete: list[Message] = []
    for index, message in enumerate(messages):
        complete.append(message)
        following = messages[index + 1 :]
        replies = list(_results_after(following))
        if message.role == "assistant" and len(following) > len(replies):
            absent = _missing(message, replies)
            if absent:
                complete.append(tool(*(ToolResult(call.id, call.name, NO_RESULT, is_error=True) for call in absent)))
    return tuple(complete)


def exchanges(messages: Conversation) -> list[Conversation]:
    """The conversation cut before each user message. Calls and their results always stand in one piece."""
    pieces: list[list[Message]] = []
    asked = False
    for message in messages:
        if not pieces or (message.role == "user" and asked):
            pieces.append([])
        asked = asked or message.role == "user"
        pieces[-1].append(message)
    return [tuple(piece) for piece in pieces]


def _last_question(messages: Conversation) -> int:
    return max((index for index, message in enumerate(messages) if message.role == "user"), default=-1)


def _results_after(messages: Conversation) -> Sequence[Message]:
    """The tool messages at the beginning."""
    end = next((index for index, message in enumerate(messages) if message.role != "tool"), len(messages))
    return messages[:end]


def _missing(message: Message, replies: Sequence[Message]) -> tuple[ToolCall, ...]:
    answered = {part.call_id for reply in replies for part in reply.parts if isinstance(part, ToolResult)}
    return tuple(call for call in message.calls if call.id not in answered)


def to_json(messages: Conversation) -> dict[str, Any]:
    """The conversation as JSON values."""
    rows = [{"role": message.role, "parts": [_part_to_json(part) for part in message.parts]} for message in messages]
    return {"version": VERSION, "messages": rows}


def from_json(document: Any, read_image: Callable[[bytes], Image]) -> Conversation:
    """The conversation in JSON values. They may come from anybody, so `read_image` must check each picture's bytes.

    Raises: CallerError naming the message that cannot be read; whatever `read_image` raises.
    """
    match document:
        case {"version": int(version)} if version > VERSION:
            raise CallerError(f"The conversation was saved by a newer version ({version}); this one reads {VERSION}.")
        case {"version": int(), "messages": list(rows)}:
            return tuple(_message_from_json(row, number, read_image) for number, row in enumerate(rows, start=1))
        case _:
            raise CallerError("This is no saved conversation: it needs `version` and a list `messages`.")


def _part_to_json(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "text": text}
        case Image():
            return {"type": "image", "mime": part.mime, "data": base64.b64encode(part.data).decode()}
        case ToolCall():
            return {"type": "call", "id": part.id, "name": part.name, "arguments": dict(part.arguments)}
        case ToolResult():
            return {"type": "result", **asdict(part)}


def _message_from_json(row: Any, number: int, read_image: Callable[[bytes], Image]) -> Message:
    match row:
        case {"role": "system" | "user" | "assistant" | "tool" as role, "parts": list(parts)}:
            return Message(role, tuple(_part_from_json(part, number, read_image) for part in parts))
        case _:
            raise CallerError(f"Message {number} of the saved conversation needs a known `role` and a list `parts`.")


def _part_from_json(part: Any, number: int, read_image: Callable[[bytes], Image]) -> Part:
    match part:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "thinking", "text": str(text)}:
            return Thinking(text)
        case {"type": "image", "data": str(data)}:
            return read_image(_bytes(data, number))
        case {"type": "call", "id": str(call_id), "name": str(name), "arguments": dict(arguments)}:
            return ToolCall(call_id, name, arguments)
        case {"type": "result", "call_id": str(call_id), "name": str(name), "text": str(text), **rest}:
            return ToolResult(call_id, name, text, rest.get("is_error") is True, _sources(rest.get("sources")))
        case _:
            kind = part.get("type") if isinstance(part, Mapping) else part
            raise CallerError(
                f"Message {number} of the saved conversation has a part that cannot be read: {kind!r:.80}."
            )


def _bytes(data: str, number: int) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise CallerError(f"Message {number} of the saved conversation has a picture that is no base64.") from error


def _sources(rows: Any) -> tuple[Source, ...]:
    """Sources that read as such; a broken one is no reason to lose a conversation."""
    found = []
    for row in rows if isinstance(rows, list | tuple) else ():
        match row:
            case {"title": str(title), "url": str(url), **rest}:
                snippet = rest.get("snippet")
                found.append(Source(title, url, snippet if isinstance(snippet, str) else ""))
    return tuple(found)
