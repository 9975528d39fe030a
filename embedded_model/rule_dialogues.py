"""Writes `data/rules.jsonl`: dialogues under a system text, each reply of which obeys it.

python -m embedded_model.rule_dialogues
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count, islice
from typing import Any, TypeAlias

from embedded_model import rule_questions as questions
from embedded_model import rule_words as words
from embedded_model.dialogues import DATA, read_dialogues

SEED = 11
PATH = DATA / "rules.jsonl"
Pair: TypeAlias = tuple[str, str]
BORROWED = 0.5
"""The share of sentences that are taken from other files, so that one rule is obeyed by many."""
LENDERS = ("general", "facts", "everyday", "chat")
LONGEST = 18
"""Words of a sentence that is taken over, at most."""
_SENTENCES: tuple[Pair, ...] = tuple((asked, said) for asked, said, *_ in (*questions.FACTS, *questions.TALK))


@lru_cache
def borrowed() -> tuple[Pair, ...]:
    """First questions of other files that are answered by one plain sentence."""
    opened = (one.turn.messages[:2] for name in LENDERS for one in read_dialogues(DATA / f"{name}.jsonl"))
    pairs = ((first.text, said.text) for first, said in opened if first.role == "user" and said.role == "assistant")
    return tuple(dict.fromkeys(pair for pair in pairs if _is_plain(*pair)))


def _is_plain(asked: str, said: str) -> bool:
    """Whether it is one sentence, of words rather than numbers, that any voice could say."""
    words_only = sum(char.isalpha() or char == " " for char in said) > 0.85 * len(said)
    short = len(said.split()) <= LONGEST and "\n" not in asked + said
    one = said.endswith((".", "!")) and not any(mark in said for mark in (". ", "! ", "? "))
    return words_only and short and one and "Gemma" not in said


class Writer:
    """Writes dialogues of each sort. The same seed gives the same dialogues."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def dialogues(self) -> Iterator[tuple[str, list[Pair]]]:
        """System texts with questions and answers."""
        sorts: list[tuple[int, Callable[[], tuple[str, Callable[[], Pair]]]]] = [
            (260, lambda: self._rule("upper", lambda: self._changed(str.upper))),
            (260, lambda: self._rule("lower", lambda: self._changed(str.lower))),
            (260, lambda: self._rule("word", self._word)),
            (80, lambda: self._rule("yes", lambda: self._ended(questions.YES_NO))),
            (90, lambda: self._rule("dashes", lambda: self._list("- {1}"))),
            (40, lambda: self._rule("numbers", lambda: self._list("{0}. {1}"))),
            (60, lambda: self._rule("short", lambda: self._pick(questions.SHORT))),
            (120, self._short),
            (60, lambda: self._rule("sentence", self._sentence)),
            (150, self._language),
            (200, self._ending),
            (180, self._beginning),
            (120, self._persona),
            (60, self._name),
            (60, self._swap),
        ]
        for number, sort in sorts:
            for _ in range(number):
                text, ask = sort()
                pairs = {asked: (asked, said) for asked, said in (ask() for _ in range(self._pick([1, 1, 2, 3])))}
                yield self._pick(words.BEFORE) + text, list(pairs.values())

    def _rule(self, name: str, ask: Callable[[], Pair]) -> tuple[str, Callable[[], Pair]]:
        return self._pick(words.RULES[name]), ask

    def _short(self) -> tuple[str, Callable[[], Pair]]:
        most = self._pick(list(words.NUMBERS))
        fitting = [pair for pair in (*questions.SHORT, *_SENTENCES, *borrowed()) if len(pair[1].split()) <= most]
        text = self._pick(words.SHORT_RULES).format(self._pick([words.NUMBERS[most], most]))
        return text[0].upper() + text[1:], lambda: self._pick(fitting)

    def _sentence(self) -> Pair:
        found: Pair = self._pick(borrowed() if self._random.random() < BORROWED else _SENTENCES)
        return found

    def _changed(self, change: Callable[[str], str]) -> Pair:
        asked, said = self._sentence()
        return asked, change(said)

    def _word(self) -> Pair:
        asked, _, word = self._pick([fact for fact in questions.FACTS if " " not in fact[2]])
        return asked, word + "."

    def _ended(self, pairs: Any) -> Pair:
        asked, said = self._pick(pairs)
        return asked, said + "."

    def _list(self, line: str) -> Pair:
        asked, things = self._pick(questions.LISTS)
        return asked, "\n".join(line.format(number, thing) for number, thing in enumerate(things, start=1))

    def _language(self) -> tuple[str, Callable[[], Pair]]:
        at = self._random.randrange(len(words.LANGUAGE_RULES))

        def ask() -> Pair:
            asked, *said = self._pick(questions.LANGUAGES)
            return asked, said[at]

        return self._pick(words.LANGUAGE_RULES[at]), ask

    def _ending(self) -> tuple[str, Callable[[], Pair]]:
        ending = self._pick(words.ENDINGS)
        return self._pick(words.ENDING_RULES).format(ending), lambda: self._framed("{} " + ending)

    def _beginning(self) -> tuple[str, Callable[[], Pair]]:
        start = self._pick(words.BEGINNINGS)
        return self._pick(words.BEGINNING_RULES).format(start), lambda: self._framed(start + " {}")

    def _persona(self) -> tuple[str, Callable[[], Pair]]:
        text, frame = self._pick(words.PERSONAS)
        return text, lambda: self._framed(frame)

    def _name(self) -> tuple[str, Callable[[], Pair]]:
        name = self._pick(words.PEOPLE)
        text, work = self._pick(words.NAMES)
        answers = [
            f"I'm {name}, the {work}.",
            f"My name is {name}.",
            f"I am {name}. How can I help?",
            f"This is {name}.",
        ]

        def ask() -> Pair:
            return (self._pick(words.WHO), self._pick(answers)) if self._random.random() < 0.8 else self._sentence()

        return text.format(name), ask

    def _swap(self) -> tuple[str, Callable[[], Pair]]:
        word, other, asked, said = self._pick(words.SWAPS)
        return self._pick(words.SWAP_RULES).format(word, other), lambda: (asked, said.format(other))

    def _framed(self, frame: str) -> Pair:
        asked, said = self._sentence()
        return asked, frame.format(said)

    def _pick(self, values: Any) -> Any:
        return self._random.choice(values)


def lines(seed: int = SEED) -> Iterator[str]:
    """The file's lines."""
    written = list(Writer(seed).dialogues())
    random.Random(seed).shuffle(written)
    for number, (text, pairs) in zip(count(1), islice(written, None), strict=False):
        messages = [{"role": "system", "content": text}]
        for asked, said in pairs:
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        row = {"id": f"rules-{number:04d}", "thinking": False, "messages": messages}
        yield json.dumps(row, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text("".join(lines()), encoding="utf-8")
