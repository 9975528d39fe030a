"""A whole dialogue: messages with the tools on offer, under names that are not always the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_model.tool_dialogues.declarations import HELD_OUT_ARGUMENTS, Tool
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.messages import Message
from embedded_model.tool_dialogues.template import Values
from embedded_model.tool_dialogues.text_files import HELD_OUT, read_lists, read_table

MAX_TOKENS = 590
"""Longer dialogues cost too much to train on; what is offered besides the right tools is left out first."""
TOKENS_OF_THE_REST = 75
CHARACTERS_PER_TOKEN = 3.3
CHARACTERS_PER_TOKEN_OF_TOOLS = 3.75

_ALIASES = read_lists("aliases")
OTHER_ARGUMENT_NAMES = {name: names.split() for name, names in read_table(_ALIASES["arguments"]).items()}
SYLLABLES = _ALIASES["syllables"][0].split()
_SYSTEM_TEXTS = read_lists("small_talk")


@dataclass(frozen=True)
class Dialogue:
    """A dialogue of one kind."""

    kind: str
    tools: list[Values]
    messages: list[Message]

    @property
    def first_request(self) -> str:
        """What the person says first."""
        return str(next(message["content"] for message in self.messages if message["role"] == "user"))


@dataclass(frozen=True)
class _Names:
    """Other names for tools, and for the arguments of some."""

    tools: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def tool(self, name: str) -> str:
        return self.tools.get(name, name)

    def given(self, tool: str, values: Mapping[str, Any]) -> Values:
        names = self.arguments.get(tool, {})
        return {names.get(name, name): value for name, value in values.items()}


def finish(kind: str, tools: Sequence[Tool], messages: Sequence[Message], draw: Draw) -> Dialogue | None:
    """The dialogue with these tools on offer, or nothing if it is too long."""
    declarations = [tool.declaration(draw) for tool in tools]
    names = _Names() if draw.held_out else _other_names(tools, draw)
    declarations = [_renamed_declaration(one, names) for one in declarations]
    written = [_renamed_message(one, names) for one in messages]
    called = {call["name"] for message in written for call in message.get("tool_calls", [])}
    if draw.chance(0.12):
        texts = _SYSTEM_TEXTS["system texts" + HELD_OUT if draw.held_out else "system texts"]
        written.insert(0, {"role": "system", "content": draw.pick(texts)})
    declarations = draw.shuffled(declarations)
    while _tokens(declarations, written) > MAX_TOKENS and len(declarations) > 1:
        uncalled = [at for at, one in enumerate(declarations) if one["name"] not in called]
        if not uncalled:
            break
        declarations.pop(draw.pick(uncalled))
    too_long = _tokens(declarations, written) > MAX_TOKENS + 20
    return None if too_long else Dialogue(kind, declarations, written)


def _tokens(declarations: Sequence[Values], messages: Sequence[Message]) -> float:
    offered = len(json.dumps(declarations, ensure_ascii=False)) if declarations else 0
    said = sum(len(json.dumps(message, ensure_ascii=False)) / CHARACTERS_PER_TOKEN for message in messages)
    return offered / CHARACTERS_PER_TOKEN_OF_TOOLS + TOKENS_OF_THE_REST + said


def _other_names(tools: Sequence[Tool], draw: Draw) -> _Names:
    share = draw.fraction()
    renamed, arguments = {}, {}
    for tool in tools:
        if tool.standard:
            continue
        name = _other_name(tool.name, share, draw)
        if name is not None:
            renamed[tool.name] = name
        if draw.chance(0.16) and (other := _other_arguments(tool, draw)):
            arguments[tool.name] = other
    return _Names(renamed if len(set(renamed.values())) == len(renamed) else {}, arguments)


def _other_name(name: str, share: float, draw: Draw) -> str | None:
    if share < 0.08:
        first, *rest = name.split("_")
        return first + "".join(part.capitalize() for part in rest)
    if share < 0.11:
        return name.replace("_", "-")
    if share < 0.14:
        return draw.pick(["api_", "my_", "ext_"]) + name
    if share < 0.20:
        start = draw.pick(SYLLABLES) + draw.pick(SYLLABLES)
        return start + draw.pick(["", "_" + draw.pick(SYLLABLES), str(draw.number(2, 9))])
    return None


def _other_arguments(tool: Tool, draw: Draw) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in tool.arguments:
        if name in OTHER_ARGUMENT_NAMES and draw.chance(0.7):
            other = draw.pick(OTHER_ARGUMENT_NAMES[name])
            if other not in tool.arguments and other not in found.values() and other not in HELD_OUT_ARGUMENTS:
                found[name] = other
    return found


def _renamed_declaration(declaration: Values, names: _Names) -> Values:
    name, parameters = declaration["name"], dict(declaration["parameters"])
    parameters["properties"] = names.given(name, parameters["properties"])
    if "required" in parameters:
        parameters["required"] = list(names.given(name, dict.fromkeys(parameters["required"])))
    return {"name": names.tool(name), "description": declaration["description"], "parameters": parameters}


def _renamed_message(message: Message, names: _Names) -> Message:
    found = dict(message)
    if "tool_calls" in found:
        found["tool_calls"] = [
            {"name": names.tool(call["name"]), "arguments": names.given(call["name"], call["arguments"])}
            for call in found["tool_calls"]
        ]
    if found["role"] == "tool":
        found["name"] = names.tool(found["name"])
    return found
