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

from playground.engine.kernels import native
from playground.engine.kernels.library import kernels_if_any
from playground.engine.noise import LARGEST, gumbel, gumbel_rows
from playground.errors import ServerError
from playground.options import Options

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEW, MANY = 128, 1088
"""How many of the likeliest tokens are looked at for top_k up to 64 and otherwise; the surplus is room for ties."""
BLOCK = 64
"""Neighbouring scores whose largest is looked at first."""


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
    """Choose a token for each row of logits [B, V] (float32). They are changed, unless a row wants log probabilities.

    Raises: ServerError when a row's logits are not numbers, or nothing is left to choose from.
    """
    scores = logits.clone() if any(row.options.logprobs for row in rows) else logits
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
        top, tokens = _likeliest(part, width)
        values, numbers = top.cpu().numpy().astype(np.float64), tokens.cpu().numpy()
        for place, index in enumerate(group):
            _check(float(values[place, 0]))
            ids[index] = int(numbers[place, 0])
        if width > 1:
            drawn = _draw_among_few(values, numbers, [rows[index] for index in group])
            for place, (index, token) in enumerate(zip(group, drawn, strict=True)):
                if token is None:
                    token = _draw(_Ranking(part[place], values[place], numbers[place], rows[index]), rows[index])
                ids[index] = token
    return ids


def _draw_among_few(top: Floats, tokens: Ints, rows: Sequence[Row]) -> list[int | None]:
    """Draws of several rows at once, from their likeliest tokens [B, W], sorted; None where top_k leaves more than W.

    The usual case in a few operations on all rows. What a row gets does not depend on the others.
    """
    options = [row.options for row in rows]
    temperature = np.array([one.temperature for one in options])[:, None]
    scores = (top - top[:, :1]) / temperature
    width = scores.shape[1]
    limits = np.array([one.top_k if 0 < one.top_k < width else width for one in options])[:, None] - 1
    floor = np.take_along_axis(scores, limits, axis=1)
    settled = (scores[:, -1:] < floor)[:, 0]
    if not settled.any():
        return [None] * len(rows)
    weights = np.exp(scores)
    goal = np.array([[one.top_p] for one in options]) * np.where(scores >= floor, weights, 0.0).sum(
        axis=1, keepdims=True
    )
    last = np.minimum((np.cumsum(weights, axis=1) < goal).sum(axis=1, keepdims=True), width - 1)
    narrow = np.array([[one.top_p < 1] for one in options])
    floor = np.maximum(floor, np.where(narrow, np.take_along_axis(scores, last, axis=1), -math.inf))
    floor = np.maximum(floor, [[math.log(one.min_p) if one.min_p > 0 else -math.inf] for one in options])
    noise = gumbel_rows([(row.seed, row.position) for row in rows], tokens)
    best = np.argmax(np.where(scores >= floor, scores + noise, -math.inf), axis=1)
    chosen = np.take_along_axis(tokens, best[:, None], axis=1)[:, 0]
    return [int(token) if sure else None for token, sure in zip(chosen, settled, strict=True)]


def _likeliest(scores: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The `width` largest of scores [B, V], sorted, and their tokens; of equals any, but the first where it is one.

    The largest lie in the blocks with the largest maxima, so a fast pass over all scores leaves few to sort: a fifth of
    the time for 262,144. The kernels do the same.
    """
    rows, size = scores.shape
    kernels = kernels_if_any() if scores.device.type == "cpu" and scores.dtype == torch.float32 else None
    if kernels is not None and scores.is_contiguous():
        return native.likeliest(kernels, scores, width)
    if size % BLOCK or size // BLOCK < width:
        # `max` takes the first of equals and `topk` any of them, so only `max` is fit for greedy rows.
        return scores.max(dim=1, keepdim=True) if width == 1 else scores.topk(width, dim=1)
    blocks = scores.view(rows, size // BLOCK, BLOCK)
    most = blocks.amax(dim=2)
    places = most.max(dim=1, keepdim=True)[1] if width == 1 else most.topk(width, dim=1, sorted=False)[1]
    few = blocks.gather(1, places[..., None].expand(-1, -1, BLOCK)).flatten(1)
    top, within = few.max(dim=1, keepdim=True) if width == 1 else few.topk(width, dim=1)
    return top, places.gather(1, within // BLOCK) * BLOCK + within % BLOCK


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
