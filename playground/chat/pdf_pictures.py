"""Pages of a PDF as pictures, drawn by a program of its own within limits on time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from playground.errors import UnsupportedInput
from playground.images import read_image
from playground.messages import Image

MOST_PAGES = 60
"""Drawn at once; each takes 256 tokens or more of a context."""
SIDE = 1600
"""Pixels of a page's longest side: small print can be read, and crops of it."""
TIMEOUT_S = 60.0
ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=4)
def draw_pages(data: bytes, name: str, numbers: tuple[int, ...], timeout_s: float = TIMEOUT_S) -> tuple[Image, ...]:
    """The pages of these numbers, from 1, as pictures.

    Raises: UnsupportedInput when they are too many, or cannot be drawn within the limits.
    """
    if len(numbers) > MOST_PAGES:
        raise _refused(f"{len(numbers)} pages are to be drawn; {MOST_PAGES} is the most. Choose fewer pages, or text.")
    if not numbers:
        return ()
    with tempfile.TemporaryDirectory(prefix="gemma-playground-pdf-") as folder:
        (Path(folder) / "document.pdf").write_bytes(data)
        _run(folder, name, numbers, timeout_s)
        try:
            return tuple(read_image((Path(folder) / f"{number}.png").read_bytes(), name) for number in numbers)
        except FileNotFoundError as error:
            raise _refused(f"{name} is damaged: page {Path(error.filename).stem} cannot be drawn.") from error


def _run(folder: str, name: str, numbers: Sequence[int], timeout_s: float) -> None:
    command = [sys.executable, "-m", "playground.chat.pdf_drawing", folder, str(SIDE), *map(str, numbers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(
            f"The pages of {name} could not be drawn within {timeout_s:g} seconds. Choose fewer pages, or text."
        ) from error
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise _refused(
            f"The pages of {name} cannot be drawn ({said[-1][:200] if said else 'the reader crashed'}). "
            "Send an intact copy without a password, or choose text."
        )


def _refused(text: str) -> UnsupportedInput:
    return UnsupportedInput(text, code="bad_attachment")
