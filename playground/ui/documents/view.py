"""A document's pages, an answer with its links to them, and what the pages cost, as HTML and Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from playground.backends.backend import TokenCount
from playground.chat.documents import CITATION, Document, written
from playground.messages import Image
from playground.ui.markdown import safe_markdown
from playground.ui.pictures import PictureFiles

MOST_SHOWN = 200
MOST_CHARS = 4000
"""Of a page's text that is shown; the model gets all of it."""
NEARLY_FULL = 0.8


def answer_markdown(text: str, numbers: Sequence[int]) -> str:
    """The answer with each citation of a page that was given as a link to it; others stay text."""
    given = set(numbers)

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        return f"[&#91;{found[0][1:-1]}&#93;](#page-{number})" if number in given else found[0]

    return CITATION.sub(link, safe_markdown(text))


def conversation_markdown(exchanges: Sequence[Sequence[str]], numbers: Sequence[int]) -> str:
    """Questions and answers in order."""
    return "\n\n".join(
        f"#### {' '.join(safe_markdown(question).split())}\n\n{answer_markdown(answer, numbers)}"
        for question, answer in exchanges
    )


def cost_html(document: Document, numbers: Sequence[int], count: TokenCount) -> str:
    """What the pages and the question take of the model's context."""
    share = count.total / count.context
    kind = "over" if share >= 1 else "nearly" if share > NEARLY_FULL else ""
    fits = " · more than the model can read: choose fewer pages" if share >= 1 else ""
    pictures = f", {count.images:,} of them for pictures" if count.images else ""
    bar = f'<span class="meter-bar"><i style="width:{min(share, 1):.1%}"></i></span>'
    return (
        f'<div class="meter {kind}" role="status">{bar}'
        f"<span>Pages {written(numbers)} of {len(document.pages):,} · {count.total:,} of {count.context:,} tokens"
        f"{pictures}{fits}</span></div>"
    )


def pages_html(document: Document, numbers: Sequence[int], images: Sequence[Image], pictures: PictureFiles) -> str:
    """The chosen pages: each with its picture where there is one, and its text. `images` are of the first ones."""
    rows = []
    for place, number in enumerate(numbers[:MOST_SHOWN]):
        text = document.pages[number - 1]
        shown = html.escape(text[:MOST_CHARS]) + (" …" if len(text) > MOST_CHARS else "")
        picture = f'<img src="{pictures.url(images[place])}" alt="" loading="lazy">' if place < len(images) else ""
        body = f"<pre tabindex=0>{shown}</pre>" if shown else "<p>No text on this page.</p>"
        if picture:
            body = f"{picture}<details><summary>Text</summary>{body}</details>"
        rows.append(f'<section id="page-{number}" tabindex="-1"><h3>Page {number}</h3>{body}</section>')
    more = len(numbers) - MOST_SHOWN
    rest = f"<p>{more:,} more pages are given to the model and not shown here.</p>" if more > 0 else ""
    return f'<div class="paper">{"".join(rows)}</div>{rest}'
