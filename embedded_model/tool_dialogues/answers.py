"""Answers: what is said after a result."""

from __future__ import annotations

import re

from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised
from embedded_model.tool_dialogues.template import SLOT, Given, choose, fill, names

_YES_OR_NO = re.compile(
    r"(^|[.!?:;,-]\s*)(is|are|do|does|did|has|have|will|was|were|any|should|valid|got|has anybody|can i|can he|can she|"
    r"can we|can \w+ (citizens|enter)|am)\b"
)
SMALL_AT_THE_START = frozenset(
    {"host", "branch", "service", "file_name", "path", "folder", "email", "web_domain", "url", "hex_color", "file_word"}
)
"""Pools of names that keep their small letters where a sentence begins."""


def pick_answer(tool: Tool, values: Given, draw: Draw, request: str | None = None) -> str:
    """An answer that fits the result and the request; "Yes" and "No" only to a question that can be answered so."""
    answer = say(_template(tool, values, draw, request), values, tool)
    found = re.match(r"(Yes|No)[,:] ", answer)
    if request is None or not found or ("?" in request and _YES_OR_NO.search(request.lower())):
        return answer
    return capitalised(answer[found.end() :])


def _template(tool: Tool, values: Given, draw: Draw, request: str | None) -> str:
    fitting = [choose(text, draw) for text in _for_case(tool, values.get("_case"))]
    fitting = [text for text in fitting if all(name in values for name in names(text))]
    if not fitting:
        raise ValueError(f"No answer of {tool.name} fits {dict(values)}.")
    for pattern, field in tool.preferred:
        if request is not None and re.search(pattern, request.lower()):
            fitting = [text for text in fitting if field in names(text)] or fitting
    return draw.pick(fitting)


def _for_case(tool: Tool, case: str | None) -> list[str]:
    found = []
    for text in tool.answers:
        if "::" not in text[:14]:
            found.append(text)
        elif text.split(":: ", 1)[0] == case:
            found.append(text.split(":: ", 1)[1])
    return found


def say(text: str, values: Given, tool: Tool | None = None) -> str:
    """The answer with its values, and a capital first letter unless it begins with a code or is nothing but a name."""
    filled = fill(text, values)
    found = SLOT.match(text)
    if found is None:
        return capitalised(filled)
    if found[3] or len(text) - found.end() < 4:
        return filled
    argument = tool.arguments.get(found[2]) if tool else None
    keeps = argument is not None and argument.source in SMALL_AT_THE_START
    return filled if keeps or not re.match(r"[a-z]+[ ,.'s]", filled) else capitalised(filled)
