"""Batches of dialogues: pools are drawn from a number, sorted by length, and cut into rows of like length.

A pool is a pure function of (seed, number, stage), so a resumed training goes on with the data it would have had.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from demo_model.architecture import PAD
from demo_model.data.dialogue import Level, sample
from demo_model.data.spin import Speaker
from demo_model.encoding import Example, encode, encode_pictured
from demo_model.tokenizer import load

TOKENIZER = Path(__file__).parent / "weights" / "tokenizer.json"
LONGEST = 1000
"""Longer dialogues are left out: rows must fit the sliding window."""
WEIGHTS = {
    **dict.fromkeys(("call", "two calls", "chain"), 2.0),
    **dict.fromkeys(("unknown", "identity", "social"), 0.3),
    "no tool": 0.5,
    **dict.fromkeys(("see position", "see is_there", "see is_it", "see says", "see shape", "see count"), 2.0),
}
"""Of a token in the loss, by the skill of its turn: fixed sentences are soon known, calls take longest."""
NAME_WEIGHT = 8.0
"""Of the first token of a tool's name: the choice of a tool lies in it."""
FIRST_WEIGHT = 4.0
"""Of the first token of a reply: whether to call, to answer or to decline lies in it."""
PICTURED = 0.42
"""Share of the tokens in the joint stage that belong to dialogues about pictures."""
Stage = Literal["early", "middle", "text", "joint"]


@dataclass(frozen=True)
class Batch:
    """`ids`, `learned` and `weights` (B, T), right-padded; `squares` (pictures, height, width, 3), in reading order."""

    ids: Tensor
    learned: Tensor
    weights: Tensor
    squares: Tensor | None = None

    def on(self, device: torch.device) -> Placed:
        """The batch where the model is. To a GPU it travels while earlier work goes on there."""
        places = self.learned[:, 1:].flatten().nonzero().squeeze(1)

        def move(tensor: Tensor) -> Tensor:
            return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor

        squares = None if self.squares is None else move(self.squares)
        return Placed(move(self.ids), move(places), move(self.weights[:, 1:].flatten()[places]), squares)


@dataclass(frozen=True)
class Placed:
    """A batch on the model's device. `places` (N) number the learned tokens in `ids[:, 1:]`; `weights` (N) are theirs.

    The places are found beforehand: to look for them on a GPU would make every step wait for it.
    """

    ids: Tensor
    places: Tensor
    weights: Tensor
    squares: Tensor | None = None


@dataclass(frozen=True)
class PoolRequest:
    """What determines a pool."""

    seed: int
    number: int
    stage: Stage
    batch_tokens: int
    batches: int = 16


@lru_cache
def tokenizer() -> Tokenizer:
    """The tokenizer beside the weights."""
    return load(TOKENIZER)


@lru_cache
def call_open() -> int:
    """The id of the token after which a tool's name begins."""
    (found,) = tokenizer().encode('{"name": "', add_special_tokens=False).ids
    return found


def collate(rows: list[Example]) -> Batch:
    """Rows to one right-padded batch."""
    length = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), length), PAD, dtype=np.int64)
    learned = np.zeros((len(rows), length), dtype=bool)
    weights = np.ones((len(rows), length), dtype=np.float32)
    for number, row in enumerate(rows):
        ids[number, : len(row.ids)] = row.ids
        for (start, stop), kind in zip(row.spans, row.kinds, strict=True):
            learned[number, start:stop] = True
            weights[number, start:stop] = WEIGHTS.get(kind, 1.0)
            weights[number, start] = FIRST_WEIGHT
        weights[number, 1:][ids[number, :-1] == call_open()] = NAME_WEIGHT
    squares = [square for row in rows for square in row.squares]
    pictures = torch.from_numpy(np.stack(squares)) if squares else None
    return Batch(torch.from_numpy(ids), torch.from_numpy(learned), torch.from_numpy(weights), pictures)


def cut(rows: list[Example], batch_tokens: int) -> Iterator[list[Example]]:
    """Rows sorted by length in groups of at most `batch_tokens`, padding included."""
    group: list[Example] = []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if group and len(row.ids) * (len(group) + 1) > batch_tokens:
            yield group
            group = []
        group.append(row)
    yield group


def pool(request: PoolRequest) -> list[Batch]:
    """The batches of one pool, in random order."""
    rng = random.Random(f"{request.seed} {request.number} {request.stage}")
    speaker = Speaker(rng)
    level: Level = "full" if request.stage in ("text", "joint") else request.stage
    room = request.batch_tokens * request.batches
    pictured_room = int(room * PICTURED) if request.stage == "joint" else 0
    written = _fill(room - pictured_room, lambda: encode(sample(speaker, level), tokenizer()))
    pictured = _fill(pictured_room, lambda: encode_pictured(rng, tokenizer()))
    batches = [
        collate(rows) for rows in (*cut(written, request.batch_tokens), *cut(pictured, request.batch_tokens)) if rows
    ]
    rng.shuffle(batches)
    return _spread(batches)


def _spread(batches: list[Batch]) -> list[Batch]:
    """The two kinds evenly mixed, so that processes side by side have the same kind at the same time."""
    kinds = [b for b in batches if b.squares is None], [b for b in batches if b.squares is not None]
    places = [((number + 0.5) / len(kind), batch) for kind in kinds for number, batch in enumerate(kind)]
    return [batch for _, batch in sorted(places, key=lambda pair: pair[0])]


def _fill(room: int, draw: object) -> list[Example]:
    assert callable(draw)
    rows: list[Example] = []
    while room > 0:
        row = draw()
        if len(row.ids) <= LONGEST:
            rows.append(row)
            room -= len(row.ids)
    return rows


class Pools:
    """Pools one after another, the next ones drawn in other processes while this one is used."""

    def __init__(self, seed: int, batch_tokens: int, workers: int = 1) -> None:
        self._seed, self._batch_tokens, self._ahead = seed, batch_tokens, workers
        self._workers = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        self._coming: dict[tuple[int, Stage], Future[list[Batch]]] = {}

    def get(self, number: int, stage: Stage, stride: int = 1) -> list[Batch]:
        """Pool `number`; starts on those after it, `stride` apart, which this process will want next."""
        wanted = [(number + stride * later, stage) for later in range(self._ahead + 1)]
        for key in self._coming.keys() - set(wanted):
            self._coming.pop(key).cancel()
        for key in wanted:
            if key not in self._coming:
                request = PoolRequest(self._seed, *key, self._batch_tokens)
                self._coming[key] = self._workers.submit(pool, request)
        return self._coming.pop((number, stage)).result()

    def close(self) -> None:
        """Stop the other processes."""
        self._workers.shutdown(cancel_futures=True)
