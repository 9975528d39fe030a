"""Dialogues with names that nobody has seen before, in place of those that the files draw from their lists.

From a few thousand names a small model learns the names. From names that never come again it learns to copy.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from embedded_model.dialogues import Dialogue
from playground.messages import Message, Part, Text, ToolCall, ToolResult

STARTS, MIDDLES, ENDS, LAST = (
    line.split()
    for line in (
        "b bl br c ch cl d dr f fl g gl gr h j k kl kr l m n p pl qu r s sch sh sk sl st str t th tr v w wh y z",
        "a a a e e e i i o o o u u ai au ea ei ie oa oo ou y",
        "b ck d g l ll m n n n nd ng nt p r r rd rn rt s s ss st t th v x",
        "a o e y i er en el in on am is us ton by ford well ley stad berg ina ova etti sen son",
    )
)
"""How a syllable begins, its vowels, its consonants after them, and how a word ends."""
ONE_LETTER = 13
"""So many vowels are one letter."""
LONGEST = 3
"""Words of a value that is taken for a name."""
MOST_ENDS = 0.5
"""How often a syllable has consonants after its vowel."""
WORD = re.compile(r"[^\W\d_]{4,}")
_DAYS_AND_TIMES = """
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december today tomorrow tonight yesterday next this last week month year morning afternoon evening
    night noon midnight after before day half past quarter true false null none with from near the and
"""
DAYS_AND_TIMES = frozenset(_DAYS_AND_TIMES.split())
"""Words that mean something to whoever reads them, so that no other word can stand for them."""


def with_unseen_names(dialogue: Dialogue, order: random.Random) -> Dialogue:
    """The same with invented words in place of the names that are copied from its request or from its results."""
    names = sorted(set(_copied(dialogue)))
    others = {name: _like(name, invented(order)) for name in names}
    if not others:
        return dialogue
    # A request that was put into lower case as a whole keeps being that, and its answer has the capitals.
    small = {name.lower(): other.lower() for name, other in others.items()}
    both = small | {name.capitalize(): other.capitalize() for name, other in small.items()} | others
    found = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(both, key=len, reverse=True))) + r")\b")
    messages = tuple(_replaced(message, found, both) for message in dialogue.turn.messages)
    return replace(dialogue, turn=replace(dialogue.turn, messages=messages))


def invented(order: random.Random) -> str:
    """A word of two or three syllables that can be said, in lower case."""
    word = ""
    for _ in range(order.choice((1, 1, 1, 1, 2))):
        word += order.choice(STARTS) + order.choice(MIDDLES)
        word += order.choice(ENDS) if order.random() < MOST_ENDS else ""
    return word + order.choice(STARTS) + order.choice(MIDDLES[:ONE_LETTER]) + order.choice(("", "", order.choice(LAST)))


def _like(name: str, word: str) -> str:
    """The word in capitals where the name is."""
    if name.isupper():
        return word.upper()
    return word.capitalize() if name[0].isupper() else word


def _copied(dialogue: Dialogue) -> Iterator[str]:
    """Words of short values that stand in an argument and in what was said, or in a result and in an answer."""
    messages = dialogue.turn.messages
    meaning = " ".join(json.dumps([tool.name, tool.description, tool.parameters]) for tool in dialogue.turn.tools)
    meant = {word.lower() for word in WORD.findall(meaning)} | DAYS_AND_TIMES
    said = " ".join(message.text for message in messages if message.role == "user")
    answered = " ".join(message.text for message in messages if message.role == "assistant")
    arguments = [value for message in messages for call in message.calls for value in _texts(dict(call.arguments))]
    results = [
        value
        for message in messages
        for part in message.parts
        if isinstance(part, ToolResult)
        for value in _texts(_decoded(part.text))
    ]
    typed_small = said.islower()
    for values, text, small in ((arguments, said, typed_small), (results, answered, False)):
        standing = set(WORD.findall(text))
        for value in values:
            words = WORD.findall(value)
            if _is_name(value, small) and standing.issuperset(words) and not meant & {word.lower() for word in words}:
                yield from words


def _is_name(value: str, small: bool) -> bool:
    """Whether it is one to three words with capitals; `small` ones have none."""
    words = value.split()
    if len(words) > LONGEST or any(char.isdigit() or char in "/@:_" for char in value):
        return False
    return small or all(word[0].isupper() for word in words)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return [line.partition(": ")[2] for line in text.splitlines()]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, Iterable):
        for one in value:
            yield from _texts(one)


def _replaced(message: Message, found: re.Pattern[str], others: Mapping[str, str]) -> Message:
    def text(before: str) -> str:
        return found.sub(lambda match: others[match.group()], before)

    def values(one: Any) -> Any:
        if isinstance(one, str):
            return text(one)
        if isinstance(one, Mapping):
            return {key: values(value) for key, value in one.items()}
        return [values(value) for value in one] if isinstance(one, list | tuple) else one

    def part(one: Part) -> Part:
        if isinstance(one, ToolCall):
            return replace(one, arguments=values(one.arguments))
        return replace(one, text=text(one.text)) if isinstance(one, Text | ToolResult) else one

    return Message(message.role, tuple(map(part, message.parts)))
