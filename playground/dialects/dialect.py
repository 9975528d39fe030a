"""The interface of a dialect: render a turn into pieces, constrain the reply, read the reply back as events.

A dialect knows text and control tokens by name. It knows nothing of token ids, torch models, HTTP or pages.

Pieces keep control tokens and text apart for the whole way to the tokenizer, so text that spells a control token
(in a message, a file or a web page) is always encoded as plain text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from playground.events import Event
from playground.messages import Image
from playground.turn import Turn


@dataclass(frozen=True)
class Special:
    """A control token by the name it has in the vocabulary, such as `<start_of_turn>`."""

    token: str


@dataclass(frozen=True)
class Plain:
    """Text that is never read as a control token, whatever it spells."""

    text: str


@dataclass(frozen=True)
class ImageSlot:
    """An image's place: its opening token, as many soft tokens as the image takes, and its closing token."""

    image: Image


Piece: TypeAlias = Special | Plain | ImageSlot


@dataclass(frozen=True)
class ImageTokens:
    """How a family writes an image: `open`, as many `soft` as the image takes, `close`, with plain text around them."""

    open: str
    soft: str
    close: str
    before: str = ""
    after: str = ""


class Reader(Protocol):
    """Reads one reply as it grows. Any split of the same pieces gives the same concatenated events."""

    @property
    def is_thinking(self) -> bool:
        """Whether what comes next belongs to a thought."""
        ...

    def feed(self, piece: Special | Plain) -> list[Event]:
        """The events that this piece completes."""
        ...

    def finish(self) -> list[Event]:
        """The events for what was held back when the reply ended (a truncated call becomes text, say)."""
        ...


class Dialect(Protocol):
    """One model family's formats."""

    family: str
    turn_token: str
    """The control token that every turn begins with."""
    stop_tokens: tuple[str, ...]
    """Control tokens that end a reply, by name; the checkpoint's generation config may add more."""
    control_tokens: tuple[str, ...]
    """Every control token of the family, by name: text that spells one stays text. Text-only models may lack some."""
    image_tokens: ImageTokens
    """How the family writes an image."""

    @property
    def template_hash(self) -> str:
        """SHA-256 that changes when the rendering changes: part of every run card."""
        ...

    def render(self, turn: Turn) -> tuple[Piece, ...]:
        """The prompt, ending where the model goes on. Adjacent `Plain` pieces are merged.

        Raises: CallerError when the family cannot express the conversation.
        """
        ...

    def grammar(self, turn: Turn) -> str | None:
        """The llguidance Lark grammar of the reply, or None where the reply is free.

        Raises: CallerError naming the JSON Schema keyword that cannot be enforced.
        """
        ...

    def reader(self, turn: Turn) -> Reader:
        """A reader for one reply to this turn."""
        ...


def merge(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Pieces with neighbouring `Plain` texts joined and empty ones dropped.

    Tokenizers merge characters across our joints ("user\\n" + "\\nHi"), so text must reach them in one run.
    """
    merged: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Plain):
            if not piece.text:
                continue
            if merged and isinstance(last := merged[-1], Plain):
                merged[-1] = Plain(last.text + piece.text)
                continue
        merged.append(piece)
    return tuple(merged)


def spell(pieces: Iterable[Piece], image: str = "<image>") -> str:
    """The pieces as one readable text: for goldens, debug views and run cards. `image` stands for each image."""
    texts: list[str] = []
    for piece in pieces:
        match piece:
            case Special(token):
                texts.append(token)
            case Plain(text):
                texts.append(text)
            case ImageSlot():
                texts.append(image)
    return "".join(texts)
