"""Where a prompt is cut for prefill.

A chunk ends at the first seam that makes it long enough, else when it is full, and at an image's end where that would
split one. Seams are the places where prompts part from each other: the ends of turns and of instructions. So cuts
depend on what stands before them and on nothing else: two prompts with a common start share the cuts within it, and a
chunk's states can be used for both, bit for bit. And a chat's next prompt parts from the last one at a cut, so that
hardly anything is read again, though long texts are read in chunks of a size that is fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.engine.request import ImageSpan

CHUNK_TOKENS = 512
"""The usual size of a chunk."""
LEAST = 64
"""Tokens from which on a chunk may end at a seam: shorter ones cost a pass over the weights each and save little."""


@dataclass(frozen=True)
class Chunk:
    """Positions `start` to `end`. `key` names the whole prompt up to `end`; None where the prompt ends before a cut."""

    start: int
    end: int
    key: bytes | None
    images: tuple[ImageSpan, ...]


def fingerprint(ids: Sequence[int], images: Sequence[ImageSpan]) -> npt.NDArray[np.int64]:
    """One number per position, equal where token and image are equal: ids, and negative numbers for images."""
    marks = np.array(ids, dtype=np.int64)
    for image in images:
        digest = hashlib.sha256(image.digest.encode()).digest()
        marks[image.start : image.start + image.length] = -1 - int.from_bytes(digest[:7], "big")
    return marks


def split(ids: Sequence[int], images: Sequence[ImageSpan], size: int, seams: Sequence[int] = ()) -> tuple[Chunk, ...]:
    """The prompt's chunks of at most `size` tokens, or an image, in order. Only the last may lack a key."""
    marks = fingerprint(ids, images)
    chunks: list[Chunk] = []
    start, parent = 0, b""
    while start < len(ids):
        end = _cut(start, images, size, seams)
        inside = tuple(image for image in images if start <= image.start < end)
        key = _key(parent, marks[start:end], inside) if end <= len(ids) else None
        chunks.append(Chunk(start, min(end, len(ids)), key, inside))
        start, parent = end, key or b""
    return tuple(chunks)


def _cut(start: int, images: Sequence[ImageSpan], size: int, seams: Sequence[int]) -> int:
    """The first cut after `start`."""
    cut = next((seam for seam in seams if start + LEAST <= seam < start + size), start + size)
    for image in images:
        if image.start < cut < image.start + image.length:
            return image.start + image.length
    return cut


def _key(parent: bytes, marks: npt.NDArray[np.int64], images: Sequence[ImageSpan]) -> bytes:
    key = hashlib.blake2b(parent, digest_size=32)
    key.update(marks.tobytes())
    for image in images:
        key.update(image.digest.encode() + b"\0")
    return key.digest()
