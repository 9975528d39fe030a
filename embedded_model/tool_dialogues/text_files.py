"""Reads the text files of this package.

    # a remark
    ## name of a block
    key: one item
    other key:
      an item
      another item

Files in `words/` have no blocks, only keys; `key, held out` is what only the held-out file may use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
HELD_OUT = ", held out"
_KEY = re.compile(r"([A-Za-z][^:]*):(?: (.*))?")


@dataclass(frozen=True)
class Block:
    """One block of a file: lists of items by their keys."""

    name: str
    items: dict[str, list[str]] = field(default_factory=dict)

    def all(self, key: str) -> list[str]:
        """The items under a key; none if the block lacks it."""
        return self.items.get(key, [])

    def one(self, key: str, default: str = "") -> str:
        """The only item under a key."""
        found = self.all(key)
        if len(found) > 1:
            raise ValueError(f"{self.name} has {len(found)} items under {key!r}; it may have one.")
        return found[0] if found else default


def read_blocks(path: str) -> list[Block]:
    """The blocks of a file, in order."""
    return list(_blocks((FOLDER / path).read_text(encoding="utf-8").splitlines(), path))


@cache
def read_lists(name: str) -> Mapping[str, list[str]]:
    """The lists of one file in `words/`."""
    return read_blocks(f"words/{name}.txt")[0].items


def read_commas(items: list[str]) -> list[str]:
    """Words that are written with commas between them."""
    return [one.strip() for line in items for one in line.split(",") if one.strip()]


def read_words(items: list[str]) -> list[str]:
    """Words that are written with spaces between them."""
    return " ".join(items).split()


def read_table(items: list[str], between: str = ": ") -> dict[str, str]:
    """Pairs that are written with a colon between them."""
    pairs = (line.split(between, 1) for line in items)
    return {key.strip(): value.strip() for key, value in pairs}


def _blocks(lines: list[str], path: str) -> Iterator[Block]:
    block, key = Block(path), ""
    for number, line in enumerate(lines, start=1):
        if line.startswith("## "):
            if block.items:
                yield block
            block = Block(line[3:].strip())
        elif line.startswith("  "):
            block.items[key].append(line.strip())
        elif line and not line.startswith("#"):
            found = _KEY.fullmatch(line)
            if found is None:
                raise ValueError(f"{path}, line {number}: neither a key nor an item: {line!r}")
            key = found[1]
            block.items.setdefault(key, []).extend([found[2]] if found[2] else [])
    if block.items:
        yield block
