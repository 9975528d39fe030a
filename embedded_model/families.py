"""Dialogues under the same list of tools, so that a batch of them computes the list once.

It is also the better lesson: one list, many requests, and only the request tells which tool is right, or that none is.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from jsonschema import Draft202012Validator

from embedded_model.dialogues import Dialogue
from embedded_model.judging import words_and_numbers
from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.unseen_names import with_unseen_names
from embedded_model.whole_answers import with_whole_answers
from playground.messages import Text, ToolCall, ToolResult, assistant, user
from playground.turn import Turn
from tools.arguments import closed
from tools.tool import ToolSpec

NEAR_FILE = Path(__file__).with_name("near_misses.txt")
LEAST, MOST = 5, 10
"""Dialogues in a family."""
MOST_USES = 2
"""How often a dialogue comes, each time under another list."""
MOST_RARE_USES = 4
"""The same for those kinds of which there are few."""
RARE = ("tools-two-", "tools-chain-", "tools-missing-")
TOLD = 0.75
"""Last answers that tell less of what is to be told of a result are left out: they would teach to leave out."""
CHATS = 3
"""Dialogues of a family, at most, that are borrowed from other lists because they need no tool at all."""
REFUSALS = 2
"""Dialogues of a family, at most, that ask for what a tool of another list would do."""
UNSEEN = 0.4
"""The share of dialogues whose names are replaced by invented ones."""
NEAR_MISSES = 1
"""Dialogues of a family, at most, that sound as if they were for one of its tools."""
SAID = (
    "Sorry, there is no tool here for that.",
    "None of my tools can do that.",
    "I would need a tool for that, and I have none here.",
    "I can't do that here: none of the tools I have is meant for it.",
)
"""What is said to them."""
NEARLY = (
    "I can {can}, but I can't {cannot}.",
    "Sorry, I can only {can} here. I can't {cannot}.",
    "I can't {cannot} with these tools. What I can do is {can}.",
)
"""What is said to the others."""
SHORTEST = 4
"""Words of a request that is refused, at least."""
COMMON = frozenset({"with", "from", "this", "that", "call", "user", "when", "want", "given", "gives", "retur", "tells"})
"""Words of descriptions that say nothing of what a tool is for."""
FOR_ANYTHING = frozenset({"web_search", "fetch_page", "calculator"})
"""Tools that may serve where a better one is missing."""
HELPERS = frozenset(
    {
        "calculator",
        "change_case",
        "color_name",
        "convert_units",
        "create_note",
        "current_time",
        "days_between",
        "define_word",
        "detect_language",
        "distance",
        "fetch_page",
        "find_recipe",
        "geocode",
        "is_prime",
        "make_password",
        "nutrition_info",
        "percent_change",
        "plant_care",
        "play_music",
        "quimto",
        "random_number",
        "recipe_steps",
        "recycle_guide",
        "roman_numeral",
        "send_email",
        "send_text",
        "solve_equation",
        "spell_check",
        "sun_times",
        "translate",
        "vopple",
        "web_search",
        "wine_pairing",
        "word_count",
        "workout_plan",
    }
)
"""Tools that might be of use to somebody who only chats."""


def families(dialogues: Sequence[Dialogue], seed: int) -> list[list[Dialogue]]:
    """As many of the dialogues as possible in families, and as many others, each by itself, as there are families."""
    order = random.Random(seed)
    uses: Counter[str] = Counter()
    dialogues = [one for one in map(with_whole_answers, dialogues) if told_share(one) >= TOLD]
    dialogues = [_with_other_names(one, order) for one in dialogues]
    calling = _by_tool(dialogues)
    chats = [one for one in dialogues if one.id.startswith("tools-direct-") and not _system(one)]
    single = [one for one in dialogues if one.id.startswith("tools-single-") and not _system(one)]
    lists = [one for one in dialogues if len(one.turn.tools) > 1 and not _system(one)]
    order.shuffle(lists)
    lists.sort(key=lambda one: bool(_calls(one)))
    found = []
    for base in lists:
        if uses[base.id]:
            continue
        family = list(_family(base, calling, uses, order))
        if len(family) < LEAST:
            continue
        if not HELPERS & {tool.name for tool in base.turn.tools}:
            family += _offered(order.sample(chats, min(CHATS, len(chats))), base.turn.tools)
        family += _refused(base.turn.tools, single, order)
        family += _nearly_right(base.turn.tools, order)
        uses.update(one.id for one in family)
        found.append(family)
    alone = [one for one in dialogues if not uses[one.id]]
    return found + [[one] for one in order.sample(alone, min(len(alone), len(found) // 2))]


def _with_other_names(dialogue: Dialogue, order: random.Random) -> Dialogue:
    """It, or the same with invented names; tools that know what a name means, or correct it, are given none."""
    knows = HELPERS & {call.name for call in _calls(dialogue)} or dialogue.id.startswith("tools-error-")
    if knows or order.random() >= UNSEEN:
        return dialogue
    return with_unseen_names(dialogue, order)


def told_share(dialogue: Dialogue) -> float:
    """The share of a JSON result's numbers and names that the answer after it tells; 1 where there are none."""
    *_, before, answer = (None, *dialogue.turn.messages)
    if before is None or before.role != "tool":
        return 1.0
    known = {word.lower() for word in words_and_numbers(answer.text)}
    values = [value for part in before.parts if isinstance(part, ToolResult) for value in _values(part.text)]
    telling = [value for value in values if any(char.isdigit() or char.isupper() for char in value)]
    told = sum({word.lower() for word in words_and_numbers(value)} <= known for value in telling)
    return told / len(telling) if telling else 1.0


