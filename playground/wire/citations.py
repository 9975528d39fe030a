"""Where a text cites what a search found: `[1]`, or the address itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"\[(\d{1,2})\]")


def citations(text: str, sources: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """OpenAI's `url_citation` annotations of the text, in its order; indices count characters."""
    found: list[tuple[int, int, Mapping[str, str]]] = []
    for mark in _NUMBER.finditer(text):
        if 1 <= int(mark[1]) <= len(sources):
            found.append((mark.start(), mark.end(), sources[int(mark[1]) - 1]))
    for source in sources:
        found += [(mark.start(), mark.end(), source) for mark in re.finditer(re.escape(source["url"]), text)]
    found.sort(key=lambda one: one[:2])
    return [
        {"type": "url_citation", "start_index": start, "end_index": end, "title": source["title"], "url": source["url"]}
        for start, end, source in found
    ]
