"""One document, the chosen pages, and a question: what is sent, and the answer while it grows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from playground.backends.backend import Backend, TokenCount
from playground.chat.documents import Document, question_about, read_document, read_page_numbers
from playground.errors import CallerError
from playground.messages import Message, assistant, user
from playground.options import parse_options
from playground.turn import Signals, Turn
from playground.ui.one_answer import MOST_TOKENS, AnswerSoFar, ask_once
from playground.ui.services import Services
from playground.usage_log import Caller

NOTHING_ASKED = "Nothing is asked yet. Type a question about the document."
NO_DOCUMENT = "There is no document yet. Choose a PDF, a text, code, Markdown or a table as CSV."


@dataclass(frozen=True)
class Inquiry:
    """A question about pages. `before` are earlier questions and answers about the same pages."""

    document: Document
    numbers: tuple[int, ...]
    how: str
    question: str
    before: tuple[tuple[str, str], ...] = ()
    model: str | None = None
    temperature: float = 0.0
    seed: int | None = 0
    max_tokens: int = MOST_TOKENS


def open_document(path: str | None) -> Document:
    """An upload as a document.

    Raises: CallerError when there is none; UnsupportedInput saying what is wrong with it.
    """
    if not path:
        raise CallerError(NO_DOCUMENT, param="document")
    return _read(Path(path).read_bytes(), Path(path).name)


def chosen(document: Document, pages: str) -> tuple[int, ...]:
    """The pages of a choice such as "1-3, 7".

    Raises: CallerError.
    """
    return read_page_numbers(pages or "", len(document.pages))


def turn_of(inquiry: Inquiry) -> Turn:
    """What the model is asked.

    Raises: CallerError; UnsupportedInput.
    """
    questions = [question for question, _ in inquiry.before] + [inquiry.question]
    messages: list[Message] = [question_about(inquiry.document, inquiry.numbers, inquiry.how, questions[0])]
    for (_, answer), question in zip(inquiry.before, questions[1:], strict=True):
        messages += [assistant(answer), user(question)]
    values = {"temperature": inquiry.temperature, "seed": inquiry.seed, "max_tokens": inquiry.max_tokens}
    return Turn(tuple(messages), (), parse_options(values))


def cost(inquiry: Inquiry, backend: Backend) -> TokenCount:
    """Tokens of the prompt.

    Raises: CallerError; UnsupportedInput when the model reads text only.
    """
    return backend.count_tokens(turn_of(inquiry))


def ask(inquiry: Inquiry, services: Services, caller: str, signals: Signals) -> Iterator[AnswerSoFar]:
    """The answer as it grows; see `ask_once`.

    Raises: PlaygroundError for what is wrong with the inquiry; what fails later is in the last answer.
    """
    if not inquiry.question.strip():
        raise CallerError(NOTHING_ASKED, param="question")
    turn = turn_of(inquiry)
    services.check(turn.messages[0], inquiry.model)
    return ask_once(turn, services, inquiry.model, Caller(caller, "documents"), signals)


def earlier(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Questions and answers as the page and programs hold them.

    Raises: CallerError for anything but pairs of texts.
    """
    if not all(len(row) == 2 and all(isinstance(text, str) for text in row) for row in rows):
        raise CallerError("Earlier exchanges are pairs of texts: [[question, answer], …].", param="history")
    return tuple((question, answer) for question, answer in rows)


@lru_cache(maxsize=8)
def _read(data: bytes, name: str) -> Document:
    """Read once: the page looks at its document whenever something about the question changes."""
    return read_document(data, name)
