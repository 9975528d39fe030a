"""Logits [B, V] to ids [B]: one sampler for all requests, each row by its own options.

The order of the rules, each working on what the one before left:

1. repetition penalty, on tokens of the prompt and the reply;
2. frequency and presence penalties, on tokens of the reply;
3. logit bias;
4. what may not come: forbidden ids, and all that the grammar does not allow;
5. temperature; 0 takes the likeliest token and skips the rest;
6. top_k, then top_p on what top_k left, then min_p, relative to the likeliest token;
7. the draw, by Gumbel noise that is a function of (seed, position, token id): see `noise.py`.

Every filter is a threshold on the score, so tokens of equal score stay or go together and their order never matters.
A vocabulary of 262,144 is never sorted: a filter looks at the likeliest few first and widens only when they do not
settle it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from playground.engine.noise import LARGEST, gumbel
from playground.errors import ServerError
from playground.options import Options

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEW, MANY = 128, 1088
"""How many of the likeliest tokens are looked at for top_k up to 64 and otherwise; the surplus is room for ties."""


@dataclass(frozen=True)
class Choice:
    """The token chosen for a row, with log probabilities of the model's own distribution where they were asked for."""

    id: int
    logprob: float | None = None
    alternatives: tuple[tuple[int, float], ...] = ()


class Row:
    """What the sampler has to know of one sequence. `position` is that of the next token in the whole sequence."""

    def __init__(self, options: Options, prompt_ids: Iterable[int], position: int, forbidden: Iterable[int]) -> None:
        if options.seed is None:
            raise ValueError("the options have no seed; use Options.with_seed")
        self.options = options
        self.seed = options.seed
        self.position = position
        self._prompt = torch.tensor(sorted(set(prompt_ids)), dtype=torch.long)
        self._known = frozenset(self._prompt.tolist())
        self._new: list[int] = []
        self._reply: Counter[int] = Counter()
        self._forbidden = torch.tensor(sorted(forbidden), dtype=torch.long)

    def accept(self, token: int) -> None:
        """Note that `token` has joined the reply."""
        self.position += 1
        if token not in self._known and token not in self._reply:
            self._new.append(token)
        self._reply[token] += 1

    def adjust(self, scores: torch.Tensor, allowed: torch.Tensor | None) -> None:
        """Apply rules 1 to 4 to scores [V], in place. `allowed` [V] is the grammar's mask."""
        options, device = self.options, scores.device
        if options.repetition_penalty != 1:
            seen = torch.cat([self._prompt, torch.tensor(self._new, dtype=torch.long)]).to(device)
            values, penalty = scores[seen], options.repetition_penalty
            scores[seen] = torch.where(values > 0, values / penalty, values * penalty)
        if self._reply and (options.frequency_penalty or options.presence_penalty):
            used = torch.tensor(list(self._reply), device=device)
            counts = torch.tensor(list(self._reply.values()), device=device)
            scores[used] -= options.frequency_penalty * counts + options.presence_penalty
        if options.logit_bias:
            biased = torch.tensor(list(options.logit_bias), device=device)
            scores[biased] += torch.tensor(list(options.logit_bias.values()), device=device)
        if len(self._forbidden):
            scores[self._forbidden.to(device)] = -math.inf
        if allowed is not None:
            scores.masked_fill_(~allowed.to(device), -math.inf)


def sample(logits: torch.Tensor, rows: Sequence[Row], allowed: Sequence[torch.Tensor | None]) -> list[Choice]:
    """Choose a token for each row of logits [B, V] (float32, left as they are).

    Raises: ServerError when a row's logits are not numbers, or nothing is left to choose from.
    """
    scores = logits.clone()
    for row, mask, line in zip(rows, allowed, scores, strict=True):
        row.adjust(line, mask)
    ids = _choose(scores, rows)
    return [_describe(line, token, row.options) for line, token, row in zip(logits, ids, rows, strict=True)]


def _choose(scores: torch.Tensor, rows: Sequence[Row]) -> list[int]:
    """Rules 5 to 7 for scores [B, V]."""
    groups: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(min(_width(row.options), scores.shape[1]), []).append(index)
    ids = [0] * len(rows)
    for width, group in groups.items():
        part = scores if len(group) == len(rows) else scores[group]
        # `max` takes the first of equals and `topk` any of them, so only `max` is fit for greedy rows.
        top, tokens = part.max(dim=1, keepdim=True) if width == 1 else part.topk(width, dim=1)
        values, numbers = top.cpu().numpy().astype(np.float64), tokens.cpu().numpy()
        for place, index in enumerate(group):
            _check(float(values[place, 0]))
            ids[index] = (
                int(numbers[place, 0])
                if width == 1
                else _draw(_Ranking(part[place], values[place], numbers[place], rows[index]), rows[index])
            )
    return ids


