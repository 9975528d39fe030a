"""Questions for the calculator."""

from __future__ import annotations

import json
import re

from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, in_figures, in_words
from embedded_model.tool_dialogues.messages import Exchange
from embedded_model.tool_dialogues.text_files import read_lists
from tools.expression import evaluate

_LISTS = read_lists("sums")
SUMS = [line.split(" | ") for line in _LISTS["sums"]]


def value_of(expression: str) -> float:
    """The value of an expression, rounded to six decimals, and whole if it is."""
    value = evaluate(expression)
    rounded = value if isinstance(value, int) else round(float(value), 6)
    return int(rounded) if rounded == int(rounded) else rounded


def shown(value: float) -> tuple[str, bool]:
    """A value with two decimals at most, and whether that is not all of it."""
    if isinstance(value, int):
        return str(value), False
    text = f"{round(value, 2):g}" if abs(value) < 1e5 else f"{value:.2f}"
    return text, abs(value - float(text)) > 1e-9


def about(expression: str) -> str:
    """The value of an expression as a sentence has it: "about 3.33"."""
    text, is_rounded = shown(value_of(expression))
    return f"about {text}" if is_rounded else text


def _number(limits: str, draw: Draw) -> float:
    low, high = (int(limit) for limit in limits.lstrip("d").split("-"))
    if limits.startswith("d"):
        return draw.pick([draw.number(low, high), draw.real(low, high, 2), draw.real(low, high, 1)])
    return draw.number(low, high)


def _said(number: float, draw: Draw) -> str:
    if not isinstance(number, int):
        return f"{number:g}"
    return in_words(number) if number <= 100 and draw.chance(0.25) else in_figures(number)


def sum_exchange(draw: Draw) -> Exchange:
    """A question, the expression that was evaluated, and the answer."""
    wording, limits, expression, *units = draw.next_of("sums", SUMS)
    numbers = [_number(limit, draw) for limit in limits.split()]
    request = wording
    with_signs = "%" in wording or bool(re.search(r"\{0\} ?[x*/+-] ?\{1|\*\*|\(\{", wording))
    for at, number in enumerate(numbers):
        expression = expression.replace(f"{{{at}}}", f"{number:g}")
    for at, number in enumerate(numbers):
        request = request.replace(f"{{{at}}}", f"{number:g}" if with_signs else _said(number, draw))
    if request[0].islower() and wording[0] == "{" and draw.chance(0.6):
        request = capitalised(request)
    value = value_of(expression)
    alone, in_object = json.dumps(value), json.dumps({"result": value})
    content = draw.pick([alone, alone, in_object, json.dumps({"expression": expression, "result": value})])
    answer = _answer(value, expression, units[0] if units else "", draw)
    return Exchange(TOOLS["calculator"], request, {"expression": expression}, content, answer)


def _answer(value: float, expression: str, unit: str, draw: Draw) -> str:
    text, is_rounded = shown(value)
    answer = draw.pick(_LISTS["answers" if not unit or draw.chance(0.35) else "answers with a unit"])
    if is_rounded:
        answer = draw.pick(_LISTS["answers with a unit that are rounded" if unit else "answers that are rounded"])
    return answer.replace("{r}", text).replace("{e}", expression).replace("{u}", unit)
