"""Guesses what comes next in a text from what came before: the tokens that followed the last similar place.

Replies repeat their context more than one would think: an edited paragraph, a quotation, names in a tool's arguments.
Knows nothing of models: a guess costs microseconds, whether it is right is seen when the model has read it.

Source: the idea is known as prompt lookup decoding (https://github.com/apoorvumang/prompt-lookup-decoding).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

SHORTEST, LONGEST = 2, 16
"""Tokens that must agree for a guess, and how many are compared to find the most similar place."""


@dataclass(frozen=True)
class Guess:
    """Tokens that may follow, and how many before them agree with what stands at the place they were taken from."""

    ids: tuple[int, ...]
    agreeing: int


class Text:
    """A growing text of token ids."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids = array("q", ids)

    def append(self, token: int) -> None:
        """The text goes on."""
        self._ids.append(token)

    def guess(self, count: int) -> Guess:
        """The `count` tokens that may follow; none where the text's end is new.

        Of several places the one with the longest agreement counts, of those the last. A text that has begun to
        repeat itself is taken to go on so.
        """
        ids = np.frombuffer(self._ids, dtype=np.int64)
        places, agreeing = np.arange(0), 0  # where the last agreeing token stands
        further = np.flatnonzero(ids[:-1] == ids[-1]) if len(ids) else places
        while len(further) and agreeing < LONGEST:
            places, agreeing = further, agreeing + 1
            further = places[places >= agreeing]
            further = further[ids[further - agreeing] == ids[len(ids) - 1 - agreeing]]
        if agreeing < SHORTEST:
            return Guess((), agreeing)
        start = int(places[-1]) + 1
        period = len(ids) - start
        return Guess(tuple(int(ids[start + number % period]) for number in range(count)), agreeing)
