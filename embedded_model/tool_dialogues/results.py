"""What a tool returns for given arguments, as text for the model and as values for the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from embedded_model.tool_dialogues import (
    results_daily,
    results_facts,
    results_made_up,
    results_money,
    results_outdoors,
    results_texts,
)
from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.rules import worked_out
from embedded_model.tool_dialogues.template import Given, Values, names_of

MODULES = (results_daily, results_facts, results_made_up, results_money, results_outdoors, results_texts)
TEXT = "_text"
"""The key of a result that is a plain text; keys that start with `_` are for answers, and hidden from the model."""


def function_for(name: str) -> Callable[[Given, Draw], Values] | None:
    """The function that works out a tool's result, if its lines do not."""
    found = [function for module in MODULES if (function := vars(module).get(name)) and _of(module, function)]
    return found[0] if found else None


def _of(module: Any, function: Any) -> bool:
    return bool(function.__module__ == module.__name__)


def result_of(tool: Tool, given: Given, draw: Draw) -> Values:
    """What the tool finds."""
    if tool.rules:
        return worked_out(tool.rules, given, draw)
    function = function_for(tool.name)
    if function is None:
        raise ValueError(f"{tool.name} has neither lines under `result` nor a function.")
    return function(given, draw)


def written(given: Given, result: Values, draw: Draw) -> tuple[str, Values]:
    """A result as the model reads it, and all names for the answer."""
    shown = {key: value for key, value in result.items() if not key.startswith("_")}
    if TEXT in result:
        content = str(result[TEXT])
    elif draw.chance(0.93):
        content = json.dumps(shown, ensure_ascii=False)
    else:
        content = "\n".join(f"{key}: {_bare(value)}" for key, value in shown.items())
    return content, names_of(given) | names_of(result)


def run(tool: Tool, given: Given, draw: Draw) -> tuple[str, Values]:
    """What the tool returns, and all names for the answer."""
    return written(given, result_of(tool, given, draw), draw)


def _bare(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
