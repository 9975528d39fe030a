"""Reads the wording lists: files of patterns under headings, one pattern a line."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "wording"


@lru_cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """The patterns of `wording/<name>.txt` by heading (`# heading`), in the file's order."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            found[line[2:]] = current = []
        elif line:
            current.append(line)
    return {heading: tuple(patterns) for heading, patterns in found.items()}


def patterns(name: str, heading: str) -> tuple[str, ...]:
    """The patterns under one heading."""
    return sections(name)[heading]