def _values(result: str) -> list[str]:
    """The texts and numbers in a JSON object or list; none if it is something else."""
    try:
        waiting, found = [json.loads(result)], list[str]()
    except ValueError:
        return []
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            found.append(str(one))
    return found


def in_groups(dialogues: Sequence[Dialogue], seed: int) -> list[list[Dialogue]]:
    """Dialogues that all have the same list already."""
    order = random.Random(seed).sample(dialogues, len(dialogues))
    return [order[start : start + MOST] for start in range(0, len(order), MOST)]


def _family(
    base: Dialogue, calling: Mapping[str, Sequence[Dialogue]], uses: Counter[str], order: random.Random
) -> Iterator[Dialogue]:
    yield base
    fitting: dict[str, Dialogue] = {}
    validators = _validators(base.turn.tools)
    for tool in base.turn.tools:
        waiting = [one for one in calling[tool.name] if uses[one.id] < _most_uses(one) and one.id != base.id]
        order.shuffle(waiting)
        waiting.sort(key=lambda one: uses[one.id])
        fit = (one for one in waiting if _fits(one, validators))
        fitting |= {one.id: one for one in islice(fit, MOST // len(base.turn.tools))}
    yield from _offered(list(fitting.values()), base.turn.tools)


def _most_uses(dialogue: Dialogue) -> int:
    return MOST_RARE_USES if dialogue.id.startswith(RARE) else MOST_USES


def _offered(dialogues: Sequence[Dialogue], tools: tuple[ToolSpec, ...]) -> list[Dialogue]:
    return [replace(one, turn=replace(one.turn, tools=tools)) for one in dialogues]


def _refused(tools: Sequence[ToolSpec], single: Sequence[Dialogue], order: random.Random) -> Iterator[Dialogue]:
    """Requests that need a tool which is not among these, nor anything like it."""
    if FOR_ANYTHING & {tool.name for tool in tools}:
        return
    known = set().union(*map(_words, tools))
    others = order.sample(single, 5 * REFUSALS)
    strange = (one for one in others if _is_plain(one) and not known & _words(_tool_of(one)))
    for one in islice(strange, REFUSALS):
        messages = (one.turn.messages[0], assistant(Text(order.choice(SAID))))
        yield replace(one, id=f"{one.id}-refused", turn=replace(one.turn, messages=messages, tools=tuple(tools)))


def _nearly_right(tools: Sequence[ToolSpec], order: random.Random) -> Iterator[Dialogue]:
    """Requests that sound as if one of these tools were right, and need something else."""
    known = {_plain_name(tool.name): tool for tool in tools}
    found = [miss for miss in _near_misses() if miss.tool in known]
    for miss in order.sample(found, min(NEAR_MISSES, len(found))):
        said = order.choice(NEARLY).format(can=miss.can, cannot=miss.cannot)
        turn = Turn((user(miss.request), assistant(Text(said))), tuple(tools))
        yield Dialogue(f"tools-near-{miss.tool}-{miss.number}", turn)


class _NearMiss(NamedTuple):
    tool: str
    number: int
    can: str
    request: str
    cannot: str


@lru_cache
def _near_misses() -> tuple[_NearMiss, ...]:
    """The file's lines, by the tools' plain names."""
    lines = [line for line in NEAR_FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = [line.split(" | ") for line in lines]
    return tuple(
        _NearMiss(_plain_name(name), number, TOOLS[name].can, request, cannot)
        for number, (name, request, cannot) in enumerate(rows, start=1)
    )


def _plain_name(name: str) -> str:
    """A tool's name without the marks of how it is spelled."""
    return name.replace("_", "").lower()


def _is_plain(dialogue: Dialogue) -> bool:
    """Whether it asks, in whole words, for what cannot be had without the tool."""
    request = dialogue.turn.messages[0].text
    return len(request.split()) >= SHORTEST and _tool_of(dialogue).name not in HELPERS


def _tool_of(dialogue: Dialogue) -> ToolSpec:
    name = _calls(dialogue)[0].name
    return next(tool for tool in dialogue.turn.tools if tool.name == name)


def _words(tool: ToolSpec) -> set[str]:
    """The telling words of a tool's name and description, cut to their stems' first letters."""
    found = re.findall(r"[a-z]{4,}", f"{tool.name} {tool.description}".lower().replace("_", " "))
    return {word[:5] for word in found} - COMMON


def _by_tool(dialogues: Sequence[Dialogue]) -> Mapping[str, list[Dialogue]]:
    found: dict[str, list[Dialogue]] = defaultdict(list)
    for one in dialogues:
        for name in dict.fromkeys(call.name for call in _calls(one)):
            if not _system(one):
                found[name].append(one)
    return found


def _calls(dialogue: Dialogue) -> list[ToolCall]:
    return [call for message in dialogue.turn.messages for call in message.calls]


def _system(dialogue: Dialogue) -> bool:
    return dialogue.turn.messages[0].role == "system"


def _validators(tools: Sequence[ToolSpec]) -> dict[str, Draft202012Validator]:
    return {tool.name: Draft202012Validator(closed(tool.parameters)) for tool in tools}


def _fits(dialogue: Dialogue, validators: Mapping[str, Draft202012Validator]) -> bool:
    """Whether all its calls are calls of these tools."""
    return all(
        call.name in validators and validators[call.name].is_valid(dict(call.arguments)) for call in _calls(dialogue)
    )
