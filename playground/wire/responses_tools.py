"""The tools of OpenAI's responses: functions of the client, and the web search that this server runs itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.errors import CallerError
from playground.grammar import Choice
from playground.wire.fields import Inside, Kinds
from playground.wire.openai import FUNCTION, read_function
from tools.tool import ToolSpec

WEB_SEARCH = "web_search"
WEB_SEARCH_TYPES = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
NOT_HONOURED = ("filters", "search_context_size", "user_location")
"""Wishes for the web search that the search behind it does not know."""


_SEARCH: Mapping[str, Inside] = dict.fromkeys(("type", *NOT_HONOURED))
TOOL = Kinds("type", {"function": {"type": None, **FUNCTION}, **dict.fromkeys(WEB_SEARCH_TYPES, _SEARCH)})
"""What is read of a tool, by its type."""


@dataclass(frozen=True)
class Tools:
    """`functions` are the client's, `served` the names of those run here, `declared` what is taken, as it came."""

    functions: tuple[ToolSpec, ...]
    served: tuple[str, ...]
    declared: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Everything that can be called."""
        return [*(tool.name for tool in self.functions), *self.served]


def read_tools(tools: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> Tools:
    """The tools as ours. `asked` are names of further tools to run here.

    Types that there are not here are reported and left out: clients such as coding agents always send some.

    Raises: CallerError for a function without a name or a schema.
    """
    functions: list[ToolSpec] = []
    served = dict.fromkeys(asked)
    declared: list[Mapping[str, Any]] = []
    warnings: list[str] = []
    for number, tool in enumerate(tools):
        where, kind = f"tools.{number}", tool.get("type")
        if kind == "function" and isinstance(tool.get("name"), str) and tool["name"]:
            functions.append(read_function(tool, where))
        elif kind == "function":
            raise CallerError(f"{where} is a function without a name.", param=f"{where}.name")
        elif kind in WEB_SEARCH_TYPES:
            served[WEB_SEARCH] = None
            warnings += [f"{where}.{name} has no effect on this server." for name in NOT_HONOURED if tool.get(name)]
        else:
            warnings.append(f"{where} is of type {kind!r}, which this server does not have; it was left out.")
            continue
        declared.append(tool)
    return Tools(tuple(functions), tuple(served), tuple(declared), tuple(warnings))


def read_choice(value: str | Mapping[str, Any] | None, tools: Tools) -> tuple[Tools, Choice]:
    """`tool_choice` as ours, and the tools that it leaves.

    Raises: CallerError when it names a tool that there is not.
    """
    match value:
        case None | "auto":
            return tools, Choice()
        case "none":
            return tools, Choice("none")
        case "required" if tools.names:
            return tools, Choice("required")
        case {"type": "function", "name": str() as name} if name in tools.names:
            return tools, Choice("named", name)
        case {"type": str() as kind} if kind in WEB_SEARCH_TYPES and WEB_SEARCH in tools.names:
            return tools, Choice("named", WEB_SEARCH)
        case {"type": "allowed_tools", "mode": "auto" | "required" as mode, "tools": list() as allowed}:
            left = _only(tools, allowed)
            if left.names or mode == "auto":
                return left, Choice(mode)
    raise CallerError(
        f"tool_choice is {value!r}; it can be auto, none, required, allowed_tools, or name one of these tools: "
        f"{', '.join(tools.names) or 'there are none'}.",
        param="tool_choice",
    )


def _only(tools: Tools, allowed: Sequence[Any]) -> Tools:
    names = {
        WEB_SEARCH if tool.get("type") in WEB_SEARCH_TYPES else tool.get("name")
        for tool in allowed
        if isinstance(tool, Mapping)
    }
    functions = tuple(tool for tool in tools.functions if tool.name in names)
    return replace(tools, functions=functions, served=tuple(name for name in tools.served if name in names))
