"""A small grammar for wording: `[a|b|]` chooses, `{slot}` is filled in, both nest. `say` expands a pattern.

Some branches of every larger choice are held out: training never says them, and the development sets prefer them,
so that progress is judged on wording that was never seen.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

Split = Literal["train", "dev"]
T = TypeVar("T")
HELD_OUT_SHARE = 9
"""One branch in this many is held out of choices with at least four branches."""


@dataclass(frozen=True)
class Slot:
    """A place for a value."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several sequences."""

    options: tuple[tuple[str | Slot | Choice, ...], ...]
    held_out: tuple[bool, ...]


Node = str | Slot | Choice


@dataclass(frozen=True)
class Run:
    """A stretch of finished text. Values stay exactly as they are; other words may be recased or mistyped."""

    text: str
    is_value: bool = False


class Speaker:
    """Makes random choices for one split."""

    def __init__(self, rng: random.Random, split: Split = "train") -> None:
        self.rng = rng
        self.split = split

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of them, whatever the split: for values."""
        return options[int(self.rng.random() * len(options))]

    def pattern(self, patterns: Sequence[str]) -> str:
        """One pattern of a list, respecting what is held out."""
        if len(patterns) < 4:
            return self.pick(patterns)
        return self._allowed(patterns, [is_held_out(text) for text in patterns])

    def say(self, pattern: str, fill: Mapping[str, str] | Callable[[str], str] | None = None) -> str:
        """The pattern as plain text, tidied."""
        return tidy("".join(run.text for run in self.runs(pattern, fill)))

    def runs(self, pattern: str, fill: Mapping[str, str] | Callable[[str], str] | None = None) -> list[Run]:
        """The pattern as text runs that keep values apart."""
        found: list[Run] = []
        self._expand(parse(pattern), fill, found)
        return found

    def _expand(
        self, nodes: Sequence[Node], fill: Mapping[str, str] | Callable[[str], str] | None, out: list[Run]
    ) -> None:
        for node in nodes:
            if isinstance(node, str):
                out.append(Run(node))
            elif isinstance(node, Slot):
                if fill is None:
                    raise KeyError(node.name)
                out.append(Run(fill(node.name) if callable(fill) else fill[node.name], is_value=True))
            else:
                self._expand(self._allowed(node.options, node.held_out), fill, out)

    def _allowed(self, options: Sequence[T], held_out: Sequence[bool]) -> T:
        if not any(held_out) or all(held_out):
            return self.pick(options)
        if self.split == "train":
            while True:
                index = int(self.rng.random() * len(options))
                if not held_out[index]:
                    return options[index]
        if self.chance(0.6):
            return self.pick([option for option, out in zip(options, held_out, strict=True) if out])
        return self.pick(options)


def is_held_out(text: str) -> bool:
    """Whether this branch is kept from training: a fixed function of its words."""
    return zlib.crc32(text.encode()) % HELD_OUT_SHARE == 0


@lru_cache(maxsize=50_000)
def parse(pattern: str) -> tuple[Node, ...]:
    """The pattern as a tree. Raises: ValueError on unbalanced brackets."""
    nodes, end = _sequence(pattern, 0)
    if end != len(pattern):
        raise ValueError(f"unbalanced bracket at {end} in {pattern!r}")
    return nodes


def _sequence(pattern: str, start: int) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    while start < len(pattern) and pattern[start] not in "|]":
        if pattern[start] == "[":
            choice, start = _choice(pattern, start + 1)
            nodes.append(choice)
        elif pattern[start] == "{":
            end = pattern.index("}", start)
            nodes.append(Slot(pattern[start + 1 : end]))
            start = end + 1
        else:
            end = start
            while end < len(pattern) and pattern[end] not in "[]{|":
                end += 1
            nodes.append(pattern[start:end])
            start = end
    return tuple(nodes), start


def _choice(pattern: str, start: int) -> tuple[Choice, int]:
    options: list[tuple[Node, ...]] = []
    texts: list[str] = []
    while True:
        nodes, end = _sequence(pattern, start)
        if end >= len(pattern):
            raise ValueError(f"unclosed bracket in {pattern!r}")
        options.append(nodes)
        texts.append(pattern[start:end])
        start = end + 1
        if pattern[end] == "]":
            break
    held_out = tuple(len(texts) > 3 and text != "" and is_held_out(text) for text in texts)
    return Choice(tuple(options), held_out), start


def tidy(text: str) -> str:
    """Single spaces, and none before punctuation: what is left where an optional word was not said."""
    text = re.sub(r"  +", " ", text).strip()
    return re.sub(r" ([,.!?;])(?=\s|$)", r"\1", text)
