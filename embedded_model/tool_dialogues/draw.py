"""Chance, and what the file being written may draw from.

What is drawn depends on everything drawn before. Whoever adds, drops or moves a draw changes all dialogues after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Source: TypeAlias = "Sequence[str] | Callable[[Draw], Any]"

PRIMES = [number for number in range(11, 3000) if all(number % part for part in range(2, int(number**0.5) + 1))]
PRIME_SET = frozenset(PRIMES)
TRAINING_LETTERS = "ABCDEFGHLMNPRSTUY"
HELD_OUT_LETTERS = "QVXZJKW"
MINUTES = [f"{minute:02d}" for minute in range(0, 60, 5)]
CENTS = [0.25, 0.49, 0.45, 0.75, 0.79, 0.89, 0.95, 0.99]


class Draw:
    """Draws values for one of the files, so that no argument of a call is both trained on and held out."""

    def __init__(
        self, random: Random, sources: Mapping[str, Source], *, held_out: bool = False, part: str = ""
    ) -> None:
        self.random = random
        self.held_out = held_out
        self.part = part
        self._sources = sources
        self.left: dict[str, list[Any]] = {}
        self.uses: Counter[Any] = Counter()

    def pick(self, values: Sequence[T]) -> T:
        """One of the values."""
        return self.random.choice(values)

    def weighted(self, values: Sequence[T], weights: Sequence[float]) -> T:
        """One of the values, some more often than others."""
        return self.random.choices(values, weights)[0]

    def sample(self, values: Sequence[T], number: int) -> list[T]:
        """Several different ones of the values."""
        return self.random.sample(values, number)

    def shuffled(self, values: Iterable[T]) -> list[T]:
        """The values in another order."""
        found = list(values)
        self.random.shuffle(found)
        return found

    def fraction(self) -> float:
        """A number from 0 up to 1."""
        return self.random.random()

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return self.random.random() < share

    def next_of(self, name: str, values: Iterable[T]) -> T:
        """One of the values; each comes up once before any comes up again."""
        if not self.left.get(name):
            self.left[name] = self.shuffled(values)
        found: T = self.left[name].pop()
        return found

    def least_used(self, name: str, values: Sequence[T]) -> T:
        """One of the values that have come up least often under this name."""
        fewest = min(self.uses[name, at] for at in range(len(values)))
        at = self.pick([at for at in range(len(values)) if self.uses[name, at] <= fewest])
        self.uses[name, at] += 1
        return values[at]

    def number(self, low: int, high: int) -> int:
        """A whole number for a result."""
        return self.random.randint(low, high)

    def argument(self, low: int, high: int, step: int = 1) -> int:
        """A whole number for a call: a prime above 10 if held out and there is one, never such a prime otherwise."""
        if self.held_out and (primes := [number for number in PRIMES if low <= number <= high]):
            return self.pick(primes)
        while True:
            number = self.random.randrange(low, high + 1, step)
            if self.held_out or number not in PRIME_SET:
                return number

    def standard(self, share: float) -> bool:
        """Whether one of the standard tools comes next: never if held out, seldom among more tools."""
        return not self.held_out and self.chance(share / 4 if self.part else share)

    def real(self, low: float, high: float, digits: int) -> float:
        """A number with so many decimals."""
        return round(self.random.uniform(low, high), digits)

    def price(self, low: float, high: float) -> float:
        """A whole price or one with cents."""
        whole = self.random.randint(int(low), int(high))
        return whole if self.chance(0.4) else round(whole + self.pick(CENTS), 2)

    def clock(self, low: int = 6, high: int = 22) -> str:
        """A time of day between two hours, in steps of five minutes."""
        return f"{self.number(low, high):02d}:{self.pick(MINUTES)}"

    def code(self, pattern: str) -> str:
        """The pattern with a digit for each `#` and a letter for each `@`; the first digit is a 9 only if held out."""
        letters = HELD_OUT_LETTERS if self.held_out else TRAINING_LETTERS
        found, first = [], True
        for sign in pattern:
            if sign == "@":
                found.append(self.pick(letters))
            elif sign != "#":
                found.append(sign)
            elif first:
                found.append("9" if self.held_out else str(self.number(1, 8)))
                first = False
            else:
                found.append(str(self.number(0, 9)))
        return "".join(found)

    def word(self, pool: str) -> Any:
        """A value of a pool."""
        source = self._sources[pool]
        return source(self) if callable(source) else self.pick(source)

    def words(self, pool: str) -> list[str]:
        """All values of a pool that is a list."""
        source = self._sources[pool]
        if callable(source):
            raise TypeError(f"{pool} is made, not listed.")
        return list(source)

    def knows(self, pool: str) -> bool:
        """Whether there is a pool of this name."""
        return pool in self._sources
