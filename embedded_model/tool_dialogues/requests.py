"""Requests: what a person asks of a tool, and the arguments that a call for it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_model.tool_dialogues.declarations import Argument, Tool
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, in_words, joined, singular_after_one
from embedded_model.tool_dialogues.openers import decorated
from embedded_model.tool_dialogues.pools import may_be_lowered
from embedded_model.tool_dialogues.tables import POLLS, UNITS
from embedded_model.tool_dialogues.template import (
    SLOT,
    Given,
    Slot,
    Values,
    arguments_in,
    choose,
    lowered,
    replace_slots,
    show,
    split_fixed,
)

FORMS_OF_TYPED_TEXT = ("an", "a", "on", "cap", "on:cap", "us", "low")
"""Forms of what was typed ("three", "side gate"); the others are of the value itself."""


@dataclass(frozen=True)
class Filled:
    """A wording with values in it."""

    text: str
    typed: Values
    loose: Values


@dataclass(frozen=True)
class Request:
    """A request, the arguments as they were typed, and as they are written properly."""

    text: str
    arguments: Values
    proper: Values
    lower: bool


def values_for(tool: Tool, names: list[str], given: Given, draw: Draw) -> Values:
    """Values for the named arguments: different ones of the same pool, and units that fit together."""
    values: Values = dict(given)
    for name in names:
        if name not in values:
            argument = tool.arguments[name]
            units = argument.source in ("unit_a", "unit_b")
            values[name] = _unit(tool, argument, values, draw) if units else _other(tool, argument, values, draw)
    return _fitting(tool, values, names)


def _unit(tool: Tool, argument: Argument, values: Given, draw: Draw) -> str:
    pair = draw.pick(list(UNITS))
    first, second = (
        next(one.name for one in tool.arguments.values() if one.source == source) for source in ("unit_a", "unit_b")
    )
    if first in values:
        pair = draw.pick([units for units in UNITS if units[0] == values[first]])
    elif second in values:
        pair = draw.pick([units for units in UNITS if units[1] == values[second]])
    return pair[0] if argument.source == "unit_a" else pair[1]


def _other(tool: Tool, argument: Argument, values: Given, draw: Draw) -> Any:
    text = argument.type == "string"
    taken = [
        value
        for name, value in values.items()
        if name in tool.arguments
        and (tool.arguments[name].source == argument.source or (text and isinstance(value, str)))
    ]
    for _ in range(60):
        found = argument.value(draw)
        if found not in taken:
            break
    return found


def _fitting(tool: Tool, values: Values, names: list[str]) -> Values:
    if tool.name == "days_between" and {"start", "end"} <= set(names) and values["start"] > values["end"]:
        values["start"], values["end"] = values["end"], values["start"]
    if tool.name == "create_poll" and "options" in names and "question" in values:
        values["options"] = POLLS[values["question"]]
    return values


def typed(value: Any, argument: Argument | None, draw: Draw) -> str:
    """A value as a person types it: a small number perhaps in words, a list in one way or another."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            short = value <= 20 or (value % 10 == 0 and value < 100)
            return in_words(value) if short and draw.chance(0.3) else str(value)
        case float():
            return f"{value:.2f}" if round(value * 10) != value * 10 else f"{value:.1f}"
        case [one]:
            return str(one)
        case [*start, last]:
            other = " and ".join(value) if len(value) == 2 else ", ".join(start) + ", and " + last
            return draw.pick([joined(value), joined(value), ", ".join(value), other])
    return str(value).replace("_", " ") if argument is not None and argument.enum else str(value)


class _Filler:
    """Puts values into the slots of one wording."""

    def __init__(self, text: str, values: Given, arguments: Mapping[str, Argument], *, lower: bool, draw: Draw) -> None:
        self.text = lowered(text) if lower else text
        self.typed: Values = {}
        self.loose: Values = {}
        self._values, self._arguments, self._lower, self._draw = values, arguments, lower, draw

    def __call__(self, slot: Slot) -> str:
        return self._loose(slot) if slot.loose else self._argument(slot)

    def _loose(self, slot: Slot) -> str:
        pool = slot.name if self._draw.knows(slot.name) else re.sub(r"\d$", "", slot.name)
        if slot.name not in self.loose:
            for _ in range(40):
                value = self._draw.word(pool)
                if value not in self.loose.values() and value not in self._values.values():
                    break
            self.loose[slot.name] = value
        text = show(self.loose[slot.name], slot.form)
        return text.lower() if self._lower and may_be_lowered(pool) else text

    def _argument(self, slot: Slot) -> str:
        value, argument = self._values[slot.name], self._arguments.get(slot.name.split(".")[-1])
        if self._lower and argument is not None and argument.may_be_lowered:
            value = in_small_letters(value)
        self.typed[slot.name] = value
        following = self.text[slot.end : slot.end + 1]
        if type(value) is int and following and (following.isalnum() or following in "%_/"):
            text = str(value)
        else:
            text = typed(value, argument, self._draw)
        if isinstance(value, list) and len(value) > 1 and slot.end < len(self.text) - 1 and text == ", ".join(value):
            text = joined(value)
        if slot.form in FORMS_OF_TYPED_TEXT:
            return show(text, slot.form)
        return show(value, slot.form) if slot.form else text


def in_small_letters(value: Any) -> Any:
    """A text or a list of texts in small letters; anything else as it is."""
    if isinstance(value, list):
        return [one.lower() for one in value]
    return value.lower() if isinstance(value, str) else value


def fill_request(
    text: str, values: Given, arguments: Mapping[str, Argument], draw: Draw, *, lower: bool = False
) -> Filled:
    """A wording with values in it, and these values as they were typed."""
    filler = _Filler(text, values, arguments, lower=lower, draw=draw)
    written = singular_after_one(replace_slots(filler.text, filler))
    return Filled(written, {**values, **filler.typed}, filler.loose)


def make_request(
    tool: Tool,
    draw: Draw,
    wording: str | None = None,
    given: Given | None = None,
    *,
    lower: bool | None = None,
    with_opener: bool = True,
) -> Request:
    """A request for a tool, sometimes in small letters, with a slip of the keys or with polite words around it."""
    if lower is None:
        lower = draw.chance(0.09)
    text, fixed = split_fixed(tool.ask(draw) if wording is None else wording)
    text = choose(text, draw)
    if draw.chance(0.03):
        text = _with_slip(text, draw)
    names = arguments_in(text)
    values = values_for(tool, names, {**fixed, **(given or {})}, draw)
    filled = fill_request(text, values, tool.arguments, draw, lower=lower)
    written = filled.text
    if not lower and text.startswith("{") and draw.chance(0.4) and isinstance(values.get(names[0]), (int, float)):
        written = capitalised(written)
    if lower and draw.chance(0.5):
        written = written.rstrip(".")
    if with_opener:
        written = decorated(written, text, draw, lower=lower)
    written = re.sub(r"  +", " ", written).strip()
    arguments = {name: filled.typed[name] for name in values if name in tool.arguments}
    return Request(written, arguments, dict(values), lower)


def _with_slip(text: str, draw: Draw) -> str:
    """The text with two letters of a longer word exchanged."""
    masked = SLOT.sub(lambda found: "#" * len(found[0]), text)
    found = list(re.finditer(r"\b[a-z]{5,}\b", masked))
    if not found:
        return text
    word = draw.pick(found)
    at = draw.random.randrange(word.start() + 1, word.end() - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
