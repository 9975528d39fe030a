"""Draws pages of a PDF, as a program of its own: PDFium is native code, and what it reads is hostile.

    python -m playground.chat.pdf_drawing FOLDER SIDE NUMBER…

draws the pages of FOLDER/document.pdf, SIDE pixels at the longest side, to FOLDER/NUMBER.png. Pages count from 1. It
gives itself a limit of memory and of CPU seconds, and so ends without harm to the app, which says what went wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pypdfium2

MEMORY_BYTES = 3 * 2**30
CPU_S = 60
POINTS_PER_PIXEL_MAX = 8.0
"""How far a tiny page is enlarged at most."""


def main(folder: str, side: int, *numbers: int) -> None:
    """Draw the pages."""
    _limit()
    document = pypdfium2.PdfDocument(Path(folder) / "document.pdf")
    for number in numbers:
        page = document[number - 1]
        longest = max(*page.get_size(), 1.0)
        bitmap = page.render(scale=min(side / longest, POINTS_PER_PIXEL_MAX))
        bitmap.to_pil().convert("RGB").save(Path(folder) / f"{number}.png", compress_level=1)
        bitmap.close()
        page.close()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has none; the time limit of the caller holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:]))
