"""Dialogues whose request lacks something: a question for it, and mostly an answer and the call."""

from __future__ import annotations

from collections.abc import Mapping

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.declarations import TOOLS, Missing, Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, on_day
from embedded_model.tool_dialogues.exchanges import STANDARD_EXCHANGES
from embedded_model.tool_dialogues.messages import Exchange, Message, asks, one_exchange, says
from embedded_model.tool_dialogues.openers import decorated
from embedded_model.tool_dialogues.pages import page_exchange
from embedded_model.tool_dialogues.requests import Filled, fill_request, in_small_letters, typed, values_for
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.sums import about
from embedded_model.tool_dialogues.template import Values, arguments_in, choose, fill
from embedded_model.tool_dialogues.text_files import read_lists

_LISTS = read_lists("missing")
STANDARD = ["web_search", "fetch_page", "calculator"]
REPLIES = ["{}", "{}", "{}", "{}, please", "{}.", "Sorry, {}.", "{} - thanks"]
REPLIES_WITH_A_NUMBER = [*REPLIES, "It's {}.", "{}"]
REPLIES_HELD_OUT = ["{}", "Oh, right: {}", "{} then"]
UNITS_BESIDE_OTHERS: Mapping[str, str] = {
    "rate_percent": "{} percent",
    "years": "{} years",
    "drops": "{} drops each",
    "people": "{} people",
}
"""How an argument is said beside another one, so that it is clear which is which."""
DAYS = ("any_date", "weekday", "moment", "month_day")
STARTS_OF_SUMMARIES = ("It ", "The page", "Bus", "{")


def missing(draw: Draw) -> Dialogue | None:
    """A request that lacks what the tool needs."""
    if draw.standard(0.14):
        tool, messages = _standard(draw)
    else:
        tool = any_tool(draw, lambda tool: bool(tool.missing), standard=False)
        messages = _usual(tool, draw.pick(tool.missing), draw)
    return finish("missing", [tool, *others([tool], number_of_tools(draw) - 1, draw)], messages, draw)


def _standard(draw: Draw) -> tuple[Tool, list[Message]]:
    name = draw.pick(STANDARD)
    found = STANDARD_EXCHANGES[name](draw)
    messages = [asks(draw.pick(_LISTS[f"{name}, asks"])), says(draw.pick(_LISTS[f"{name}, questions"]))]
    if draw.chance(0.6):
        if name == "fetch_page":
            found = _summary(draw)
        value = next(iter(found.arguments.values()))
        answer = found.answer
        if name == "calculator":
            answer = f"{draw.pick(['That is', 'The result is', 'It comes to'])} {about(value)}."
        reply = draw.pick([value, value, value if name == "calculator" else f"{value}, please"])
        messages += one_exchange(Exchange(found.tool, reply, found.arguments, found.content, answer))
    return TOOLS[name], messages


def _summary(draw: Draw) -> Exchange:
    """A page with an answer that sums it up."""
    while True:
        found = page_exchange(draw)
        if found.answer.startswith(STARTS_OF_SUMMARIES) or len(found.answer) > 70:
            return found


def _usual(tool: Tool, gap: Missing, draw: Draw) -> list[Message]:
    lower = draw.chance(0.08)
    text = choose(gap.ask, draw)
    values = values_for(tool, arguments_in(text), gap.fixed, draw)
    filled = fill_request(text, values, tool.arguments, draw, lower=lower)
    request = decorated(filled.text, text, draw, lower=lower) if draw.chance(0.5) else filled.text
    question = fill(draw.pick(gap.questions), values)
    messages = [asks(request), says(capitalised(question))]
    if draw.chance(0.58):
        messages += _replied(tool, gap, filled, values, request, draw, lower=lower)
    return messages


def _replied(
    tool: Tool, gap: Missing, filled: Filled, before: Values, request: str, draw: Draw, *, lower: bool
) -> list[Message]:
    """What lacked, and then the call, its result and the answer."""
    values = values_for(tool, list(gap.lacks), before, draw)
    lower = lower or draw.chance(0.15)
    arguments = {name: filled.typed[name] for name in before if name in tool.arguments}
    said = []
    for name in gap.lacks:
        argument, value = tool.arguments[name], values[name]
        if lower and argument.may_be_lowered:
            value = in_small_letters(value)
        arguments[name] = value
        text = typed(value, argument, draw)
        if len(gap.lacks) > 1:
            text = UNITS_BESIDE_OTHERS.get(name, "{}").format(text)
        is_day = argument.source in DAYS and draw.chance(0.4)
        starts_plainly = text.startswith(("20", "Monday at", "at"))
        said.append(on_day(text) if is_day and not starts_plainly and len(gap.lacks) == 1 else text)
    reply = draw.pick(_replies(tool, gap, draw)).format(", ".join(said))
    content, found = run(tool, values, draw)
    answer = pick_answer(tool, found, draw, request)
    return one_exchange(Exchange(tool, reply, tool.ordered(arguments), content, answer))


def _replies(tool: Tool, gap: Missing, draw: Draw) -> list[str]:
    if draw.held_out:
        return REPLIES_HELD_OUT
    number = len(gap.lacks) == 1 and tool.arguments[gap.lacks[0]].type == "integer"
    return REPLIES_WITH_A_NUMBER if number else REPLIES
