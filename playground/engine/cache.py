"""The folder in which this program keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "PLAYGROUND_CACHE_FOLDER"
"""Set by hand, or by `app.py` from its settings: helpers that are started as processes of their own see it too."""


def cache_folder() -> Path:
    """The folder that was chosen, or one in the user's cache. It need not be there yet."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gemma-playground"
