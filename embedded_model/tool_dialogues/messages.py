"""The messages of a dialogue, as the data files have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.template import Values

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """A request with its call, result and answer."""

    tool: Tool
    request: str
    arguments: Values
    content: str
    answer: str
    proper: Values = field(default_factory=dict)
    lower: bool = False


def asks(text: str) -> Message:
    """What the person says."""
    return {"role": "user", "content": text}


def says(text: str) -> Message:
    """What the assistant says."""
    return {"role": "assistant", "content": text}


def calls(*pairs: tuple[str, Mapping[str, Any]]) -> Message:
    """The calls of one reply: names and arguments."""
    return {"role": "assistant", "tool_calls": [{"name": name, "arguments": dict(given)} for name, given in pairs]}


def returns(name: str, content: str) -> Message:
    """What a tool returns."""
    return {"role": "tool", "name": name, "content": content}


def one_exchange(one: Exchange) -> list[Message]:
    """A request, its call, the result and the answer."""
    name = one.tool.name
    return [
        asks(one.request),
        calls((name, one.arguments)),
        returns(name, one.content),
        says(one.answer),
    ]


def both_at_once(request: str, first: Exchange, second: Exchange, answer: str) -> list[Message]:
    """One request with two calls in one reply."""
    names = first.tool.name, second.tool.name
    return [
        asks(request),
        calls((names[0], first.arguments), (names[1], second.arguments)),
        returns(names[0], first.content),
        returns(names[1], second.content),
        says(answer),
    ]


def one_after_another(
    request: str, first: tuple[str, Values, str], second: tuple[str, Values, str], answer: str
) -> list[Message]:
    """One request with two calls, the second after the first one's result: names, arguments and results."""
    found = [asks(request)]
    for name, given, content in (first, second):
        found += [calls((name, given)), returns(name, content)]
    return [*found, says(answer)]
