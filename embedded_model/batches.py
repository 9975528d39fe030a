"""The order in which examples are learnt: the same for the same seed, so that a stretch can be taken up anywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import TypeAlias

import torch

from embedded_model.dialogues import Example

WINDOW = 1024
"""Examples that are sorted by length together: little padding, little bias."""
KEPT_BACK = 40
"""One plain example of so many is not learnt but measured."""


LEAST_SHARED = 100
"""Ids at the start of all examples of a batch, from which on they are computed once for all of them."""

Family: TypeAlias = tuple[Example, ...]
"""Examples that start alike, because they offer the same tools; or one alone."""


@dataclass(frozen=True)
class Batch:
    """Examples side by side, filled up at the end: ids [B, T], and which of them are learnt.

    `shared` are ids that stand before every row; none of them is learnt.
    """

    ids: torch.Tensor
    learnt: torch.Tensor
    shared: torch.Tensor
    tokens: int


@dataclass(frozen=True)
class Mix:
    """What is learnt, in two sorts, and the share of tokens that dialogues with tools have."""

    plain: Sequence[Family]
    tools: Sequence[Family]
    tools_share: float

    def families(self, seed: int) -> Iterator[Family]:
        """Without end. Each sort is gone through in a new order whenever it is used up."""
        plain, tools = _rounds(self.plain, seed), _rounds(self.tools, seed + 1)
        plain_tokens = tools_tokens = 0
        while True:
            behind = tools_tokens * (1 - self.tools_share) < plain_tokens * self.tools_share
            one = next(tools if behind else plain)
            if behind:
                tools_tokens += cost(one)
            else:
                plain_tokens += cost(one)
            yield one


def alone(examples: Sequence[Example]) -> list[Family]:
    """Each example by itself."""
    return [(one,) for one in examples]


def cost(family: Family) -> int:
    """The ids that have to be computed."""
    shared = shared_start(family)
    return shared + sum(len(one.ids) - shared for one in family)


def shared_start(examples: Sequence[Example]) -> int:
    """How many ids stand before all of the examples and are learnt in none; 0 where it is not worth the while."""
    if len(examples) < 2:
        return 0
    first, last = min(one.ids for one in examples), max(one.ids for one in examples)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
    unlearnt = min(one.learnt.index(True) for one in examples)
    shared = min(same, unlearnt - 1)
    return shared if shared >= LEAST_SHARED else 0


def keep_back(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """(to learn, to measure), always the same ones."""
    kept = set(range(KEPT_BACK // 2, len(examples), KEPT_BACK))
    return [one for at, one in enumerate(examples) if at not in kept], [examples[at] for at in sorted(kept)]


def batches(mix: Mix, most: int, seed: int) -> Iterator[Batch]:
    """Without end, each of at most `most` ids with its filling, or of one example."""
    source = mix.families(seed)
    for number in count():
        window = [next(source) for _ in range(WINDOW)]
        single = [family[0] for family in window if len(family) == 1]
        packed = pack(single, most) + [batch for family in window if len(family) > 1 for batch in pack(family, most)]
        random.Random(seed + number).shuffle(packed)
        yield from packed


def pack(examples: Sequence[Example], most: int) -> list[Batch]:
    """Examples in batches of nearly equal length."""
    groups: list[list[Example]] = []
    shared = shared_start(examples)
    for one in sorted(examples, key=lambda example: len(example.ids)):
        if not groups or shared + (len(one.ids) - shared) * (len(groups[-1]) + 1) > most:
            groups.append([])
        groups[-1].append(one)
    return [_side_by_side(group, shared) for group in groups]


def _side_by_side(examples: Sequence[Example], shared: int) -> Batch:
    width = max(len(one.ids) for one in examples) - shared
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    learnt = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, one in enumerate(examples):
        ids[row, : len(one.ids) - shared] = torch.tensor(one.ids[shared:])
        learnt[row, : len(one.ids) - shared] = torch.tensor(one.learnt[shared:])
    tokens = shared + sum(len(one.ids) - shared for one in examples)
    return Batch(ids, learnt, torch.tensor(examples[0].ids[:shared], dtype=torch.long), tokens)


def _rounds(families: Sequence[Family], seed: int) -> Iterator[Family]:
    for number in count():
        order = list(families)
        random.Random(1000 * seed + number).shuffle(order)
        yield from order
