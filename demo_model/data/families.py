"""Functions of many subjects that are asked for in like ways: a family's wording, put together with a subject's nouns.

`domains/` words each function by hand; here a line of `families.txt` is a function, and what people do with such a
thing (look it up, book it, put an end to it) is worded once for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from demo_model.data.ontology import Concept, read_slot
from demo_model.data.words import split

FILE = Path(__file__).parent / "families.txt"
"""A block per family: `# name`, `v` verbs, `d` description, then requests; `{n}` is the thing, `{an}` with an article.

The last block, `# kinds`, has a function a line: family ; nouns of one meaning, by `/` ; parameters as in `domains/` ;
requests that fit this thing alone, by ` / `.
"""
OWN_SHARE = 3
"""A thing's own requests, which do not name it, stand this often in its list."""


@dataclass(frozen=True)
class Family:
    """`verbs` for names, and wording that still lacks its noun."""

    verbs: tuple[str, ...]
    description: str
    asks: tuple[str, ...]


def read_family(block: str) -> tuple[str, Family]:
    """A family's name and the family."""
    head, verbs, description, *asks = block.strip().split("\n")
    return head[2:], Family(split(verbs[2:]), description[2:], tuple(asks))


def with_noun(pattern: str, nouns: tuple[str, ...]) -> str:
    """The wording about this thing, by any of its names."""
    named = "|".join(nouns)
    with_article = "|".join(f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}" for noun in nouns)
    return pattern.replace("{an}", f"[{with_article}]").replace("{n}", f"[{named}]")


def read_kind(line: str, families: dict[str, Family]) -> Concept:
    """A function from a line of the last block."""
    name, named, *rest = (part.strip() for part in line.split(" ;"))
    parameters, own = [*rest, "", ""][:2]
    family, nouns = families[name], split(named, "/")
    asks = [with_noun(ask, nouns) for ask in family.asks]
    if own:
        asks += own.split(" / ") * OWN_SHARE
    slots = tuple(read_slot(part) for part in parameters.split())
    return Concept(nouns, family.verbs, with_noun(family.description, nouns), slots, tuple(asks))


@lru_cache
def related() -> tuple[Concept, ...]:
    """All functions of the file."""
    *blocks, kinds = FILE.read_text(encoding="utf-8").strip().split("\n\n")
    families = dict(map(read_family, blocks))
    return tuple(read_kind(line, families) for line in kinds.split("\n")[1:])