def _width(options: Options) -> int:
    if options.temperature == 0:
        return 1
    return FEW if 0 < options.top_k <= FEW // 2 else MANY


def _check(best: float) -> None:
    if math.isnan(best):
        raise ServerError("The model computed numbers that are not numbers (NaN); load it in bfloat16 or float32.")
    if best == -math.inf:
        raise ServerError("No token may come next: the grammar allows only tokens that are forbidden.")


class _Ranking:
    """One row's scores, in units of the temperature and relative to the best: sorted as far as has been needed."""

    def __init__(self, line: torch.Tensor, top: Floats, tokens: Ints, row: Row) -> None:
        self._line = line
        self._best, self._temperature = top[0], row.options.temperature
        self.tokens = tokens
        self.scores: Floats = self._scale(top)

    @property
    def is_complete(self) -> bool:
        """Whether no token that could be chosen is missing from the sorted ones."""
        return len(self.scores) == len(self._line) or self.scores[-1] == -math.inf

    def above(self, floor: float) -> tuple[Floats, Ints]:
        """All scores of at least `floor`, with their tokens."""
        if self.is_complete or self.scores[-1] < floor:
            kept = self.scores >= floor
            return self.scores[kept], self.tokens[kept]
        everything = self._scale(self._line.cpu().numpy().astype(np.float64))
        places = np.flatnonzero(everything >= floor)
        return everything[places], places

    def _scale(self, values: Floats) -> Floats:
        # The best is subtracted first: a tiny temperature then makes the others vanish rather than everything overflow.
        return np.asarray((values - self._best) / self._temperature)


def _draw(ranking: _Ranking, row: Row) -> int:
    scores, tokens = ranking.above(_floor(ranking, row))
    return int(tokens[np.argmax(scores + gumbel(row.seed, row.position, tokens))])


def _floor(ranking: _Ranking, row: Row) -> float:
    """The score that a token needs to get through all filters (rule 6)."""
    options, floor = row.options, -math.inf
    if 0 < options.top_k < len(ranking.scores):
        floor = float(ranking.scores[options.top_k - 1])
    if options.top_p < 1:
        floor = max(floor, _nucleus(ranking, floor, options.top_p))
    if options.min_p > 0:
        floor = max(floor, math.log(options.min_p))
    if floor == -math.inf:
        # No filter is on; but what lies too far below a token with known noise cannot win the draw.
        noise = gumbel(row.seed, row.position, ranking.tokens)
        floor = float(np.max(ranking.scores + noise)) - LARGEST
    return floor


def _nucleus(ranking: _Ranking, floor: float, top_p: float) -> float:
    """The score of the last token needed for a share `top_p` of the probability of all scores from `floor` on."""
    kept = ranking.above(floor)[0]
    goal = top_p * float(np.exp(kept).sum())
    mass = np.cumsum(np.exp(ranking.scores))
    last = int(np.searchsorted(mass, goal))
    if last < len(mass) or ranking.is_complete:
        return float(ranking.scores[min(last, len(mass) - 1)])
    return _crossing(kept, goal)


def _crossing(scores: Floats, goal: float) -> float:
    """As `_nucleus`, for scores (0 and less) in any order: they are counted in fine bins, and one bin is sorted."""
    bins = np.minimum(-64 * scores, 65_535).astype(np.int64)
    mass = np.cumsum(np.bincount(bins, weights=np.exp(scores)))
    place = min(int(np.searchsorted(mass, goal)), len(mass) - 1)
    inside = -np.sort(-scores[bins == place])
    reached = (mass[place - 1] if place else 0.0) + np.cumsum(np.exp(inside))
    return float(inside[min(int(np.searchsorted(reached, goal)), len(inside) - 1)])


def _describe(logits: torch.Tensor, token: int, options: Options) -> Choice:
    """The choice with what the options want to know of it; logits [V] are the model's own."""
    if not options.logprobs:
        return Choice(token)
    norm = torch.logsumexp(logits, dim=0)
    values, ids = logits.topk(min(options.top_logprobs, len(logits)))
    pairs = zip(ids.tolist(), (values - norm).tolist(), strict=True)
    return Choice(token, float(logits[token] - norm), tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))))
