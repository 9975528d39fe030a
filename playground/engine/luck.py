"""How often proposals of each kind were right in one reply, and so how many tokens ahead are worth a look."""

from __future__ import annotations

import math

FIRST_CHANCE = {"forced": 0.9, "long": 0.8, "medium": 0.5, "short": 0.3, "": 0.0}
"""Chances that one more proposed token is right, assumed until the reply has shown them."""
LEARNING = 0.2
FORGETTING = 0.02
"""A kind that is not tried drifts back to its first chance, so that it is tried again now and then."""
MOST_CERTAIN = 0.98


class Luck:
    """Chances by kind of proposal, each that of one token after all before it were right."""

    def __init__(self) -> None:
        self._chances = dict(FIRST_CHANCE)

    def likely(self, kind: str, floor: float) -> int:
        """How many tokens in a row have at least the chance `floor` that all of them are right."""
        chance = self._chances[kind]
        if floor <= 0:
            return 1 << 30
        if chance < floor or floor >= 1:
            return 0
        return int(math.log(floor) / math.log(min(chance, MOST_CERTAIN)) + 1e-9)

    def learn(self, kind: str, is_right: bool) -> None:
        """A proposed token was right or wrong; all before it in its proposal were right."""
        self._chances[kind] += LEARNING * (is_right - self._chances[kind])

    def forget(self, kind: str) -> None:
        """A proposal of this kind was not worth a try."""
        self._chances[kind] += FORGETTING * (FIRST_CHANCE[kind] - self._chances[kind])
