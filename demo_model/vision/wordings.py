"""Reads how people ask about pictures from `wordings.txt`. `asking.py` puts openers and closers around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WAYS = {"question": "questions", "clause": "clauses", "order": "orders", "few": "few_words", "whole": "wholes"}
"""The first word of a line of the file, and the field of `Wording` that the rest of the line belongs to."""


@dataclass(frozen=True)
class Wording:
    """Patterns of one kind of question. An empty tuple: nobody asks in that way."""

    questions: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    few_words: tuple[str, ...] = ()
    wholes: tuple[str, ...] = ()
    """Messages that stand as they are: statements to confirm, blanks, two sentences, talk around the wish."""


def _blocks() -> dict[str, list[tuple[str, str]]]:
    """The file's lines by heading, each as its first word and its rest."""
    _, *parts = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split("\n# ")
    rows = (part.strip().splitlines() for part in parts)
    return {heading: [tuple(line.split(" ", 1)) for line in lines] for heading, *lines in rows}


def _wording(heading: str) -> Wording:
    lines = _BLOCKS[heading]
    return Wording(**{name: tuple(text for way, text in lines if way == first) for first, name in WAYS.items()})


_BLOCKS = _blocks()
COLOUR = _wording("colour")
SHAPE = _wording("shape")
WHAT_COLOURED = _wording("what coloured")
SIZE = _wording("size")
POSITION = _wording("position")
COUNT = _wording("count")
READ = _wording("read")
READ_NUMBER = _wording("read number")
IS_THERE = _wording("is there")
IS_IT = _wording("is it")
SAYS = _wording("says")
CAPTION = _wording("caption")
PLACES = _wording("places")
INVENTORY = _wording("inventory")
DETECT = _wording("detect")
BACKGROUND = _wording("background")
COLOURS = _wording("colours")
FILLED = _wording("filled")
RELATION = _wording("relation")
IS_RELATED = _wording("is related")
IS_COUNT = _wording("is count")
EITHER = _wording("either")
AND_COLOUR = _wording("and colour")
AND_SHAPE = _wording("and shape")
AND_SIZE = _wording("and size")
AND_POSITION = _wording("and position")
AND_OTHER = _wording("and other")
IS_PLACED = _wording("is placed")
IS_CALLED = _wording("is called")
IS_FILLED = _wording("is filled")
IS_BACKGROUND = _wording("is background")
HAS_TEXT = _wording("has text")
UNSEEN_THING = _wording("unseen thing")
UNSEEN_FACT = _wording("unseen fact")
UNSEEN_THINGS = tuple(word for _, words in _BLOCKS["unseen things"] for word in words.split())
