"""Bytes of unknown encoding to text."""

from __future__ import annotations

import codecs
import contextlib

from charset_normalizer import from_bytes

GUESSED_BYTES = 65_536
"""How much of a text is looked at to guess its encoding; guessing is slow."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, declared: str | None = None) -> str:
    """The text. A byte order mark wins, then the declared encoding, then UTF-8 if it fits, then the likeliest other.

    Never fails: what cannot be decoded becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if declared:
        # Python's codecs include some that are no text encodings and some that refuse to replace: hex, idna, undefined.
        with contextlib.suppress(LookupError, ValueError):
            return data.decode(declared, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(_guess(data), "replace")


def is_binary(data: bytes) -> bool:
    """Whether the bytes are no text in any usual encoding: they hold control characters that texts do not."""
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return False
    sample = data[:GUESSED_BYTES]
    controls = sum(sample.count(byte) for byte in b"\x00\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10\x11\x12\x14\x15\x16")
    return b"\x00" in sample or controls > len(sample) // 100


def _guess(data: bytes) -> str:
    best = from_bytes(data[:GUESSED_BYTES]).best()
    return best.encoding if best is not None else "cp1252"
