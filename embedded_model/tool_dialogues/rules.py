"""How a result is worked out, where a line for each field says enough.

status = "sent"                     always this; any JSON
tracking = {tracking_number}        the argument
quantity = {quantity} or 1          the argument, or what follows if it was not given
label? = {label}                    no such field if the argument was not given
litres = {minutes} * 4..12          as many times; with `+`, so much more
minutes = 3..18                     a whole number
rating = 3.4..4.9                   a number with as many decimals
medal = one of ["gold", "silver"]   one of these
driver = pool first                 a word of a pool
ticket = code SUP-#####             digits and letters
opens = clock 7..9                  a time of day
total = price 5..90                 an amount, often with cents
due = day                           a day of the year
doctor = "Dr {~last}"               a text with arguments and words of pools
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import MONTHS
from embedded_model.tool_dialogues.template import Slot, Values, replace_slots

_GIVEN = re.compile(r"\{(\w+)\}(?: (or|[+*]) (.+))?")
_RANGE = re.compile(r"(-?\d+(?:\.(\d+))?)\.\.(-?\d+(?:\.\d+)?)")


def day(draw: Draw) -> str:
    """A day of the year."""
    return f"{draw.number(1, 28)} {draw.pick(MONTHS)}"


def worked_out(rules: Sequence[str], given: Mapping[str, Any], draw: Draw) -> Values:
    """The fields of a result."""
    result: Values = {}
    for rule in rules:
        name, text = rule.split(" = ", 1)
        if not name.endswith("?"):
            result[name] = _value(text, given, draw)
        elif text.strip("{}") in given:
            result[name[:-1]] = _value(text, given, draw)
    return result


def _value(text: str, given: Mapping[str, Any], draw: Draw) -> Any:
    if found := _GIVEN.fullmatch(text):
        return _given(found, given, draw)
    if _RANGE.fullmatch(text):
        return _number(text, draw)
    if text == "day":
        return day(draw)
    kind, _, rest = text.partition(" ")
    match kind:
        case "one":
            return draw.pick(json.loads(rest.removeprefix("of ")))
        case "pool":
            return draw.word(rest)
        case "code":
            return draw.code(rest)
        case "clock":
            return draw.clock(*_limits(rest))
        case "price":
            return draw.price(*_limits(rest))
    literal = json.loads(text)
    return _filled(literal, given, draw) if isinstance(literal, str) else literal


def _given(found: re.Match[str], given: Mapping[str, Any], draw: Draw) -> Any:
    name, sign, rest = found.groups()
    if sign == "or":
        return given[name] if name in given else _value(rest, given, draw)
    if sign == "+":
        return given[name] + _number(rest, draw)
    return given[name] * _number(rest, draw) if sign else given[name]


def _number(text: str, draw: Draw) -> float:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"Not a range: {text!r}")
    low, digits, high = found.groups()
    return draw.real(float(low), float(high), len(digits)) if digits else draw.number(int(low), int(high))


def _limits(text: str) -> tuple[int, int]:
    low, high = text.split("..")
    return int(low), int(high)


def _filled(text: str, given: Mapping[str, Any], draw: Draw) -> str:
    def value_of(slot: Slot) -> str:
        return str(draw.word(slot.name) if slot.loose else given[slot.name])

    return replace_slots(text, value_of)
