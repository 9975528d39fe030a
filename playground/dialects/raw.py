"""Prompts that the caller writes whole, template and all; and replies that are read as they stand."""

from __future__ import annotations

import re

from playground.dialects.dialect import Dialect, Piece, Plain, Special, merge
from playground.events import Event, TextDelta

BOS = "<bos>"


def raw_pieces(text: str, dialect: Dialect) -> tuple[Piece, ...]:
    """The text with its control tokens as such, after `<bos>`, which every Gemma prompt begins with.

    Those of images stay text: no image would stand behind them.
    """
    image = dialect.image_tokens
    tokens = [token for token in dialect.control_tokens if token not in (image.open, image.soft, image.close)]
    pieces: list[Piece] = [] if text.startswith(BOS) else [Special(BOS)]
    for part in re.split("(" + "|".join(map(re.escape, tokens)) + ")", text):
        pieces.append(Special(part) if part in tokens else Plain(part))
    return merge(pieces)


class RawReader:
    """Implements `Reader`: everything is text."""

    is_thinking = False

    def feed(self, piece: Special | Plain) -> list[Event]:
        """See `Reader.feed`."""
        return [TextDelta(piece.token if isinstance(piece, Special) else piece.text)]

    def finish(self) -> list[Event]:
        """See `Reader.finish`."""
        return []
