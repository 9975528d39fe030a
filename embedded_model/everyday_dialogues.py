"""Writes `data/everyday.jsonl`: short questions with one right answer, and chats of some sums each.

    python -m embedded_model.everyday_dialogues

What `heldout/everyday.jsonl` asks is asked nowhere here.
"""

# ruff: noqa: E501, RUF001 - a table of sums, with their signs

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from embedded_model import everyday_words as words
from embedded_model.dialogues import DATA
from embedded_model.judging import read_cases

SEED = 13
CHATS, SUMS = 350, 6
"""Chats that only reckon, and the sums in each: a model this small needs thousands of them."""
PATH = DATA / "everyday.jsonl"
Pair: TypeAlias = tuple[str, str]
ROLES = ("user", "assistant")


class Writer:
    """Writes questions of each sort. The same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pairs(self) -> Iterator[Pair]:
        """Questions with their answers."""
        for asks, answers in words.TABLES:
            for line in answers.split(";"):
                fields = line.replace("#", ";").split(":")
                ask, said = self._pick(asks)
                yield ask.format(*fields), said.format(*fields)
        yield from words.SINGLE
        for _ in range(330):
            yield self._sum()
        for _ in range(70):
            yield self._letters()

    def sums(self) -> list[Pair]:
        """Different sums for one chat."""
        found: dict[str, str] = {}
        while len(found) < SUMS:
            found |= [self._sum()]
        return list(found.items())

    def _sum(self) -> Pair:
        number = self._random.randint
        a, b, small, other = number(11, 99), number(3, 60), number(2, 12), number(2, 12)
        name = self._pick(words.NAMES)
        thing = self._pick(words.THINGS)
        percent = self._pick([10, 20, 25, 50])
        whole = 20 * number(2, 20)
        low, high = sorted(self._random.sample(range(11, 99), 2))
        part = number(1, 9)
        choices: Sequence[tuple[Sequence[str], str]] = (
            ((f"What is {a} + {b}?", f"{a} plus {b}", f"Add {b} to {a}."), f"{a} + {b} = {a + b}."),
            ((f"What is {high} - {low}?", f"Take {low} from {high}.", f"{high} minus {low}?"), f"{high} - {low} = {high - low}."),
            ((f"What is {small} times {other}?", f"{small} x {other}?"), f"{small} × {other} = {small * other}."),
            ((f"Divide {small * other} by {small}.", f"{small * other} / {small}?"), f"{small * other} ÷ {small} = {other}."),
            ((f"What is half of {2 * a}?", f"half of {2 * a}"), f"Half of {2 * a} is {a}."),
            ((f"What is double {a}?", f"Double {a}."), f"Double {a} is {2 * a}."),
            ((f"What is {percent} percent of {whole}?", f"{percent}% of {whole}?"), f"{percent}% of {whole} is {percent * whole // 100}."),
            ((f"What is {small} squared, if you multiply it out?", f"square {small}"), f"{small} × {small} = {small * small}."),
            ((f"Round {a}.{part} to a whole number.",), f"{a}.{part} is about {a + (part >= 5)}."),
            ((f"Which is bigger, {low} or {high}?", f"Which number is smaller, {low} or {high}?"), ""),
            ((f"{name} has {high} {thing} and loses {low}. How many are left?",), f"{high} - {low} = {high - low}, so {high - low} {thing} are left."),
            ((f"{name} has {small} {thing} and buys {other} more. How many are there now?",), f"{small} + {other} = {small + other} {thing}."),
            ((f"One ticket costs {small} euros. How much are {other} tickets?", f"What do {other} tickets cost at {small} euros each?"), f"{other} × {small} = {other * small} euros."),
            ((f"A car drives {10 * small} km in an hour. How far does it go in {other} hours?",), f"{other} × {10 * small} = {10 * other * small} km."),
            ((f"How many minutes are {small} hours?",), f"{small} × 60 = {60 * small} minutes."),
            ((f"How many days are {small} weeks?",), f"{small} × 7 = {7 * small} days."),
        )  # fmt: skip
        asks, said = self._pick(choices)
        asked = self._pick(asks)
        return asked, said or f"{high if 'bigger' in asked else low}."

    def _letters(self) -> Pair:
        some = self._random.sample(words.SORTED, 4)
        if self._random.random() < 0.6:
            ask = self._pick(
                ["Put these words in alphabetical order: {}", "Sort alphabetically: {}", "From A to Z: {}"]
            )
            return ask.format(", ".join(some)), ", ".join(sorted(some))
        name = self._pick(words.NAMES)
        mail = f"{name.lower()}.{self._pick(words.SORTED)}@{self._pick(['post', 'mill', 'lake'])}.example"
        ask = self._pick(
            [
                "Find the e-mail address: {}",
                "Which e-mail address is in this text? {}",
                "{} - only the e-mail address, please",
            ]
        )
        text = self._pick(
            ['"Please answer to {} today."', '"{} is the address of ' + name + '."', '"Mail me at {}, thanks!"']
        )
        return ask.format(text.format(mail)), mail

    def _pick(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)


def lines(seed: int = SEED) -> Iterator[str]:
    """The file's lines."""
    asked_elsewhere = {one.messages[-1].text for one in read_cases("everyday")}
    written = [pair for pair in dict(Writer(seed).pairs()).items() if pair[0] not in asked_elsewhere]
    random.Random(seed).shuffle(written)
    writer = Writer(seed + 1)
    chats = [[pair for pair in writer.sums() if pair[0] not in asked_elsewhere] for _ in range(CHATS)]
    for number, pairs in enumerate([*([pair] for pair in written), *chats], start=1):
        messages = [{"role": role, "content": text} for pair in pairs for role, text in zip(ROLES, pair, strict=True)]
        row = {"id": f"everyday-{number:04d}", "thinking": False, "messages": messages}
        yield json.dumps(row, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text("".join(lines()), encoding="utf-8")
