"""The SHA-256 of large files, remembered from one start to the next: reading gigabytes again tells nothing new.

A file counts as the same while its path, size, inode and time of change are. One changed only moments ago is not
remembered yet: another change could leave it with the same time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock

from playground.engine.cache import cache_folder

log = logging.getLogger(__name__)

Seen: TypeAlias = Callable[[int], None]
"""Hears of every block's bytes, and may raise to stop."""
LARGE_BYTES = 1 << 20
"""Smaller files are read again: that takes no time."""
SETTLED_SECONDS = 2.0
MOST_REMEMBERED = 500
BLOCK_BYTES = 8 << 20


def file_sum(path: Path, seen: Seen = lambda _: None) -> str:
    """SHA-256 of a file's contents as 64 hex digits.

    Raises: OSError when it cannot be read; whatever `seen` raises.
    """
    state = path.stat()
    if state.st_size < LARGE_BYTES:
        return _read(path, seen)
    identity = [state.st_size, state.st_mtime_ns, state.st_ino]
    key = str(path.absolute())
    known = _remembered().get(key)
    if known is not None and known[:-1] == identity:
        seen(state.st_size)
        return str(known[-1])
    found = _read(path, seen)
    if time.time() - state.st_mtime > SETTLED_SECONDS:
        _remember(key, [*identity, found])
    return found


def _read(path: Path, seen: Seen) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            seen(len(block))
    return digest.hexdigest()


def _place() -> Path:
    return cache_folder() / "sums.json"


def _remembered() -> dict[str, list[int | str]]:
    """What earlier starts found; nothing where the file is not there or not as it was written."""
    try:
        found = json.loads(_place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, list) and len(value) == 4}


def _remember(key: str, entry: list[int | str]) -> None:
    """A folder that cannot be written is no error: the next start is slower."""
    place = _place()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{place}.lock"):
            known = _remembered()
            known.pop(key, None)
            kept = [*known.items(), (key, entry)][-MOST_REMEMBERED:]
            unfinished = place.with_suffix(".part")
            unfinished.write_text(json.dumps(dict(kept)), encoding="utf-8")
            unfinished.replace(place)
    except OSError as error:
        log.warning("%s could not be written, so files will be read again: %s", place, error)
