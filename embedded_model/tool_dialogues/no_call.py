"""Dialogues in which no tool is called: none fits, or none is needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from embedded_model.tool_dialogues.choosing import any_tool, number_of_tools, others
from embedded_model.tool_dialogues.declarations import Tool
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, joined
from embedded_model.tool_dialogues.exchanges import STANDARD_EXCHANGES, exchange
from embedded_model.tool_dialogues.messages import asks, says
from embedded_model.tool_dialogues.openers import decorated
from embedded_model.tool_dialogues.requests import fill_request, make_request
from embedded_model.tool_dialogues.small_talk import (
    ABILITIES,
    ABOUT_ITSELF,
    GREETINGS,
    IMPOSSIBLE,
    QUESTIONS,
    REFUSALS,
    TEXTS,
    Talk,
)
from embedded_model.tool_dialogues.template import SLOT, Values, choose, fill, names, split_fixed
from embedded_model.tool_dialogues.text_files import HELD_OUT, Block, read_blocks, read_table

FOR_TEXTS = frozenset({"dict", "trans", "spell", "case", "count", "note", "mailsend", "math", "sup"})
"""Tags of tools that might help where a short text or a word is asked for."""
FOR_LANGUAGE = frozenset({"dict", "trans", "spell", "case", "roman", "web"})
GROUPS_THAT_ACT = ("home", "mail", "files", "made_up", "support")
WEB = ("web_search", "fetch_page")


@dataclass(frozen=True)
class WordPairs:
    """Questions that one word answers."""

    fact: bool
    asks: Mapping[bool, Sequence[str]]
    answers: Sequence[str]
    pairs: Mapping[bool, Mapping[str, str]]


def _word_pairs(block: Block) -> WordPairs:
    return WordPairs(
        block.one("fact") == "yes",
        {False: block.all("asks"), True: block.all("asks" + HELD_OUT)},
        block.all("answers"),
        {False: read_table(block.all("pairs")), True: read_table(block.all("pairs" + HELD_OUT))},
    )


WORD_PAIRS = [_word_pairs(block) for block in read_blocks("words/pairs.txt")]


def no_tool(draw: Draw) -> Dialogue | None:
    """A request that none of the tools on offer can fulfil, or one that needs none."""
    share = draw.fraction()
    if share < 0.33:
        return _not_offered(draw)
    if share < 0.52:
        return _nearly_right(draw)
    if share < 0.66:
        return _impossible(draw)
    return _direct("notool", draw)


def direct(draw: Draw) -> Dialogue | None:
    """Small talk, questions about the assistant, and questions that need no tool."""
    share = draw.fraction()
    if share < 0.30:
        return _small_talk(draw)
    if share < 0.38:
        talk = draw.least_used("about itself", ABOUT_ITSELF[draw.held_out])
        tools = others([], number_of_tools(draw), draw)
        return _finished("direct", tools, draw.pick(talk.questions), draw.pick(talk.answers), draw)
    if share < 0.46:
        return _abilities(draw)
    return _direct("direct", draw)


def _finished(kind: str, tools: Sequence[Tool], request: str, answer: str, draw: Draw) -> Dialogue | None:
    return finish(kind, tools, [asks(request), says(answer)], draw)


def _refusal(can: str, tools: Sequence[Tool], draw: Draw) -> str:
    offer = joined([tool.can for tool in tools][:3], "or")
    return draw.pick(REFUSALS[draw.held_out]).replace("{can}", can).replace("{offer}", offer)


def _not_offered(draw: Draw) -> Dialogue | None:
    """A request for a tool that is not offered."""
    standard = draw.chance(0.2)
    tool = any_tool(draw, lambda tool: "advice" not in tool.flags, standard=standard)
    if "own" in tool.flags:
        return _done_without(tool, draw)
    request = _standard_request(tool, draw) if tool.standard else _telling_request(tool, draw)
    if request is None:
        return None
    tools = others([tool], number_of_tools(draw), draw, without_tags=tool.tags, fits=_cannot_help(tool, draw))
    if not tools:
        return None
    return _finished("notool", tools, request, _refusal(tool.can, tools, draw), draw)


def _done_without(tool: Tool, draw: Draw) -> Dialogue | None:
    """What the model can do itself, such as a translation."""
    found = exchange(tool, draw)
    if re.search(r"dictionary|confidence|spellcheck", found.answer + found.request):
        return None
    tools = others([], number_of_tools(draw), draw, without_tags=tool.tags | FOR_LANGUAGE)
    return _finished("notool", tools, found.request, found.answer, draw)


def _standard_request(tool: Tool, draw: Draw) -> str | None:
    """A request that needs live data; knowledge or arithmetic could answer others."""
    found = STANDARD_EXCHANGES[tool.name](draw)
    return None if tool.name in ("calculator", "web_search") else found.request


def _telling_request(tool: Tool, draw: Draw) -> str | None:
    """A request of some words, so that it tells what it is about."""
    for _ in range(20):
        wording = tool.ask(draw)
        if len(re.findall(r"[A-Za-z']{3,}", SLOT.sub("", split_fixed(wording)[0]))) >= 3:
            return make_request(tool, draw, wording).text
    return None


def _cannot_help(tool: Tool, draw: Draw) -> Callable[[Tool], bool]:
    if tool.standard:
        return lambda one: one.name != "web_search"
    if tool.flags & {"acts", "private"} or tool.group in GROUPS_THAT_ACT:
        return lambda one: one.group != tool.group or draw.chance(0.5)
    return lambda one: one.name not in WEB


def _nearly_right(draw: Draw) -> Dialogue | None:
    """A request that sounds like one for a tool on offer."""
    tool = any_tool(draw, lambda tool: bool(tool.near), standard=False)
    wording, answer = draw.pick(tool.near)
    filled = fill_request(choose(wording, draw), {}, tool.arguments, draw)
    answer = fill(answer, filled.loose)
    more = others(
        [tool],
        number_of_tools(draw) - 1,
        draw,
        fits=lambda one: one.group != tool.group and "acts" not in one.flags and one.name not in WEB,
    )
    request = decorated(filled.text, wording, draw, lower=False) if draw.chance(0.3) else filled.text
    return _finished("notool", [tool, *more], request, answer, draw)


def _impossible(draw: Draw) -> Dialogue | None:
    """A request that nobody here can fulfil."""
    talk = draw.pick(IMPOSSIBLE[draw.held_out])
    tools = others([], number_of_tools(draw), draw)
    answer = _refusal(talk.answers[0], tools, draw)
    request = talk.questions[0]
    if draw.chance(0.6):
        request = decorated(request, request, draw, lower=False)
    return _finished("notool", tools, request, answer, draw)


def _small_talk(draw: Draw) -> Dialogue | None:
    talk = draw.least_used("greetings", GREETINGS[draw.held_out])
    request, answer = draw.pick(talk.questions), draw.pick(talk.answers)
    return _finished("direct", others([], number_of_tools(draw), draw), request, answer, draw)


def _abilities(draw: Draw) -> Dialogue | None:
    tools = others([], draw.weighted([1, 2, 3], [0.25, 0.4, 0.35]), draw)
    can = [tool.can for tool in tools]
    if draw.held_out:
        answer = f"You could use me to {joined(can, 'or')}."
    else:
        answer = draw.pick(
            [
                f"With the tools here I can {joined(can)}. I can also answer simple questions.",
                f"I can {joined(can)}, and help with short texts and questions.",
                f"Here I can {joined(can)}.",
            ]
        )
    return _finished("direct", tools, draw.least_used("abilities", ABILITIES[draw.held_out]), answer, draw)


def _direct(kind: str, draw: Draw) -> Dialogue | None:
    """A question or a short text to write; no tool on offer could help."""
    found = _question(draw)
    if found is None:
        return None
    fact, request, answer = found
    if draw.chance(0.12):
        request = decorated(request, request if request[:1].isupper() else "{", draw, lower=False)
    if draw.chance(0.08) and not re.search(r"[A-Z]", request[1:]):
        request = request.lower().rstrip(".")
    without: Collection[str] = FOR_TEXTS | {"web", "fetch"} if fact else FOR_TEXTS
    tools = others([], number_of_tools(draw), draw, without_tags=without, fits=lambda one: "broad" not in one.flags)
    return _finished(kind, tools, request, answer, draw) if tools else None


def _question(draw: Draw) -> tuple[bool, str, str] | None:
    """Whether it is a fact, what is asked, and the answer."""
    share = draw.fraction()
    if share < 0.36:
        table = draw.pick(WORD_PAIRS)
        pairs = table.pairs[draw.held_out]
        key = draw.pick(list(pairs))
        asked = draw.pick(table.asks[draw.held_out])
        values = {"key": key, "value": pairs[key]}
        return table.fact, fill(asked, values), capitalised(fill(draw.pick(table.answers), values))
    if share < 0.70:
        talk: Talk = draw.least_used("questions", QUESTIONS[draw.held_out])
        return talk.fact, draw.pick(talk.questions), draw.pick(talk.answers)
    return _text_to_write(draw)


def _text_to_write(draw: Draw) -> tuple[bool, str, str] | None:
    wordings, answer = draw.least_used("texts", TEXTS[draw.held_out]).split(" => ")
    wording = draw.pick(wordings.split(" // "))
    words: Values = {}
    for name in names(wordings + answer):
        while name not in words or list(words.values()).count(words[name]) > 1:
            words[name] = draw.word(name if draw.knows(name) else name[:-1])
    if answer == "@sort":
        return False, fill(wording, words), ", ".join(sorted(words.values()))
    if answer == "@longer":
        longer = _longer(words["plant"], words["grocery"])
        return None if longer is None else (False, fill(wording, words), capitalised(f'"{longer}" is longer.'))
    return False, fill(wording, words), fill(answer, words).replace("\\n", "\n")


def _longer(first: str, second: str) -> str | None:
    if len(first.replace(" ", "")) == len(second.replace(" ", "")):
        return None
    return first if len(first) > len(second) else second
