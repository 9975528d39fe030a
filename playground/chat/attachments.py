"""Attached files become text of the message: texts of any encoding, and the text of PDFs. Pictures: see `images.py`.

Nothing is cut here: whether the text fits the context is counted later, with figures the person can act on.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from playground.chat.pdf_text import read_pdf
from playground.errors import UnsupportedInput
from playground.messages import Text
from tools.text_encoding import decode, is_binary

MAX_BYTES = 10_000_000
MAX_NAME_CHARS = 100
PDF_MARK = b"%PDF-"


def is_readable(data: bytes) -> bool:
    """Whether the bytes are of a kind that `read_attachment` takes: text or PDF, whatever the file is called."""
    return is_pdf(data) or (bool(data) and not is_binary(data))


def is_pdf(data: bytes) -> bool:
    """Whether the bytes are a PDF."""
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(PDF_MARK)


def read_attachment(data: bytes, name: str) -> Text:
    """The file's text under its name, fenced so that the model sees where it begins and ends.

    Raises: UnsupportedInput saying what is wrong with the file and what to do.
    """
    name = shown_name(name)
    check_size(data, name)
    return _fenced(name, read_pdf(data, name) if is_pdf(data) else read_text(data, name))


def check_size(data: bytes, name: str) -> None:
    """Refuse a file that is empty or larger than `MAX_BYTES`.

    Raises: UnsupportedInput.
    """
    if not data:
        raise _refused(f"{name} is empty (0 bytes). Choose the file again.")
    if len(data) > MAX_BYTES:
        size = f"{len(data) / 1e6:.1f} MB; {MAX_BYTES / 1e6:g} MB"
        raise _refused(f"{name} has {size} of text is the most. Attach the part that matters.")


def read_text(data: bytes, name: str) -> str:
    """A text of any encoding, its lines ended by newlines.

    Raises: UnsupportedInput when it is none, or empty.
    """
    if is_binary(data):
        raise _refused(f"{name} is not a text. Texts, code, tables as CSV, PDFs and pictures can be attached.")
    text = decode(data).replace("\r\n", "\n")
    if not text.strip():
        raise _refused(f"{name} holds nothing but white space. Choose another file.")
    return text


def fence(text: str, kind: str = "") -> str:
    """The text in a Markdown fence longer than any inside it, so that it cannot end early. `kind` is its language."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    body = text.rstrip("\n")
    return f"{marks}{kind}\n{body}\n{marks}\n"


def _fenced(name: str, text: str) -> Text:
    kind = PurePath(name).suffix.lstrip(".").lower()
    return Text(f"File: {name}\n{fence(text, kind if kind.isalnum() else '')}")


def shown_name(name: str) -> str:
    """The file's name without its folder, in one line that cannot be taken for more than a name."""
    base = re.split(r"[/\\]", name)[-1]
    clean = " ".join(re.sub(r"[\x00-\x1f\x7f`<>]", " ", base).split())
    if len(clean) > MAX_NAME_CHARS:
        clean = f"{clean[: MAX_NAME_CHARS - 20]}…{clean[-19:]}"
    return clean or "file"


def _refused(text: str) -> UnsupportedInput:
    return UnsupportedInput(text, code="bad_attachment")
