"""How much memory a process had resident at most."""

from __future__ import annotations

import os
import re
from pathlib import Path


def peak_bytes(process: int | None = None) -> int:
    """Of `process`, this one by default.

    Raises: Missing where the system does not say, which is anywhere but on Linux.
    """
    from bench.writing import Missing

    status = Path(f"/proc/{process or os.getpid()}/status")
    if not status.exists():
        raise Missing(f"{status} is not there: peak memory is read on Linux only")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
    if found is None:
        raise Missing(f"{status} has no VmHWM")
    return int(found[1]) * 1024
