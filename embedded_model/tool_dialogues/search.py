"""Questions for the web search, the results it gives, and answers that name the result they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import capitalised, slug, uncapitalised
from embedded_model.tool_dialogues.inventions import add_words, details
from embedded_model.tool_dialogues.messages import Exchange
from embedded_model.tool_dialogues.template import choose, fill, names
from embedded_model.tool_dialogues.text_files import read_lists

_LISTS = read_lists("search")


def _rows(name: str) -> list[list[str]]:
    return [line.split(" | ") for line in _LISTS[name]]


FACTS = _rows("facts")
INVENTIONS = _rows("inventions")
BESIDE_FACTS = _rows("pages beside a fact")
BESIDE_INVENTIONS = _rows("pages beside an invention")
CONVERSIONS = _rows("conversions")
BEFORE_A_QUESTION = [""] * 5 + [text + " " for text in _LISTS["before a question"]]
LOWERED_WITHIN = frozenset(_LISTS["start in lower case within a sentence"])
SMALL_FIRST_WORDS = ("search", "google", "please", "web", "online")


class Hit(NamedTuple):
    """One result of a search."""

    title: str
    url: str
    snippet: str


@dataclass(frozen=True)
class Find:
    """Something to search for, questions for it, and the page that answers them."""

    subject: str
    query: str
    questions: list[str]
    hit: Hit
    answer: str
    beside: Sequence[Sequence[str]]


def results_text(hits: Sequence[Hit]) -> str:
    """The results as the tool returns them, numbered."""
    return "\n".join(f"[{at}] {hit.title} - {hit.url}\n{hit.snippet}" for at, hit in enumerate(hits, start=1))


def beside(subject: str, pages: Sequence[Sequence[str]], number: int, draw: Draw) -> list[Hit]:
    """Pages that say little about a subject."""
    return [
        Hit(title.replace("{T}", capitalised(subject)).replace("{t}", subject), f"https://{host}/{slug(subject)}", text)
        for title, host, text in draw.sample(pages, number)
    ]


def _fact(row: Sequence[str], draw: Draw) -> Find:
    subject, query, questions, title, host, snippet, answer = row
    url = f"https://{draw.pick(['www.', ''])}{host}/{slug(title)}"
    asked = [question.strip() for question in questions.split("//")]
    return Find(subject, query, asked, Hit(title, url, snippet), answer, BESIDE_FACTS)


def _invention(row: Sequence[str], draw: Draw) -> Find:
    values = details(draw)
    add_words(values, row, draw)
    questions, query, title, host, snippet, answer = (fill(text, values) for text in row)
    url = f"https://{draw.pick(['www.', ''])}{host}/{draw.pick(['', slug(title), slug(query)])}"
    subject = fill(f"{{{names(row[1])[0]}}}", values)
    asked = [question.strip() for question in questions.split("//")]
    return Find(subject, query, asked, Hit(title, url, snippet), answer, BESIDE_INVENTIONS)


def _next_find(draw: Draw) -> Find:
    """Rather one that has not come up often; what is invented may come up once more."""
    for _ in range(30):
        fact = draw.chance(0.42)
        row = draw.pick(FACTS if fact else INVENTIONS)
        fewest = min(draw.uses["search", other[1]] for other in FACTS + INVENTIONS)
        if draw.uses["search", row[1]] <= fewest + (0 if fact else 1) or draw.chance(0.15):
            break
    draw.uses["search", row[1]] += 1
    return _fact(row, draw) if fact else _invention(row, draw)


def _request(find: Find, draw: Draw) -> str:
    if draw.chance(0.42):
        request = fill(choose(draw.pick(_LISTS["asks"]), draw), {"query": find.query})
        if draw.chance(0.85) and not request.startswith(SMALL_FIRST_WORDS):
            return capitalised(request)
        return request
    question, start = draw.pick(find.questions), draw.pick(BEFORE_A_QUESTION)
    return start + (capitalised(question) if start else question)


def _answer(find: Find, number: int, draw: Draw) -> str:
    answer = find.answer.replace("[#]", f"[{number}]")
    if draw.chance(0.2):
        host = re.sub(r"https?://(www\.)?", "", find.hit.url).split("/")[0]
        lowered = uncapitalised(answer) if answer.split()[0] in LOWERED_WITHIN else answer
        return draw.pick([f"According to {host}, {lowered}", answer])
    if draw.chance(0.15):
        return answer + draw.pick([f" The page is {find.hit.url}", f" Source: {find.hit.title}."])
    return answer


def search_exchange(draw: Draw) -> Exchange:
    """A question, the results, and an answer from one of them; now and then none of them answers."""
    find = _next_find(draw)
    request = _request(find, draw)
    hits = [find.hit]
    useless = draw.chance(0.07)
    hits = draw.shuffled(hits + beside(find.subject, find.beside, 2 if useless else draw.pick([1, 2, 2]), draw))
    if useless:
        hits = [hit for hit in hits if hit.title != find.hit.title]
        answer = draw.pick(_LISTS["useless"]).replace("{x}", f'"{hits[0].title}"')
    else:
        answer = _answer(find, [hit.title for hit in hits].index(find.hit.title) + 1, draw)
    return Exchange(TOOLS["web_search"], request, {"query": find.query}, results_text(hits), answer)
