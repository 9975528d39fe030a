"""Cold start: seconds from a fresh process to the first token.

The files lie in the operating system's cache: a disk's speed is no business of ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bench.app_server import AppServer
from bench.demo import demo_folder
from bench.lab import BITS, Lab
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing

TITLE = "Cold start"
CACHE = "PLAYGROUND_CACHE"
"""The variable that names the folder for compiled kernels and packed weights."""
UNIT = "s to the first token"
FIRST, AGAIN, APP = "model loaded for the first time", "model loaded again", "python app.py, demo model"


def run(lab: Lab) -> Iterator[Row]:
    """The app with the demo model; then each peer with the measured shape, ours twice."""
    yield _app(lab)
    with _empty_cache():
        for bits in BITS:
            for name in ("ours", "generate", "llama.cpp") if bits == "bf16" else ("ours", "llama.cpp"):
                for case in (FIRST, AGAIN) if name == "ours" else (AGAIN,):
                    yield _load(lab, case, name, bits)


def _app(lab: Lab) -> Row:
    values = []
    try:
        demo_folder()
        for _ in range(lab.rounds(3)):
            with AppServer("demo") as app:
                values.append(app.start_s + app.first_piece_s("Hello!"))
    except (Missing, RuntimeError) as error:
        return Row(APP, "ours", "bf16", UNIT, missing=str(error), more_is_better=False)
    return Row(APP, "ours", "bf16", UNIT, values, more_is_better=False)


def _load(lab: Lab, case: str, name: str, bits: str) -> Row:
    try:
        with Remote(name, lab.spec(bits)) as remote:
            written = remote.write(Job([lab.ids(8, 1)], 1))
            return Row(case, name, bits, UNIT, [remote.loaded.load_s + written.first_s], more_is_better=False)
    except (Missing, Failure) as error:
        return Row(case, name, bits, UNIT, missing=str(error), more_is_better=False)


@contextmanager
def _empty_cache() -> Iterator[None]:
    """Within it, what our engine keeps for its next start begins with nothing."""
    before = os.environ.get(CACHE)
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as folder:
        os.environ[CACHE] = folder
        try:
            yield
        finally:
            del os.environ[CACHE]
            if before is not None:
                os.environ[CACHE] = before
