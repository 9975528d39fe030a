"""A document as numbered pages, the pages somebody chose, and the question that a model is asked about them.

Knows nothing of tokens or of pages in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from playground.chat.attachments import check_size, fence, is_pdf, read_text, shown_name
from playground.chat.pdf_pictures import draw_pages
from playground.chat.pdf_text import read_pages
from playground.errors import CallerError
from playground.messages import Image, Message, Part, Text, user

How: TypeAlias = Literal["text", "pictures", "both"]
LINES_PER_PAGE = 60
"""Of texts that have no pages of their own."""
RULE = "Answer from the document. After each statement write the page that it is from, such as [p. 3]."
CITATION = re.compile(r"\[pp?\.\s*(\d{1,4})[^\]\n]{0,30}\]")


@dataclass(frozen=True)
class Document:
    """A file's pages as text. `data` is the file, for the pictures of a PDF's pages."""

    name: str
    pages: tuple[str, ...]
    is_pdf: bool
    data: bytes = field(repr=False)


def read_document(data: bytes, name: str) -> Document:
    """A PDF, or a text of any kind, as pages: of a text, `LINES_PER_PAGE` lines each, or what form feeds part.

    Raises: UnsupportedInput saying what is wrong with the file.
    """
    name = shown_name(name)
    check_size(data, name)
    if is_pdf(data):
        return Document(name, read_pages(data, name), True, data)
    return Document(name, tuple(_cut(read_text(data, name))), False, data)


def read_page_numbers(text: str, count: int) -> tuple[int, ...]:
    """The pages of a choice such as "1-3, 7", in the order of the document; all for an empty one.

    Raises: CallerError naming what cannot be read or is not there.
    """
    chosen: set[int] = set()
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        found = re.fullmatch(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?", part)  # noqa: RUF001 - people write the dash
        if found is None:
            raise CallerError(f"The pages hold {part[:40]!r}. Write numbers and ranges, such as 1-3, 7.", param="pages")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= count:
            raise CallerError(f"There is no page {part} in a document of {count} pages.", param="pages")
        chosen.update(range(first, last + 1))
    return tuple(sorted(chosen)) or tuple(range(1, count + 1))


def written(numbers: Sequence[int]) -> str:
    """Page numbers as people write them: 1-3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def question_about(document: Document, numbers: Sequence[int], how: str, question: str) -> Message:
    """The first question about the pages. They stand before it, so that later questions find them in the cache.

    Raises: CallerError for a `how` that is none, or pages without text; UnsupportedInput when they cannot be drawn.
    """
    if how not in get_args(How):
        raise CallerError(f"Pages cannot be given as {how!r}. Choose one of: {', '.join(get_args(How))}.", param="how")
    given = [document.pages[number - 1] for number in numbers]
    with_text = how != "pictures" or not document.is_pdf
    pictures = pictures_of(document, numbers) if how != "text" else ()
    if with_text and not pictures and not any(given):
        raise CallerError(
            f"The pages of {document.name} hold no text, only pictures. Give them as pictures.", param="how"
        )
    parts: list[str | Part] = [
        f"Document: {document.name}, {len(document.pages)} pages. Given are pages {written(numbers)}.\n"
    ]
    for place, (number, text) in enumerate(zip(numbers, given, strict=True)):
        parts.append(f"\n[p. {number}]\n{fence(text) if with_text and text else ''}")
        if pictures:
            parts.append(pictures[place])
    parts.append(f"\n{RULE}\n\n{question}")
    return user(*_joined(parts))


def pictures_of(document: Document, numbers: Sequence[int]) -> tuple[Image, ...]:
    """Pictures of these pages; none of a document that has only text.

    Raises: UnsupportedInput when they cannot be drawn.
    """
    return draw_pages(document.data, document.name, tuple(numbers)) if document.is_pdf else ()


def cited(text: str) -> tuple[int, ...]:
    """The page numbers that an answer cites, each once, in the order in which they come."""
    return tuple(dict.fromkeys(int(found[1]) for found in CITATION.finditer(text)))


def _cut(text: str) -> list[str]:
    """Pages of a text."""
    pages = []
    for sheet in text.split("\f"):
        lines = sheet.split("\n")
        pages += ["\n".join(lines[at : at + LINES_PER_PAGE]).strip("\n") for at in range(0, len(lines), LINES_PER_PAGE)]
    return [page for page in pages if page.strip()]


def _joined(parts: Sequence[str | Part]) -> list[Part]:
    """Neighbouring texts as one part."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part)
        else:
            joined.append(Text(part) if isinstance(part, str) else part)
    return joined
