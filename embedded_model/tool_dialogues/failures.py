"""Dialogues in which a tool fails: with a correction, or with an answer that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.clock import ZONES, clock_exchange
from embedded_model.tool_dialogues.declarations import TOOLS, Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised
from embedded_model.tool_dialogues.exchanges import STANDARD_EXCHANGES
from embedded_model.tool_dialogues.messages import Exchange, Message, one_after_another, one_exchange
from embedded_model.tool_dialogues.requests import Request, make_request
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.small_talk import FAILURES
from embedded_model.tool_dialogues.template import (
    ALTERNATIVES,
    Values,
    arguments_in,
    choose,
    fill,
    names,
    names_of,
    split_fixed,
)
from embedded_model.tool_dialogues.text_files import read_lists, read_words

_LISTS = read_lists("failures")
SPELT = frozenset(read_words(read_lists("grammar")["pools that may be misspelt"]))
"""Pools whose words may be misspelt, and then corrected by the tool."""


def failure(draw: Draw) -> Dialogue | None:
    """A misspelt argument, an error of this tool, or one that any tool may have."""
    found = _failure(draw)
    if found is None:
        return None
    tool, messages = found
    return finish("error", [tool, *others([tool], number_of_tools(draw) - 1, draw)], messages, draw)


def _failure(draw: Draw) -> tuple[Tool, list[Message]] | None:
    share = draw.fraction()
    if not (draw.held_out or draw.part) and share < 0.22:
        return _standard(draw)
    if share < 0.60:
        return _misspelt(draw)
    return _own_error(draw) if share < 0.86 else _any_error(draw)


def error_text(error: str, draw: Draw) -> str:
    """An error as a tool returns it: as JSON of some form, or as text."""
    as_json = json.dumps({"error": error}, ensure_ascii=False)
    with_status = json.dumps({"status": "error", "message": error}, ensure_ascii=False)
    return draw.pick([as_json, as_json, f"Error: {error}", with_status])


def misspell(text: str, draw: Draw) -> str | None:
    """The text with a letter left out, doubled, or exchanged with the next; nothing if that changes nothing."""
    words = list(re.finditer(r"[A-Za-z]{4,}", text))
    if not words:
        return None
    word = draw.pick(words)
    at = draw.random.randrange(word.start() + 1, word.end() - 1)
    share = draw.fraction()
    if share < 0.4:
        found = text[:at] + text[at + 1 :]
    elif share < 0.7:
        found = text[:at] + text[at] + text[at:]
    else:
        found = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return found if found != text else None


def _spelt(tool: Tool) -> list[str]:
    return [name for name, argument in tool.arguments.items() if argument.source in SPELT]


def _misspelt(draw: Draw) -> tuple[Tool, list[Message]] | None:
    """A misspelt argument, which the tool corrects, and a second call."""
    tool = any_tool(draw, _needs_a_spelt_argument, standard=False)
    for _ in range(12):
        wording = tool.ask(draw)
        in_it = [name for name in _spelt(tool) if "{" + name in wording]
        if in_it:
            break
    else:
        return None
    name = draw.pick(in_it)
    request = make_request(tool, draw, wording, lower=False)
    good = str(request.proper[name])
    bad = misspell(good, draw)
    if bad is None or good not in request.text:
        return None
    text = request.text.replace(good, bad)
    wrong = tool.ordered({**request.arguments, name: bad})
    error = draw.pick(_corrections(name.replace("_", " "), bad, good, draw))
    content, values = run(tool, request.proper, draw)
    answer = pick_answer(tool, values, draw, text)
    first = (tool.name, wrong, error_text(error, draw))
    return tool, one_after_another(text, first, (tool.name, {**wrong, name: good}, content), answer)


@cache
def _needs_a_spelt_argument(tool: Tool) -> bool:
    return any(
        argument.source in SPELT and (argument.needed or len(tool.arguments) == 1)
        for argument in tool.arguments.values()
    )


def _corrections(name: str, bad: str, good: str, draw: Draw) -> Sequence[str]:
    if draw.held_out:
        return [f"cannot find '{bad}'; maybe '{good}'", f"'{bad}' does not exist. Similar: '{good}'"]
    return [
        f"unknown {name} '{bad}', did you mean '{good}'?",
        f"no {name} '{bad}'. Closest match: '{good}'",
        f"'{bad}' not found, try '{good}'",
        f"invalid {name}: '{bad}'. Suggestion: '{good}'",
    ]


def _own_error(draw: Draw) -> tuple[Tool, list[Message]] | None:
    """An error of this tool; the request has the arguments that the error names."""
    tool = any_tool(draw, lambda tool: bool(tool.errors), standard=False)
    error, answer = draw.pick(tool.errors)
    answer, forced = split_fixed(answer)
    for _ in range(25):
        wording = tool.ask(draw)
        if _names_all(wording, _needed(tool, error + answer) | set(forced), draw):
            break
    else:
        return None
    request = make_request(tool, draw, wording, forced)
    values = names_of(request.proper)
    if any(name not in values for name in names(error + answer)):
        return None
    content = error_text(fill(error, values), draw)
    return tool, _failed(tool, request, content, capitalised(fill(choose(answer, draw), values)))


def _needed(tool: Tool, text: str) -> set[str]:
    return {name if name in tool.arguments else re.sub(r"\d$", "", name) for name in names(text)}


def _names_all(wording: str, needed: set[str], draw: Draw) -> bool:
    """Whether a wording has the arguments, whichever of its alternatives are taken."""
    text, fixed = split_fixed(wording)
    if not needed <= {*arguments_in(choose(text, draw)), *fixed}:
        return False
    certain = ALTERNATIVES.sub("", text)
    return "[" not in text or all("{" + name in certain or name in fixed for name in needed)


def _any_error(draw: Draw) -> tuple[Tool, list[Message]]:
    tool = any_tool(draw, standard=False)
    request = make_request(tool, draw)
    error, answer = draw.pick(FAILURES[draw.held_out]).split(" => ")
    return tool, _failed(tool, request, error_text(error, draw), answer.replace("{can}", tool.can))


def _failed(tool: Tool, request: Request, content: str, answer: str) -> list[Message]:
    return one_exchange(Exchange(tool, request.text, tool.ordered(request.arguments), content, answer))


def _standard(draw: Draw) -> tuple[Tool, list[Message]]:
    name = draw.pick(["web_search", "fetch_page", "fetch_page", "calculator", "current_time", "current_time"])
    found = STANDARD_EXCHANGES[name](draw)
    if name == "calculator":
        messages = _divided_by_zero(draw)
    elif name == "current_time":
        messages = _wrong_zone(draw)
    else:
        error, answer = draw.pick(_LISTS[name]).split(" => ")
        url = found.arguments.get("url", "")
        values: Values = {"url": url, "name": url.split("/")[2] if url else ""}
        failed = Exchange(found.tool, found.request, found.arguments, error_text(error, draw), fill(answer, values))
        messages = one_exchange(failed)
    return TOOLS[name], messages


def _divided_by_zero(draw: Draw) -> list[Message]:
    number = draw.number(2, 900)
    request = draw.pick(
        [
            f"What is {number} divided by 0?",
            f"{number} / 0",
            f"Calculate {number}/0.",
            f"How much is {number} divided by zero?",
        ]
    )
    content = error_text("division by zero", draw)
    answer = draw.pick(
        [
            "That has no result: you can't divide by zero.",
            f"{number} divided by zero is not defined.",
            "Division by zero isn't possible, so there is no result.",
        ]
    )
    return one_exchange(Exchange(TOOLS["calculator"], request, {"expression": f"{number} / 0"}, content, answer))


def _wrong_zone(draw: Draw) -> list[Message]:
    """A city instead of a zone, which the tool corrects."""
    city = draw.pick(sorted(ZONES))
    zone = ZONES[city]
    # Without this one, which nothing uses, every later dialogue would be another one.
    clock_exchange(draw, city)
    while True:
        found = clock_exchange(draw, city)
        if "day" not in found.request and "date" not in found.request:
            break
    area, name = zone.split("/")[0], city.replace(" ", "_")
    bad = draw.pick([city, city if zone.split("/")[-1] == name else f"{area}/{name}"])
    error = draw.pick(
        [
            f"unknown time zone '{bad}', use an IANA name such as {zone}",
            f"invalid timezone '{bad}'. Did you mean '{zone}'?",
            f"no time zone '{bad}'; closest: {zone}",
        ]
    )
    first = ("current_time", {"timezone": bad}, error_text(error, draw))
    return one_after_another(found.request, first, ("current_time", {"timezone": zone}, found.content), found.answer)
