"""One request for a tool with its call, result and answer; and dialogues of one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from embedded_model.tool_dialogues.answers import pick_answer
from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.clock import clock_exchange
from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.messages import Exchange, asks, one_exchange, says
from embedded_model.tool_dialogues.openers import VERBS, decorated
from embedded_model.tool_dialogues.pages import page_exchange
from embedded_model.tool_dialogues.requests import make_request
from embedded_model.tool_dialogues.results import run
from embedded_model.tool_dialogues.search import search_exchange
from embedded_model.tool_dialogues.small_talk import GREETINGS
from embedded_model.tool_dialogues.sums import sum_exchange
from embedded_model.tool_dialogues.text_files import read_lists, read_words

STANDARD_EXCHANGES: Mapping[str, Callable[[Draw], Exchange]] = {
    "web_search": search_exchange,
    "fetch_page": page_exchange,
    "calculator": sum_exchange,
    "current_time": clock_exchange,
}
_STARTS_OF_QUESTIONS = frozenset(read_words(read_lists("grammar")["begin a question for a standard tool"]))


def exchange(tool: Tool, draw: Draw, *, with_opener: bool = True) -> Exchange:
    """One request for the tool, its call, result and answer."""
    if tool.standard:
        return standard_exchange(tool, draw, with_opener=with_opener)
    request = make_request(tool, draw, with_opener=with_opener)
    content, values = run(tool, request.proper, draw)
    answer = pick_answer(tool, values, draw, request.text)
    return Exchange(tool, request.text, tool.ordered(request.arguments), content, answer, request.proper, request.lower)


def standard_exchange(tool: Tool, draw: Draw, *, with_opener: bool) -> Exchange:
    """The same for a standard tool."""
    found = STANDARD_EXCHANGES[tool.name](draw)
    if not with_opener or not draw.chance(0.25):
        return found
    text = found.request
    plain = text[:1].isupper() and text.split()[0].lower().rstrip(",") in VERBS | _STARTS_OF_QUESTIONS
    request = decorated(text, "" if plain else text, draw, lower=False)
    return Exchange(tool, request, found.arguments, found.content, found.answer)


def single(draw: Draw) -> Dialogue | None:
    """One request, sometimes after a greeting."""
    tool = any_tool(draw)
    messages = one_exchange(exchange(tool, draw))
    if draw.chance(0.05):
        greeting = draw.pick(GREETINGS[draw.held_out][:2])
        messages = [asks(draw.pick(greeting.questions)), says(draw.pick(greeting.answers)), *messages]
    return finish("single", [tool, *others([tool], number_of_tools(draw) - 1, draw)], messages, draw)
