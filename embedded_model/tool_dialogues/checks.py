"""What every dialogue has to fulfil, and what must never occur in both files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from embedded_model.tool_dialogues.declarations import STANDARD, TOOLS
from embedded_model.tool_dialogues.dialogue import Dialogue
from embedded_model.tool_dialogues.messages import Message
from embedded_model.tool_dialogues.template import arguments_in

BEFORE = {"user": (None, "system", "assistant"), "assistant": ("user", "tool"), "system": (None,)}
"""Whose message may come before whose."""


class WrongDialogue(Exception):
    """A dialogue, a tool or a pair of files that breaks a rule."""


def _need(fulfilled: object, message: str) -> None:
    if not fulfilled:
        raise WrongDialogue(message)


def check_tools() -> None:
    """Requests name no argument that their tool lacks.

    Raises:
        WrongDialogue: One does.
    """
    for tool in TOOLS.values():
        for text in () if tool.name in STANDARD else (*tool.asks, *tool.pairs, *tool.follow_ups):
            for name in arguments_in(text):
                known = name in tool.arguments or name[:-1] in tool.arguments
                _need(known, f"{tool.name} has no argument {name!r}, which a request names: {text!r}")


def check_dialogue(dialogue: Dialogue) -> None:
    """Calls are declared and valid, each has its result in turn, and no template shows.

    Raises:
        WrongDialogue: One of this is not so.
    """
    declared = {tool["name"]: tool["parameters"] for tool in dialogue.tools}
    _need(len(declared) == len(dialogue.tools), "Two tools have the same name.")
    last = dialogue.messages[-1]
    _need(last["role"] == "assistant" and last.get("content"), "The last message is no answer.")
    before, open_calls = None, list[str]()
    for message in dialogue.messages:
        _check_order(message, before, open_calls)
        for call in message.get("tool_calls", []):
            _need(call["name"] in declared, f"{call['name']} is called but not declared.")
            check_arguments(declared[call["name"]], call["arguments"])
            open_calls.append(call["name"])
        _check_text(message)
        before = message["role"]


def _check_order(message: Message, before: str | None, open_calls: list[str]) -> None:
    role = message["role"]
    if role == "tool":
        _need(open_calls and open_calls.pop(0) == message["name"], f"A result of {message['name']} without its call.")
        _need(message["content"], f"{message['name']} returns nothing.")
    else:
        _need(before in BEFORE[role] and not open_calls, f"A message of {role} after one of {before}.")


def _check_text(message: Message) -> None:
    text, role = message.get("content", ""), message["role"]
    _need("tool_calls" not in message or "content" not in message, "A call with a text beside it.")
    if role == "tool":
        return
    _need(text == text.strip() and (text or "tool_calls" in message), f"Space around the text, or none: {text!r}")
    _need("{" not in text, f"A slot was not filled: {text!r}")
    _need(role != "user" or "[" not in text, f"Alternatives were not chosen: {text!r}")
    _need(" ." not in text.replace("...", ""), f"A space before a full stop: {text!r}")
    from_python = role == "assistant" and re.search(r"\b(None(?! of)|True|False|nan)\b", text)
    _need(not from_python, f"A value as Python writes it: {text!r}")


def check_arguments(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """The arguments fit the part of JSON Schema that is used here.

    Raises:
        WrongDialogue: They do not.
    """
    for name in schema.get("required", []):
        _need(name in arguments, f"{name} is missing.")
    for name, value in arguments.items():
        _need(name in schema["properties"], f"{name} is not declared.")
        expected = schema["properties"][name]
        _need(_has_type(value, expected["type"]), f"{name} is {value!r}, but should be of type {expected['type']}.")
        _need("enum" not in expected or value in expected["enum"], f"{name} may not be {value!r}.")


def _has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    match name:
        case "string":
            return isinstance(value, str) and bool(value) and value == value.strip()
        case "integer":
            return isinstance(value, int)
        case "number":
            return isinstance(value, (int, float))
        case "array":
            return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)
    return False


def values_called_with(dialogue: Dialogue) -> set[str]:
    """All values in calls, in small letters; without true and false."""
    return set(_values(dialogue.messages))


def _values(messages: Sequence[Message]) -> Iterable[str]:
    for message in messages:
        for call in message.get("tool_calls", []):
            for value in call["arguments"].values():
                parts = value if isinstance(value, list) else [value]
                yield from (str(part).lower() for part in parts if not isinstance(part, bool))


def requests_in(dialogues: Iterable[Dialogue]) -> set[str]:
    """What the person says anywhere, in small letters."""
    return {
        message["content"].lower()
        for dialogue in dialogues
        for message in dialogue.messages
        if message["role"] == "user"
    }


def check_apart(training: Sequence[Dialogue], held_out: Sequence[Dialogue]) -> None:
    """Tools, values in calls and first requests that are held out do not occur in training.

    Raises:
        WrongDialogue: Some do.
    """
    tools, held_out_tools = ({tool["name"] for one in part for tool in one.tools} for part in (training, held_out))
    _need(not tools & held_out_tools, f"Tools in both files: {sorted(tools & held_out_tools)}")
    values, held_out_values = (
        {value for one in part for value in values_called_with(one)} for part in (training, held_out)
    )
    _need(not values & held_out_values, f"Values in both files: {sorted(values & held_out_values)}")
    shared = requests_in(training) & {one.first_request.lower() for one in held_out}
    _need(not shared, f"Requests in both files: {sorted(shared)}")
