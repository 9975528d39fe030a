"""A turn of ours as the body of a chat request to somebody else's server.

What such a server has no field for is never dropped in silence: a wish of the caller's is refused by name, and a
default that cannot be sent is listed in `not_sent`.

Source: https://platform.openai.com/docs/api-reference/chat and the types of the `openai` package, read 2026-11.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playground.errors import UnsupportedInput
from playground.grammar import Choice, JsonObject, JsonSchema, ResponseFormat
from playground.messages import Image, Message, Part, Text, Thinking, ToolResult
from playground.options import Options
from playground.turn import Turn
from playground.wire.openai_flavours import Flavour
from playground.wire.openai_reply import write_call

ALWAYS = ("temperature", "top_p", "max_tokens", "seed")
SAMPLING = ("top_k", "min_p", "repetition_penalty", "presence_penalty", "frequency_penalty")
NEUTRAL: Mapping[str, Any] = {
    "top_k": 0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "logit_bias": {},
    "logprobs": False,
    "top_logprobs": 0,
    "stop": (),
    "response_format": None,
    "parallel_tool_calls": True,
    "thinking_tokens": None,
    "image_tokens": "auto",
    "pan_and_scan": False,
}
"""The value of each option that asks for nothing."""
UNKNOWN_TO_MOST = {"top_k", "min_p", "repetition_penalty", "thinking_tokens", "image_tokens", "pan_and_scan"}
"""Options that the protocol lacks: sent to the servers that have a name for them."""


@dataclass(frozen=True)
class ChatBody:
    """The fields of the request, and the options (by our names) whose default the server could not be told."""

    fields: Mapping[str, Any]
    not_sent: tuple[str, ...]


def write_request(turn: Turn, model: str, flavour: Flavour) -> ChatBody:
    """The body for a server of this kind; it always asks for a stream with usage.

    Raises: UnsupportedInput naming an option that the server has no way to honour.
    """
    options = turn.options
    body: dict[str, Any] = {"model": model, "messages": _messages(turn, flavour)}
    body |= {name: getattr(options, name) for name in ALWAYS if getattr(options, name) is not None}
    not_sent = _plain_options(options, flavour, body)
    _thinking(options, flavour, body, not_sent)
    _tools(turn, flavour, body)
    if turn.prefill and flavour.prefill == "continue":
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return ChatBody({**body, "stream": True, "stream_options": {"include_usage": True}}, tuple(not_sent))


def _plain_options(options: Options, flavour: Flavour, body: dict[str, Any]) -> list[str]:
    """Put what the server has a field for into the body; gives the defaults that it has none for."""
    not_sent = []
    for name, neutral in NEUTRAL.items():
        value = getattr(options, name)
        if name in flavour.lacks or (name in UNKNOWN_TO_MOST and name not in flavour.names):
            if value not in (neutral, Options.model_fields[name].get_default(call_default_factory=True)):
                raise _cannot(name, value)
            if value != neutral:
                not_sent.append(name)
        elif value != neutral or name in SAMPLING:
            body[flavour.names.get(name, name)] = _value(name, value, flavour)
    return not_sent


def _value(name: str, value: Any, flavour: Flavour) -> Any:
    match name:
        case "top_k":
            return value or flavour.all_tokens
        case "stop":
            return list(value)
        case "logit_bias":
            return {str(token): bias for token, bias in value.items()}
        case "response_format":
            return _format(value)
        case _:
            return value


def _format(shape: ResponseFormat) -> dict[str, Any]:
    match shape:
        case JsonSchema(schema):
            return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}
        case JsonObject() | None:
            return {"type": "json_object"}


def _thinking(options: Options, flavour: Flavour, body: dict[str, Any], not_sent: list[str]) -> None:
    """Auto leaves the choice to the model's template, so nothing is sent."""
    if options.thinking == "auto":
        return
    on = options.thinking == "on"
    match flavour.thinking:
        case "template":
            body["chat_template_kwargs"] = {"enable_thinking": on}
            if on:
                not_sent.append("effort")
        case "reasoning":
            body["reasoning"] = {"effort": options.effort} if on else {"enabled": False}
        case "playground":
            body["enable_thinking"] = on
            if on:
                body["reasoning_effort"] = options.effort
        case "effort":
            body["reasoning_effort"] = options.effort if on else "none"


def _tools(turn: Turn, flavour: Flavour, body: dict[str, Any]) -> None:
    choice = turn.options.tool_choice
    chooses = "tool_choice" not in flavour.lacks
    if not chooses and choice.mode in {"required", "named"}:
        raise _cannot("tool_choice", choice.name or choice.mode)
    if not turn.tools or (choice.mode == "none" and not chooses):
        return
    body["tools"] = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in turn.tools
    ]
    if chooses:
        body["tool_choice"] = _choice(choice)


def _choice(choice: Choice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "named" else choice.mode


def _cannot(name: str, value: Any) -> UnsupportedInput:
    return UnsupportedInput(
        f"{name} is {value!r}, and the server that runs this model has no way to honour it. "
        "Set it back to its default, or choose another model.",
        code="unsupported_option",
        param=name,
    )


def _messages(turn: Turn, flavour: Flavour) -> list[dict[str, Any]]:
    asked = [number for number, message in enumerate(turn.messages) if message.role == "user"]
    last = asked[-1] if asked else -1
    written = [
        line
        for number, message in enumerate(turn.messages)
        for line in _message(message, flavour.thought_field if number > last else None)
    ]
    if turn.prefill:
        if not flavour.prefill:
            raise UnsupportedInput(
                "The server that runs this model cannot go on from the start of a reply. Send the message without one."
            )
        written.append({"role": "assistant", "content": turn.prefill})
    return written


def _message(message: Message, thought_field: str | None) -> Iterator[dict[str, Any]]:
    """The message as theirs: one for each result of a tool message, else one.

    Thoughts are sent back only while a reply goes on after its calls, as the families' own rules want it.
    """
    match message.role:
        case "tool":
            for part in message.parts:
                if isinstance(part, ToolResult):
                    yield {"role": "tool", "tool_call_id": part.call_id, "name": part.name, "content": part.text}
        case "assistant":
            written: dict[str, Any] = {"role": "assistant", "content": message.text}
            thought = "".join(part.text for part in message.parts if isinstance(part, Thinking))
            if thought and thought_field:
                written[thought_field] = thought
            if message.calls:
                written["tool_calls"] = [write_call(call) for call in message.calls]
            yield written
        case "user" if message.images:
            yield {"role": "user", "content": [_part(part) for part in message.parts]}
        case role:
            yield {"role": role, "content": message.text}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Image(data=data, mime=mime):
            return {"type": "image_url", "image_url": {"url": f"data:{mime};base64,{base64.b64encode(data).decode()}"}}
        case Text(text):
            return {"type": "text", "text": text}
    raise AssertionError(f"a user's message holds {part!r}")
