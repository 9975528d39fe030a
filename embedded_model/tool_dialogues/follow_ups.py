"""Dialogues that go on after the first answer."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.clock import ZONES, city_request, in_zone, some_moment, told
from embedded_model.tool_dialogues.declarations import TOOLS, Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.exchanges import STANDARD_EXCHANGES, exchange
from embedded_model.tool_dialogues.messages import Exchange, Message, asks, one_exchange, says
from embedded_model.tool_dialogues.requests import fill_request, values_for
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.small_talk import GREETINGS
from embedded_model.tool_dialogues.sums import shown, sum_exchange, value_of
from embedded_model.tool_dialogues.template import Values, arguments_in, choose, split_fixed

MAX_CHARACTERS_OF_RESULTS = 620


def follow_up(draw: Draw) -> Dialogue | None:
    """The same with other values, something else, or thanks."""
    if draw.standard(0.2):
        return _standard(draw)
    share = draw.fraction()
    if share < 0.66:
        return _other_values(draw)
    tool = any_tool(draw)
    messages, right = one_exchange(exchange(tool, draw)), [tool]
    if share < 0.88:
        other = any_tool(draw, lambda one: one.name != tool.name and not one.tags & tool.tags)
        messages += one_exchange(exchange(other, draw))
        right.append(other)
    else:
        thanks = [
            talk
            for talk in GREETINGS[draw.held_out]
            if any("hank" in question or "obliged" in question for question in talk.questions)
        ]
        talk = draw.pick(thanks)
        messages += [asks(draw.pick(talk.questions)), says(draw.pick(talk.answers))]
    return _finished(right, messages, draw)


def _finished(right: list[Tool], messages: list[Message], draw: Draw) -> Dialogue | None:
    more = others(right, max(0, number_of_tools(draw) - len(right) - 1), draw)
    return finish("follow", [*right, *more], messages, draw)


def _other_values(draw: Draw) -> Dialogue | None:
    """ "And in Oslo?": what is not said is as before."""
    tool = any_tool(draw, lambda tool: bool(tool.follow_ups), standard=False)
    text, fixed = split_fixed(draw.pick(tool.follow_ups))
    text = choose(text, draw)
    names = arguments_in(text)
    first = _first_that_fits(tool, names, draw)
    if first is None:
        return None
    before = {name: value for name, value in first.proper.items() if name in tool.arguments}
    new = values_for(tool, names, {}, draw)
    for name in names:
        value = _new_value(tool, name, new[name], before, draw)
        if value is None:
            return None
        new[name] = value
    lower = draw.chance(0.15)
    filled = fill_request(text, new, tool.arguments, draw, lower=lower)
    values = {**before, **new, **fixed}
    if all(value == before.get(name) for name, value in values.items()):
        return None
    typed = {name: first.arguments.get(name, value) for name, value in before.items()}
    arguments = {**typed, **{name: filled.typed[name] for name in new}, **fixed}
    content, found = run(tool, values, draw)
    answer = pick_answer(tool, found, draw, first.request)
    second = Exchange(tool, filled.text, tool.ordered(arguments), content, answer)
    return _finished([tool], one_exchange(first) + one_exchange(second), draw)


def _first_that_fits(tool: Tool, names: list[str], draw: Draw) -> Exchange | None:
    """A first request in usual letters that has what the second one changes."""
    for _ in range(20):
        first = exchange(tool, draw)
        if not first.lower and all(name in first.proper or not tool.arguments[name].needed for name in names):
            return first
    return None


def _new_value(tool: Tool, name: str, value: Any, before: Values, draw: Draw) -> Any:
    """A value that is neither the old one nor that of another argument."""
    argument = tool.arguments[name]
    rest = {key: old for key, old in before.items() if key != name}
    for _ in range(40):
        if value != before.get(name) and not (argument.type == "string" and value in rest.values()):
            return value
        given = {} if argument.source in ("unit_a", "unit_b") else rest
        value = values_for(tool, [name], given, draw)[name]
    return None


def _standard(draw: Draw) -> Dialogue | None:
    name = draw.pick(["current_time", "calculator", "web_search", "web_search", "fetch_page"])
    if name == "current_time":
        messages = _two_cities(draw)
    elif name == "calculator":
        messages = _on_with_the_result(draw)
    else:
        messages = _another_one(name, draw)
    if messages is None:
        return None
    tool = TOOLS[name]
    return finish("follow", [tool, *others([tool], number_of_tools(draw) - 1, draw)], messages, draw)


def _two_cities(draw: Draw) -> list[Message] | None:
    cities = draw.sample(sorted(ZONES), 2)
    first, second = cities
    if ZONES[first] == ZONES[second]:
        return None
    moment = some_moment(draw)
    requests = [
        city_request(first, draw, only_time=True),
        draw.pick(
            [
                f"And in {second}?",
                f"what about {second}",
                f"And {second}?",
                f"Same question for {second}.",
                f"and {second}",
            ]
        ),
    ]
    messages = []
    for city, request in zip(cities, requests, strict=True):
        local = in_zone(moment, ZONES[city])
        moment += timedelta(minutes=draw.pick([0, 1]))
        call, time = told(local), local.time
        answer = draw.pick([f"It's {time} in {city}.", f"In {city} it is {time}.", f"{city}: {time}."])
        messages += one_exchange(Exchange(call.tool, request, call.arguments, call.content, answer))
    return messages


def _on_with_the_result(draw: Draw) -> list[Message] | None:
    first = sum_exchange(draw)
    value = value_of(first.arguments["expression"])
    if not isinstance(value, int):
        return None
    number = draw.number(2, 30)
    sign, request = draw.pick(
        [
            ("*", f"And times {number}?"),
            ("+", f"Plus {number}?"),
            ("-", f"minus {number}"),
            ("/", f"And divided by {number}?"),
            ("*", f"Now multiply that by {number}."),
            ("+", f"Add {number} to it."),
        ]
    )
    expression = f"{value} {sign} {number}"
    result = value_of(expression)
    text, is_rounded = shown(result)
    start = "That is about" if is_rounded else draw.pick(["That is", "It's", "The result is"])
    second = Exchange(first.tool, request, {"expression": expression}, json.dumps(result), f"{start} {text}.")
    return one_exchange(first) + one_exchange(second)


def _another_one(name: str, draw: Draw) -> list[Message] | None:
    make = STANDARD_EXCHANGES[name]
    first, second = make(draw), make(draw)
    if len(first.content) + len(second.content) > MAX_CHARACTERS_OF_RESULTS:
        return None
    return one_exchange(first) + one_exchange(second)
