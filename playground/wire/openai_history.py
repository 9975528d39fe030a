"""The messages of OpenAI's chat completions as ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from playground.errors import CallerError
from playground.messages import Message, Part, Text, Thinking, ToolCall, ToolResult
from playground.wire.fields import Inside, Kinds
from playground.wire.history import ReadImage, join_neighbours

PART = Kinds(
    "type",
    {
        "text": {"type": None, "text": None},
        "image_url": {"type": None, "image_url": {"url": None, "detail": None}},
        "refusal": {"type": None, "refusal": None},
    },
)
_SAID: Mapping[str, Inside] = {"role": None, "content": PART}
_CALL: Mapping[str, Inside] = {"id": None, "index": None, "type": None, "function": {"name": None, "arguments": None}}
_THOUGHTS = ("reasoning_content", "reasoning")
"""Names of an earlier thought: that of hosted Gemma APIs, and that of OpenRouter and newer versions of vLLM."""
MESSAGE = Kinds(
    "role",
    {
        **dict.fromkeys(("system", "developer", "user"), _SAID),
        "assistant": {**_SAID, **dict.fromkeys(("refusal", "function_call", *_THOUGHTS)), "tool_calls": _CALL},
        "tool": {**_SAID, "tool_call_id": None},
    },
)
"""What is read of a message, by its role."""
DETAIL = "The detail of an image has no effect on this server: the model decides how many tokens a picture takes."


def check_detail(detail: Any, where: str) -> None:
    """Raises: CallerError when it is none of their words."""
    if detail not in (None, "auto", "low", "high", "original"):
        raise CallerError(f"{where} is {detail!r}; it can be auto, low, high or original.", param=where)


def asks_for_detail(messages: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a picture is asked to be seen in another detail than the usual."""
    parts = [part for message in messages for part in as_list(message.get("content")) if isinstance(part, Mapping)]
    images = [part.get("image_url") if isinstance(part.get("image_url"), Mapping) else part for part in parts]
    return any(isinstance(image, Mapping) and image.get("detail") not in (None, "auto") for image in images)


def as_list(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def read_messages(messages: list[dict[str, Any]], read_image: ReadImage) -> tuple[Message, ...]:
    """OpenAI's messages as ours: system texts joined in front, neighbours of one role joined, calls matched by id.

    Raises: CallerError naming the message and the part at fault.
    """
    systems: list[str] = []
    turns: list[Message] = []
    names: dict[str, str] = {}
    for number, message in enumerate(messages):
        role = message.get("role")
        where = f"messages.{number}"
        if role in {"system", "developer"}:
            systems.append("".join(part.text for part in _read_content(message, where, read_image, images=False)))
            continue
        turns.append(_read_message(message, where, read_image, names))
    head = (Message("system", (Text("\n\n".join(systems)),)),) if systems else ()
    return head + join_neighbours(turns)


def _read_message(message: Mapping[str, Any], where: str, read_image: ReadImage, names: dict[str, str]) -> Message:
    match message.get("role"):
        case "user":
            return Message("user", tuple(_read_content(message, where, read_image)))
        case "assistant":
            return Message("assistant", tuple(_read_assistant(message, where, read_image, names)))
        case "tool":
            call_id = str(message.get("tool_call_id") or "")
            if call_id not in names:
                raise CallerError(
                    f"{where}.tool_call_id is {call_id!r}, but no earlier assistant message made that call.",
                    param=f"{where}.tool_call_id",
                )
            texts = _read_content(message, where, read_image, images=False)
            return Message("tool", (ToolResult(call_id, names[call_id], "".join(part.text for part in texts)),))
    raise CallerError(
        f"{where}.role is {message.get('role')!r}; it can be system, developer, user, assistant or tool.",
        param=f"{where}.role",
    )


def _read_assistant(message: Mapping[str, Any], where: str, read_image: ReadImage, names: dict[str, str]) -> list[Part]:
    if message.get("function_call"):
        raise CallerError(
            f"{where}.function_call is not supported; send the call in tool_calls, and its result as role tool.",
            code="unsupported_field",
            param=f"{where}.function_call",
        )
    parts: list[Part] = []
    if thought := next((text for name in _THOUGHTS if (text := message.get(name))), None):
        parts.append(Thinking(str(thought)))
    parts += _read_content(message, where, read_image, images=False)
    if not parts and message.get("refusal"):
        parts.append(Text(str(message["refusal"])))
    for index, call in enumerate(as_list(message.get("tool_calls"))):
        parts.append(read_call(call, f"{where}.tool_calls.{index}"))
    names |= {part.id: part.name for part in parts if isinstance(part, ToolCall)}
    return parts


def read_call(call: Any, where: str) -> ToolCall:
    """One entry of `tool_calls`; its arguments arrive as JSON text.

    Raises: CallerError when the arguments are no JSON object.
    """
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        raise CallerError(f"{where} needs a function with a name and arguments.", param=where)
    raw = function.get("arguments") or "{}"
    try:
        arguments = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError as error:
        raise CallerError(f"{where}.function.arguments is not JSON: {error}.", param=where) from error
    if not isinstance(arguments, dict) or not function.get("name"):
        raise CallerError(f"{where}.function needs a name and arguments that are a JSON object.", param=where)
    return ToolCall(str(call.get("id") or where), str(function["name"]), arguments)


def _read_content(message: Mapping[str, Any], where: str, read_image: ReadImage, *, images: bool = True) -> list[Any]:
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        raise CallerError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    return [
        _read_part(part, f"{where}.content.{number}", read_image if images else None)
        for number, part in enumerate(content)
    ]


def _read_part(part: Any, where: str, read_image: ReadImage | None) -> Part:
    match part:
        case {"type": "text", "text": str() as text}:
            return Text(text)
        case {"type": "image_url", "image_url": {"url": str() as url, **rest}} if read_image is not None:
            check_detail(rest.get("detail"), f"{where}.image_url.detail")
            return read_image(url)
        case {"type": "refusal", "refusal": str() as text} if read_image is None:
            return Text(text)
    kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
    allowed = "text or image_url" if read_image is not None else "text"
    raise CallerError(f"{where} is of type {kind!r}; here it can be {allowed}.", param=where)
