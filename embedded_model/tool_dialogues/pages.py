"""Questions for web pages: what stands on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, slug
from embedded_model.tool_dialogues.inventions import add_different_words, page_details
from embedded_model.tool_dialogues.messages import Exchange
from embedded_model.tool_dialogues.template import Values, choose, fill
from embedded_model.tool_dialogues.text_files import Block, read_blocks

ENDINGS = [".org", ".com", ".net", ".info", ".example", ".io"]


@dataclass(frozen=True)
class Page:
    """A page with details to fill in, questions with answers, and where such a page may be."""

    path: str
    title: str
    text: str
    asks: tuple[tuple[str, str], ...]
    about: str
    own_host: bool
    hosts: tuple[tuple[str, ...], tuple[str, ...]]
    find: tuple[str, ...]
    found_asks: tuple[tuple[str, str], ...]


def _two(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((question, answer) for question, answer in (line.split(" => ") for line in lines))


def _page(block: Block) -> Page:
    first, second = block.one("hosts").split(" | ")
    return Page(
        path=block.name,
        title=block.one("title"),
        text="\n".join(block.all("text")),
        asks=_two(block.all("asks")),
        about=block.one("about"),
        own_host=bool(block.one("own host")),
        hosts=(tuple(first.split()), tuple(second.split())),
        find=tuple(block.one("find").split(" | ")),
        found_asks=_two(block.all("found asks")),
    )


*_BLOCKS, _ANY = read_blocks("words/pages.txt")
PAGES = [_page(block) for block in _BLOCKS]
BEFORE_A_QUESTION = [""] * 5 + [text + " " for text in _ANY.all("before a question")]


def page_values(page: Page, draw: Draw) -> Values:
    """The details of one such page, with its address."""
    values = page_details(draw)
    add_different_words(values, _texts(page), draw)
    host = _host(page, values, draw)
    title = slug(fill(page.title, values))
    start = f"https://{draw.pick(['www.', ''])}{host}/{page.path}"
    number, other_number = draw.number(2, 990), draw.number(2, 99)
    values["url"] = start + draw.pick(["", f"/{title}", f"/{number}", f"/{title}-{other_number}"])
    return values


def _texts(page: Page) -> list[str]:
    texts = [page.title, page.text, page.about, *(text for pair in page.asks for text in pair)]
    return [text.replace("{url}", "") for text in texts]


def _host(page: Page, values: Values, draw: Draw) -> str:
    if "web_domain" in values:
        return str(values["web_domain"])
    if page.own_host and draw.chance(0.8):
        return slug(fill(page.title, values)) + draw.pick([".org", ".com", ".net", ".example", ".info"])
    first, second = page.hosts
    return draw.pick(first) + draw.pick(["", "-"]) + draw.pick(second) + draw.pick(ENDINGS)


def page_exchange(draw: Draw) -> Exchange:
    """A question for a page, or for all that it says; and the answer from its text."""
    page = draw.next_of("pages", PAGES)
    values = page_values(page, draw)
    content = fill(page.text, values)
    if draw.chance(0.3):
        title, *lines = content.split("\n")
        content = json.dumps({"title": title, "text": " ".join(lines)}, ensure_ascii=False)
    if draw.chance(0.55):
        question, answer = draw.pick(page.asks)
        request, start = fill(question, values), draw.pick(BEFORE_A_QUESTION)
        request = start + (capitalised(request) if start or draw.chance(0.6) else request)
    else:
        request, answer = fill(choose(draw.next_of("any page", _ANY.all("asks")), draw), values), page.about
    answer = capitalised(fill(answer, values))
    return Exchange(TOOLS["fetch_page"], request, {"url": values["url"]}, content, answer)
