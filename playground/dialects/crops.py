"""Pictures with crops beside them ("pan and scan"), as Gemma 3's processor writes them into a prompt.

Source: transformers' `Gemma3Processor` (models/gemma3/processing_gemma3.py, 5.24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from playground.dialects.dialect import ImageSlot, Piece, Plain, merge
from playground.messages import Image

BEFORE = "Here is the original image "
BETWEEN = " and here are some crops to help you see better "


def with_crops(pieces: Iterable[Piece], crops: Callable[[Image], Sequence[Image]]) -> tuple[Piece, ...]:
    """A rendered prompt in which each picture that has crops is followed by them; the rest stays as it is."""
    return merge(written for piece in pieces for written in _written(piece, crops))


def _written(piece: Piece, crops: Callable[[Image], Sequence[Image]]) -> Iterator[Piece]:
    parts = crops(piece.image) if isinstance(piece, ImageSlot) else ()
    if not parts:
        yield piece
        return
    yield Plain(BEFORE)
    yield piece
    yield Plain(BETWEEN)
    for number, part in enumerate(parts):
        yield Plain(" " if number else "")
        yield ImageSlot(part)
