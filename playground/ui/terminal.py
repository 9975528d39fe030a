"""How far a download or a load is, as one line of the terminal that is written over."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from playground.backends.downloads import DownloadProgress
from playground.engine.weights import LoadStep
from playground.ui.model_jobs import Job


@dataclass
class ProgressLine:
    """Writes to `out` at most every `interval_s`; nothing when it is no terminal, where it would fill a log."""

    name: str
    out: TextIO = field(default_factory=lambda: sys.stderr)
    interval_s: float = 0.2
    _written_at: float = 0.0

    def downloaded(self, progress: DownloadProgress) -> None:
        """Show a download."""
        job = Job("Downloading")
        job.downloaded(progress)
        self._write(job)

    def loaded(self, step: LoadStep) -> None:
        """Show a load."""
        job = Job("Loading")
        job.loaded(step)
        self._write(job)

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._written_at:
            self.out.write("\r\x1b[K")
            self.out.flush()

    def _write(self, job: Job) -> None:
        now = time.monotonic()
        if self.out.isatty() and now - self._written_at >= self.interval_s:
            self._written_at = now
            share = f"{job.share:4.0%} " if job.share is not None else ""
            self.out.write(f"\r\x1b[K{job.doing} {self.name}: {share}{job.words}")
            self.out.flush()
