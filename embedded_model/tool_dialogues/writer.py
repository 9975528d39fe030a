"""Writes all dialogues with tools."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from embedded_model.judging import is_held_out
from embedded_model.tool_dialogues.chains import chain
from embedded_model.tool_dialogues.checks import (
    check_apart,
    check_dialogue,
    check_tools,
    requests_in,
    values_called_with,
)
from embedded_model.tool_dialogues.dialogue import Dialogue
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.exchanges import single
from embedded_model.tool_dialogues.failures import failure
from embedded_model.tool_dialogues.follow_ups import follow_up
from embedded_model.tool_dialogues.missing import missing
from embedded_model.tool_dialogues.no_call import direct, no_tool
from embedded_model.tool_dialogues.pools import draw_part, draws
from embedded_model.tool_dialogues.two_calls import two_calls

SEED = 20251128
TRAINING_DIALOGUES, HELD_OUT_DIALOGUES = 5000, 300
MORE_DIALOGUES = {"more": 9000, "third": 5000, "fourth": 3000}
KINDS: Mapping[str, tuple[float, Callable[[Draw], Dialogue | None]]] = {
    "single": (0.45, single),
    "notool": (0.15, no_tool),
    "direct": (0.10, direct),
    "two": (0.08, two_calls),
    "chain": (0.07, chain),
    "missing": (0.05, missing),
    "error": (0.05, failure),
    "follow": (0.05, follow_up),
}
"""Shares of the kinds, and what writes one dialogue of a kind, or nothing if it does not come out well."""
_HARD = {
    "single": 0.36,
    "notool": 0.12,
    "direct": 0.02,
    "two": 0.12,
    "chain": 0.12,
    "missing": 0.16,
    "error": 0.05,
    "follow": 0.05,
}
SHARES_OF_MORE: Mapping[str, Mapping[str, float]] = {
    "more": {
        "single": 0.42,
        "notool": 0.11,
        "direct": 0.03,
        "two": 0.12,
        "chain": 0.13,
        "missing": 0.09,
        "error": 0.05,
        "follow": 0.05,
    },
    "third": _HARD,
    "fourth": _HARD,
}
"""The same for the dialogues about more tools: more often what a small model finds hard."""
MAY_REPEAT = ("notool", "direct")
MOST_TIMES = {False: 40, True: 3}
"""How often a request without a call may come first, in training and in the held-out file."""


@dataclass
class _Taken:
    """What has been written so far, so that nothing comes twice."""

    values: Collection[str]
    requests: Collection[str]
    seen: set[str] = field(default_factory=set)
    first: Counter[str] = field(default_factory=Counter)

    def refuses(self, one: Dialogue, draw: Draw) -> bool:
        request = one.first_request
        if one.kind not in MAY_REPEAT:
            if _key(one) in self.seen:
                return True
        elif self.first[request] >= MOST_TIMES[draw.held_out]:
            return True
        check_dialogue(one)
        in_training = not values_called_with(one).isdisjoint(self.values) or request.lower() in self.requests
        return draw.held_out and in_training

    def add(self, one: Dialogue) -> None:
        self.seen.add(_key(one))
        self.first[one.first_request] += 1


def _key(one: Dialogue) -> str:
    """The messages, whatever letters they are typed in."""
    text = json.dumps(one.messages, sort_keys=True)
    return re.sub(r'"content": "[^"]*"', lambda found: found[0].lower(), text)


def _write(number: int, draw: Draw, taken: _Taken) -> list[Dialogue]:
    found = []
    for kind, (share, write) in KINDS.items():
        share = SHARES_OF_MORE[draw.part][kind] if draw.part else share
        found += _of_one_kind(kind, round(number * share), write, draw, taken)
    return draw.shuffled(found)


def _of_one_kind(
    kind: str, wanted: int, write: Callable[[Draw], Dialogue | None], draw: Draw, taken: _Taken
) -> list[Dialogue]:
    found: list[Dialogue] = []
    for _ in range(wanted * 60 + 500):
        if len(found) == wanted:
            return found
        one = write(draw)
        if one is not None and not taken.refuses(one, draw):
            taken.add(one)
            found.append(one)
    raise ValueError(f"No more dialogues of kind {kind!r} that differ from those before: {len(found)} of {wanted}.")


def write_dialogues(
    training: int = TRAINING_DIALOGUES, held_out: int = HELD_OUT_DIALOGUES, seed: int = SEED
) -> tuple[list[Dialogue], list[Dialogue]]:
    """The dialogues of both files, checked. The same seed gives the same ones."""
    check_tools()
    draw, held_out_draw = draws(seed)
    learnt = _write(training, draw, _Taken((), ()))
    values = {value for one in learnt for value in values_called_with(one)}
    kept = _write(held_out, held_out_draw, _Taken(values, requests_in(learnt)))
    check_apart(learnt, kept)
    return learnt, kept


def write_part(
    part: str, learnt: Sequence[Dialogue], kept: Sequence[Dialogue], number: int | None = None, seed: int = SEED
) -> list[Dialogue]:
    """Dialogues about one more part of the tools, none as in the other files. The same seed gives the same ones."""
    taken = _Taken((), ())
    taken.seen.update(map(_key, [*learnt, *kept]))
    requests = {one.first_request.lower() for one in kept}
    values = {value for one in kept for value in values_called_with(one)}
    more = [
        one
        for one in _write(MORE_DIALOGUES[part] if number is None else number, draw_part(part, seed), taken)
        if one.first_request.lower() not in requests
        and values.isdisjoint(values_called_with(one))
        and not any(is_held_out(message["content"]) for message in one.messages if message["role"] == "user")
    ]
    check_apart(more, kept)
    return more


def lines(dialogues: Sequence[Dialogue], prefix: str, first: int = 1) -> Iterator[str]:
    """The dialogues as a data file has them, numbered from the first."""
    for number, one in enumerate(dialogues, start=first):
        row = {
            "id": f"{prefix}-{one.kind}-{number:04d}",
            "tools": one.tools,
            "thinking": False,
            "messages": one.messages,
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"
