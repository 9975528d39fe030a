"""Cold start: seconds from a fresh process to the first token.

The files lie in the operating system's cache: a disk's speed is no business of ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bench.app_server import AppServer
from bench.lab import BITS, Lab
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing
from playground.backends.embedded import EMBEDDED, INSTALL, EmbeddedModel
from playground.engine.cache import VARIABLE

TITLE = "Cold start"
UNIT = "s to the first token"
FIRST, AGAIN = "model loaded for the first time", "model loaded again"
APP_FIRST, APP_AGAIN = "python app.py, embedded model, first start", "python app.py, embedded model, later start"


def run(lab: Lab) -> Iterator[Row]:
    """The app with the embedded model; then each peer with the measured shape, ours twice."""
    with _empty_cache():
        yield _app(APP_FIRST, 1)
        yield _app(APP_AGAIN, lab.rounds(3))
    with _empty_cache():
        for bits in BITS:
            for name in ("ours", "generate", "llama.cpp") if bits == "bf16" else ("ours", "llama.cpp"):
                for case in (FIRST, AGAIN) if name == "ours" else (AGAIN,):
                    yield _load(lab, case, name, bits)


def _app(case: str, rounds: int) -> Row:
    values = []
    try:
        if not EmbeddedModel().is_installed:
            raise Missing(f"the embedded model is not installed; {INSTALL}")
        for _ in range(rounds):
            with AppServer(EMBEDDED) as app:
                values.append(app.start_s + app.first_piece_s("Hello!"))
    except (Missing, RuntimeError) as error:
        return Row(case, "ours", "bf16", UNIT, missing=str(error), more_is_better=False)
    return Row(case, "ours", "bf16", UNIT, values, more_is_better=False)


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
    before = os.environ.get(VARIABLE)
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            if before is not None:
                os.environ[VARIABLE] = before
