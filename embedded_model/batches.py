"""The order in which examples are learnt: the same for the same seed, so that a stretch can be taken up anywhere."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import NamedTuple, TypeAlias

import torch

from embedded_model.dialogues import Example

KEPT_BACK = 40
"""One plain example of so many is not learnt but measured."""


LEAST_SHARED = 100
"""Ids at the start of all examples of a batch, from which on they are computed once for all of them."""

Family: TypeAlias = tuple[Example, ...]
"""Examples that start alike, because they offer the same tools; or one alone."""


class Group(NamedTuple):
    """Rows with the same start: how many ids that start has, and how many each row has after it."""

    shared: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """Groups one after another without filling, each its start and then its rows: ids [N], and which are learnt [N]."""

    ids: torch.Tensor
    learnt: torch.Tensor
    groups: tuple[Group, ...]

    @property
    def positions(self) -> torch.Tensor:
        """How many ids stand before each in its own row [N]."""
        found = [torch.arange(0)]
        for shared, rows in self.groups:
            found += [torch.arange(shared), *(torch.arange(shared, shared + length) for length in rows)]
        return torch.cat(found)


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
    """Without end, each of at most `most` ids, or of one example."""
    yield from pack(mix.families(seed), most)


def pack(families: Iterable[Family], most: int) -> Iterator[Batch]:
    """Families in batches, in their order; one that is too long for a batch is cut into several."""
    waiting: list[Family] = []
    size = 0
    for piece in (piece for family in families for piece in _pieces(family, most)):
        if waiting and size + cost(piece) > most:
            yield _joined(waiting)
            waiting, size = [], 0
        waiting.append(piece)
        size += cost(piece)
    if waiting:
        yield _joined(waiting)


def _pieces(family: Family, most: int) -> Iterator[Family]:
    """The examples by size, so many at a time as fit."""
    rest = sorted(family, key=lambda one: len(one.ids))
    while rest:
        fitting = 1
        while fitting < len(rest) and cost(tuple(rest[: fitting + 1])) <= most:
            fitting += 1
        yield tuple(rest[:fitting])
        rest = rest[fitting:]


def _joined(families: Sequence[Family]) -> Batch:
    ids: list[int] = []
    learnt: list[bool] = []
    groups: list[Group] = []
    for family in families:
        shared = shared_start(family)
        ids += family[0].ids[:shared]
        learnt += [False] * shared
        for one in family:
            ids += one.ids[shared:]
            learnt += one.learnt[shared:]
        groups.append(Group(shared, tuple(len(one.ids) - shared for one in family)))
    return Batch(torch.tensor(ids), torch.tensor(learnt), tuple(groups))


def _rounds(families: Sequence[Family], seed: int) -> Iterator[Family]:
    for number in count():
        order = list(families)
        random.Random(1000 * seed + number).shuffle(order)
        yield from order
