"""Dialogues with two calls in one reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.clock import ZONES, clock_exchange, in_zone, some_moment, told
from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, with_end, with_stop
from embedded_model.tool_dialogues.exchanges import STANDARD_EXCHANGES, exchange
from embedded_model.tool_dialogues.messages import Exchange, Message, both_at_once
from embedded_model.tool_dialogues.openers import VERBS, decorated, within_sentence
from embedded_model.tool_dialogues.requests import fill_request, values_for
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.sums import about
from embedded_model.tool_dialogues.template import Values, arguments_in, choose, split_fixed
from embedded_model.tool_dialogues.text_files import read_lists, read_words

_STARTS = frozenset(read_words(read_lists("grammar")["begin a request that is joined to another"]))
_ONLY_BEFORE_ONE = ("Quick question.", "Please help:", "Open the page.")
_ONLY_AT_THE_START = ("Find out:", "Search for this:", "Look online:", "Web search please:")


def two_calls(draw: Draw) -> Dialogue | None:
    """Two calls of one tool, or of two tools."""
    if draw.chance(0.5):
        tool = any_tool(draw, lambda tool: bool(tool.pairs) or tool.standard)
        return _standard_pair(tool, draw) if tool.standard else _pair(tool, draw)
    return _two_tools(draw)


def _pair(tool: Tool, draw: Draw) -> Dialogue | None:
    """One request for two values; `{city2}` in it is the second value of `city`."""
    text, fixed = split_fixed(draw.pick(tool.pairs))
    text = choose(text, draw)
    lower = draw.chance(0.08)
    names = arguments_in(text)
    twice = [name[:-1] for name in names if name not in tool.arguments]
    first = values_for(tool, [name for name in names if name in tool.arguments], fixed, draw)
    second = {name: value for name, value in first.items() if name not in twice}
    for name in twice:
        for _ in range(60):
            second[name] = tool.arguments[name].value(draw)
            if second[name] != first.get(name):
                break
    values = {**first, **{f"{name}2": second[name] for name in twice}}
    arguments = {**tool.arguments, **{f"{name}2": tool.arguments[name] for name in twice}}
    filled = fill_request(text, values, arguments, draw, lower=lower)
    typed = {name: filled.typed[name] for name in first}
    other_typed = {name: filled.typed[f"{name}2"] if name in twice else typed[name] for name in second}
    (content, found), (other_content, other_found) = run(tool, first, draw), run(tool, second, draw)
    answer = _joined_answer(tool, text, (first, second), (found, other_found), twice, draw)
    one = Exchange(tool, "", tool.ordered(typed), content, "")
    other = Exchange(tool, "", tool.ordered(other_typed), other_content, "")
    messages = both_at_once(decorated(filled.text, text, draw, lower=lower), one, other, answer)
    return _finished([tool], messages, draw)


def _joined_answer(
    tool: Tool,
    text: str,
    given: tuple[Values, Values],
    found: tuple[Values, Values],
    twice: list[str],
    draw: Draw,
) -> str:
    def named(at: int) -> str:
        """A sentence that says what it is about."""
        for _ in range(25):
            answer = pick_answer(tool, found[at], draw, "x")
            if all(str(given[at][name]).lower() in answer.lower() for name in twice):
                break
        return answer

    # Without these two draws, which nothing uses, every later dialogue would be another one.
    for values in found:
        pick_answer(tool, values, draw, "x")
    first, second = named(0), named(1)
    for _ in range(5):
        if first[:12] != second[:12]:
            break
        second = named(1)
    answer = f"{with_stop(first)} {second}"
    compared = _compared(text.lower(), given, found)
    if not compared:
        return answer
    return f"{with_stop(compared)} {answer}" if draw.chance(0.6) else compared


_COMPARISONS: Mapping[str, tuple[str, str, str, str]] = {
    "which is warmer": ("temperature", "city", "{} is warmer.", "Both are equally warm."),
    "which is higher": ("height", "summit", "{} is higher.", ""),
    "who is stronger": ("attack", "glim", "{} has the stronger attack.", "Their attack is equal."),
}
"""What is compared, what it is called, and how it is said; also if both are equal."""


def _compared(request: str, given: tuple[Values, Values], found: tuple[Values, Values]) -> str:
    for asked, (field, name, said, equal) in _COMPARISONS.items():
        if asked in request:
            first, second = found[0][field], found[1][field]
            return said.format(given[0 if first > second else 1][name]) if first != second else equal
    return ""


def _two_tools(draw: Draw) -> Dialogue | None:
    tool = any_tool(draw)
    other = any_tool(draw, lambda one: one.name != tool.name and not one.tags & tool.tags)
    first, second = exchange(tool, draw, with_opener=False), exchange(other, draw, with_opener=False)
    if first.request.startswith(_ONLY_BEFORE_ONE + _ONLY_AT_THE_START) or second.request.startswith(_ONLY_BEFORE_ONE):
        return None
    if "\n" in first.request or len(first.request) + len(second.request) > 330:
        return None
    request = _joined_requests(first.request, second.request, draw)
    answer = f"{with_stop(first.answer)} {second.answer}"
    return _finished([tool, other], both_at_once(request, first, second, answer), draw)


def _plain(request: str) -> str:
    """The request itself, or a sign that its first word may be a name."""
    return request if request.split()[0].lower().strip(",.:") in VERBS | _STARTS else "{"


def _joined_requests(first: str, second: str, draw: Draw) -> str:
    ended, start = with_end(first), within_sentence(second, _plain(second))
    if _plain(second).startswith("{"):
        return draw.pick(
            [
                f"{ended} And another thing: {second}",
                f"{ended} Second: {second}",
                f"1) {first} 2) {second}",
                f"Two things. {capitalised(ended)} {second}",
                f"{ended}\n{second}",
            ]
        )
    if draw.held_out:
        return draw.pick([f"{ended} On top of that, {start}", f"{ended} Besides, {start}", f"a) {first}\nb) {second}"])
    inner = within_sentence(ended, _plain(first))
    return draw.pick(
        [
            f"{ended} Also, {start}",
            f"{ended} And {start}",
            f"{ended} And one more thing: {start}",
            f"Two things: {inner} And {start}",
            f"{ended} {capitalised(second)}",
            f"First: {inner} Second: {start}",
            f"{ended} While you're at it: {start}",
            f"{ended}\n{capitalised(second)}",
            f"1. {ended} 2. {with_end(capitalised(second))}",
            f"{ended} Then, {start}",
            f"{ended} Oh, and {start}",
        ]
    )


def _finished(right: list[Tool], messages: list[Message], draw: Draw) -> Dialogue | None:
    more = max(0, number_of_tools(draw) - len(right))
    return finish("two", [*right, *others(right, more, draw)], messages, draw)


def _standard_pair(tool: Tool, draw: Draw) -> Dialogue | None:
    if tool.name == "current_time":
        messages = _two_times(draw)
    else:
        make = STANDARD_EXCHANGES[tool.name]
        pairs: Mapping[str, Callable[[Exchange, Exchange, Draw], list[Message] | None]] = {
            "web_search": _two_searches,
            "fetch_page": _two_pages,
            "calculator": _two_sums,
        }
        messages = pairs[tool.name](make(draw), make(draw), draw)
    return None if messages is None else _finished([tool], messages, draw)


def _two_times(draw: Draw) -> list[Message] | None:
    cities = draw.sample(sorted(ZONES), 2)
    one, other = cities
    if ZONES[one] == ZONES[other]:
        return None
    # Without these two, of which nothing is used, every later dialogue would be another one.
    for city in cities:
        clock_exchange(draw, city)
    moment = some_moment(draw)
    moments = [in_zone(moment, ZONES[city]) for city in cities]
    request = draw.pick(
        [
            f"What time is it in {one} and in {other}?",
            f"time in {one} and {other}",
            f"Tell me the time in {one} and {other}.",
            f"I have a call between {one} and {other}. What time is it in both places?",
            f"How late is it in {one}, and how late in {other}?",
        ]
    )
    time, other_time = (moment.time for moment in moments)
    answer = draw.pick(
        [
            f"It's {time} in {one} and {other_time} in {other}.",
            f"In {one} it is {time}, in {other} {other_time}.",
            f"{one}: {time}. {other}: {other_time}.",
        ]
    )
    first, second = (told(moment) for moment in moments)
    return both_at_once(request, first, second, answer)


def _two_searches(first: Exchange, second: Exchange, draw: Draw) -> list[Message] | None:
    query, other_query = first.arguments["query"], second.arguments["query"]
    request = draw.pick(
        [
            f"Search for {query} and for {other_query}.",
            f"Look up two things online: {query}, and {other_query}.",
            f"Please search the web for {query} and also for {other_query}.",
            f"google {query} and {other_query}",
            f"{with_stop(first.request)} {capitalised(second.request)}",
        ]
    )
    if any(word in first.answer + second.answer for word in ("Source", "page is")):
        return None
    # In half of the cases the second list is numbered on; otherwise each starts at 1.
    before = first.content.count("\n[") + 1 if draw.chance(0.5) else 0

    def numbered_on(pattern: str, text: str) -> str:
        return re.sub(pattern, lambda found: f"[{int(found[1]) + before}]", text)

    second = replace(second, content=numbered_on(r"(?m)^\[(\d+)\](?= )", second.content))
    other_answer = numbered_on(r"\[(\d+)\]", second.answer)
    return both_at_once(request, first, second, f"{with_stop(first.answer)} {other_answer}")


def _two_pages(first: Exchange, second: Exchange, draw: Draw) -> list[Message] | None:
    if first.request.startswith("http") or not draw.chance(0.6):
        return None
    request = f"{with_stop(first.request)} {capitalised(second.request)}"
    return both_at_once(request, first, second, f"{with_stop(first.answer)} {second.answer}")


def _two_sums(first: Exchange, second: Exchange, draw: Draw) -> list[Message]:
    expression, other = first.arguments["expression"], second.arguments["expression"]
    request = draw.pick(
        [
            f"What are {expression} and {other}?",
            f"Calculate {expression} and {other}.",
            f"{with_stop(first.request)} And {within_sentence(second.request, second.request)}",
            f"{expression}, and then {other}",
            f"I need two results: {expression} and {other}.",
        ]
    )
    return both_at_once(request, first, second, f"The first is {about(expression)}, the second {about(other)}.")
