"""The order in which examples are learnt: the same for the same seed, so that a stretch can be taken up anywhere."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch

from embedded_model.dialogues import Example

WINDOW = 64
"""Examples that are sorted by length together: little padding, little bias."""
KEPT_BACK = 40
"""One plain example of so many is not learnt but measured."""


@dataclass(frozen=True)
class Batch:
    """Examples side by side, filled up at the end: ids [B, T], and which of them are learnt."""

    ids: torch.Tensor
    learnt: torch.Tensor
    tokens: int


@dataclass(frozen=True)
class Mix:
    """What is learnt, in two sorts, and the share of tokens that dialogues with tools have."""

    plain: Sequence[Example]
    tools: Sequence[Example]
    tools_share: float

    def examples(self, seed: int) -> Iterator[Example]:
        """Without end. Each sort is gone through in a new order whenever it is used up."""
        plain, tools = _rounds(self.plain, seed), _rounds(self.tools, seed + 1)
        plain_tokens = tools_tokens = 0
        while True:
            behind = tools_tokens * (1 - self.tools_share) < plain_tokens * self.tools_share
            one = next(tools if behind else plain)
            if behind:
                tools_tokens += len(one.ids)
            else:
                plain_tokens += len(one.ids)
            yield one


def keep_back(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """(to learn, to measure), always the same ones."""
    kept = set(range(KEPT_BACK // 2, len(examples), KEPT_BACK))
    return [one for at, one in enumerate(examples) if at not in kept], [examples[at] for at in sorted(kept)]


def batches(mix: Mix, most: int, seed: int) -> Iterator[Batch]:
    """Without end, each of at most `most` ids with its filling, or of one example."""
    source = mix.examples(seed)
    for number in count():
        window = pack([next(source) for _ in range(WINDOW)], most)
        random.Random(seed + number).shuffle(window)
        yield from window


def pack(examples: Sequence[Example], most: int) -> list[Batch]:
    """Examples in batches of nearly equal length."""
    groups: list[list[Example]] = [[]]
    for one in sorted(examples, key=lambda example: len(example.ids)):
        if groups[-1] and len(one.ids) * (len(groups[-1]) + 1) > most:
            groups.append([])
        groups[-1].append(one)
    return [_side_by_side(group) for group in groups]


def _side_by_side(examples: Sequence[Example]) -> Batch:
    width = max(len(one.ids) for one in examples)
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    learnt = torch.zeros(len(examples), width, dtype=torch.bool)
    for row, one in enumerate(examples):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        learnt[row, : len(one.ids)] = torch.tensor(one.learnt)
    return Batch(ids, learnt, sum(len(one.ids) for one in examples))


def _rounds(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    for number in count():
        order = list(examples)
        random.Random(1000 * seed + number).shuffle(order)
        yield from order
