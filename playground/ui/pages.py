"""The pages of the app, and the links between them. Knows nothing of what is on a page."""

from __future__ import annotations

PAGES = {
    "": "Chat",
    "compare": "Compare",
    "vision": "Vision",
    "documents": "Documents",
    "evals": "Evals",
    "reliability": "Tool reliability",
    "usage": "Usage",
}
"""Path below the app's address, and the words of its link."""
PRIVATE = frozenset({"evals", "usage"})
"""For whoever runs the server: evals are kept there, and usage tells of everybody."""


def links(here: str, *, manage_models: bool) -> str:
    """Links to all pages that a visitor may see, the present one marked."""
    shown = {path: said for path, said in PAGES.items() if manage_models or path not in PRIVATE}
    marks = {path: ' aria-current="page"' if path == here else "" for path in shown}
    inner = "".join(f'<a href="/{path}"{marks[path]}>{said}</a>' for path, said in shown.items())
    return f'<nav class="pages" aria-label="Gemma Playground">{inner}</nav>'


def top(title: str, said: str) -> str:
    """The heading of a page beside the chat. `said` is one or two sentences in HTML."""
    return f'<div class="sheet-top"><h1>{title}</h1><p>{said}</p></div>'
