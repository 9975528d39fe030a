"""The text of a PDF, page by page, within limits on time and length."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pypdf
from pypdf.errors import PyPdfError

from playground.errors import UnsupportedInput
from tools.time_limit import OutOfTime, run_within

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the file: people's text is not for logs

MAX_PAGES = 1000
MAX_CHARS = 5_000_000
TIMEOUT_S = 60.0


def read_pdf(data: bytes, name: str, timeout_s: float = TIMEOUT_S) -> str:
    """The text with a mark before each page, such as `[Page 1]`. Pages without text are left out.

    Raises: UnsupportedInput when the file is locked, damaged, too long, or holds pictures of text only.
    """
    texts = read_pages(data, name, timeout_s)
    pages = [f"[Page {number}]\n{text}" for number, text in enumerate(texts, start=1) if text]
    if not pages:
        raise _refused(f"{name} has no text in it, only pictures of pages. Attach the pages as pictures instead.")
    return "\n\n".join(pages)


def read_pages(data: bytes, name: str, timeout_s: float = TIMEOUT_S) -> tuple[str, ...]:
    """The text of each page, "" for those without.

    Raises: UnsupportedInput when the file is locked, damaged or too long.
    """
    given_up = threading.Event()
    try:
        return run_within(timeout_s, lambda: tuple(_pages(data, name, given_up)))
    except OutOfTime as error:
        given_up.set()
        raise _refused(
            f"{name} could not be read within {timeout_s:g} seconds. Attach the pages that matter."
        ) from error
    except UnsupportedInput:
        raise
    # Readers of hostile files raise nearly anything; all of it means that the file is not as it should be.
    except Exception as error:
        raise _refused(
            f"{name} is damaged and cannot be read ({error or type(error).__name__}). Send an intact copy."
        ) from error


def _pages(data: bytes, name: str, given_up: threading.Event) -> Iterator[str]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not _opens(reader):
        raise _refused(f"{name} is locked with a password. Save it without one, and attach it again.")
    if len(reader.pages) > MAX_PAGES:
        raise _refused(
            f"{name} has {len(reader.pages):,} pages; {MAX_PAGES:,} is the most. Attach the part that matters."
        )
    length = 0
    for page in reader.pages:
        if given_up.is_set():
            return
        text = page.extract_text().strip()
        length += len(text)
        if length > MAX_CHARS:
            raise _refused(f"{name} has more than {MAX_CHARS:,} characters. Attach the part that matters.")
        yield text


def _opens(reader: pypdf.PdfReader) -> bool:
    """Whether the file opens without a password, as those do that only forbid printing."""
    try:
        return reader.decrypt("") != pypdf.PasswordType.NOT_DECRYPTED
    except (PyPdfError, NotImplementedError):  # a cipher that this machine lacks
        return False


def _refused(text: str) -> UnsupportedInput:
    return UnsupportedInput(text, code="bad_attachment")
