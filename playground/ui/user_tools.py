"""Tools that a visitor wrote in the page: as their browser keeps them, and as something that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.errors import CallerError
from tools.from_schema import SpecError, read_spec, tool_from_schema
from tools.tool import Tool, ToolSpec
from tools.web_address import FetchError

MOST_TOOLS = 32


@dataclass(frozen=True)
class UserTool:
    """What was written: the JSON text, an endpoint (empty: the person answers), and whether to ask before each call."""

    document: str
    endpoint: str = ""
    asks_first: bool = True

    @property
    def spec(self) -> ToolSpec:
        """What the model is told.

        Raises: CallerError with everything that is wrong with the text.
        """
        try:
            return read_spec(self.document)
        except SpecError as error:
            raise CallerError(" ".join(error.problems), param="tools") from error

    def tool(self, *, allow_private: bool) -> Tool:
        """The tool, ready to run.

        Raises: CallerError when the text or the endpoint cannot be used.
        """
        try:
            return tool_from_schema(
                self.spec, self.endpoint.strip() or None, asks_first=self.asks_first, allow_private=allow_private
            )
        except FetchError as error:
            raise CallerError(f"The endpoint cannot be used: {error}", param="tools") from error


TEMPLATES: Mapping[str, UserTool] = {
    "Look something up": UserTool(
        json.dumps(
            {
                "name": "find_order",
                "description": "Look up an order by its number. Gives its state and the day it arrives.",
                "parameters": {
                    "type": "object",
                    "properties": {"number": {"type": "integer", "description": "The order's number"}},
                    "required": ["number"],
                },
            },
            indent=2,
        )
    ),
    "Do something": UserTool(
        json.dumps(
            {
                "name": "set_light",
                "description": "Switch a lamp in a room on or off, and dim it.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "room": {"type": "string", "enum": ["kitchen", "bedroom", "hall"]},
                        "on": {"type": "boolean"},
                        "brightness": {"type": "integer", "minimum": 0, "maximum": 100},
                    },
                    "required": ["room", "on"],
                },
            },
            indent=2,
        )
    ),
    "Take a list": UserTool(
        json.dumps(
            {
                "name": "add_to_list",
                "description": "Add items to a shopping list.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                        "shop": {"type": "string", "description": "Where to buy them"},
                    },
                    "required": ["items"],
                },
            },
            indent=2,
        )
    ),
}


def dump_tools(tools: Mapping[str, UserTool]) -> list[dict[str, Any]]:
    """The tools as JSON values, for the browser to keep."""
    return [{"document": t.document, "endpoint": t.endpoint, "asks_first": t.asks_first} for t in tools.values()]


def load_tools(saved: Any) -> dict[str, UserTool]:
    """Tools from what a browser kept; those that no longer read as tools are left out."""
    tools: dict[str, UserTool] = {}
    for one in saved[:MOST_TOOLS] if isinstance(saved, list) else ():
        match one:
            case {"document": str(document), "endpoint": str(endpoint), "asks_first": bool(asks_first)}:
                tool = UserTool(document, endpoint, asks_first)
                try:
                    tools[tool.spec.name] = tool
                except CallerError:
                    continue  # the rules may have become stricter since it was kept
    return tools
