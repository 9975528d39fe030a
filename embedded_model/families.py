"""Dialogues under the same list of tools, so that a batch of them computes the list once.

It is also the better lesson: one list, many requests, and only the request tells which tool is right, or that none is.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from jsonschema import Draft202012Validator

from embedded_model.dialogues import Dialogue
from playground.messages import ToolCall
from tools.arguments import closed
from tools.tool import ToolSpec

LEAST, MOST = 5, 10
"""Dialogues in a family."""
MOST_USES = 2
"""How often a dialogue comes, each time under another list."""
CHATS = 5
"""Dialogues of a family, at most, that are borrowed from other lists because they need no tool at all."""
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
    calling = _by_tool(dialogues)
    chats = [one for one in dialogues if one.id.startswith("tools-direct-") and not _system(one)]
    bases = [one for one in dialogues if not _calls(one) and len(one.turn.tools) > 1 and not _system(one)]
    order.shuffle(bases)
    found = []
    for base in bases:
        family = list(_family(base, calling, uses, order))
        if len(family) < LEAST:
            continue
        if not HELPERS & {tool.name for tool in base.turn.tools}:
            family += _offered(order.sample(chats, min(CHATS, len(chats))), base.turn.tools)
        uses.update(one.id for one in family)
        found.append(family)
    alone = [one for one in dialogues if not uses[one.id]]
    return found + [[one] for one in order.sample(alone, min(len(alone), len(found)))]


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
        waiting = [one for one in calling[tool.name] if uses[one.id] < MOST_USES]
        order.shuffle(waiting)
        waiting.sort(key=lambda one: uses[one.id])
        fit = (one for one in waiting if _fits(one, validators))
        fitting |= {one.id: one for one in islice(fit, MOST // len(base.turn.tools))}
    yield from _offered(list(fitting.values()), base.turn.tools)


def _offered(dialogues: Sequence[Dialogue], tools: tuple[ToolSpec, ...]) -> list[Dialogue]:
    return [replace(one, turn=replace(one.turn, tools=tools)) for one in dialogues]


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
