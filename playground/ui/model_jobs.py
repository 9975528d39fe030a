"""Downloads and loads that the Models panel started: they go on when its tab closes, and every tab sees them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.backends.catalogue import Catalogue
from playground.backends.downloads import DownloadProgress
from playground.engine.memory import gigabytes
from playground.engine.weights import LoadStep
from playground.errors import Cancelled, PlaygroundError


@dataclass
class Job:
    """One download or load. `error` is set when it failed; a cancelled one just disappears."""

    doing: str
    share: float | None = None
    words: str = "starting"
    error: str = ""
    over: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)

    def downloaded(self, progress: DownloadProgress) -> None:
        """Note how far a download is."""
        self.share = progress.done / progress.total if progress.total else None
        left = "" if progress.remaining_s is None else f", {_duration(progress.remaining_s)} left"
        speed = f", {gigabytes(int(progress.bytes_per_s))}/s" if progress.bytes_per_s else ""
        self.words = f"{gigabytes(progress.done)} of {gigabytes(progress.total)}{speed}{left}"

    def loaded(self, step: LoadStep) -> None:
        """Note how far a load is."""
        self.share = step.done / step.total if step.total else None
        match step.stage:
            case "reading":
                self.words = f"{gigabytes(step.done)} of {gigabytes(step.total)} read"
            case "unpacking":
                self.words = f"{gigabytes(step.done)} of {gigabytes(step.total)} unpacked, for the first time only"
            case "placing":
                self.words = "placing the weights"


class ModelJobs:
    """At most one job for each model. Safe for several threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Job | None:
        """The model's job that runs, or that failed and was not tried again."""
        return self._jobs.get(name)

    @property
    def running(self) -> bool:
        """Whether any job is still at it."""
        return any(not job.over for job in list(self._jobs.values()))

    def download(self, name: str) -> None:
        """Start to bring a model here, or go on with it."""
        self._start(
            name,
            Job("Downloading"),
            lambda job: self._catalogue.download(name, report=job.downloaded, cancel=job.cancel),
        )

    def load(self, name: str) -> None:
        """Start to load a model."""
        self._start(name, Job("Loading"), lambda job: self._catalogue.load(name, report=job.loaded, cancel=job.cancel))

    def cancel(self, name: str) -> None:
        """End the model's job; what was downloaded is kept."""
        if job := self._jobs.get(name):
            job.cancel.set()

    def cancel_all(self) -> None:
        """End every job, for the server's own end."""
        for job in list(self._jobs.values()):
            job.cancel.set()

    def _start(self, name: str, job: Job, work: Callable[[Job], object]) -> None:
        with self._lock:
            if (earlier := self._jobs.get(name)) is not None and not earlier.over:
                return
            self._jobs[name] = job
        threading.Thread(target=self._run, args=(name, job, work), name=f"{job.doing} {name}", daemon=True).start()

    def _run(self, name: str, job: Job, work: Callable[[Job], object]) -> None:
        try:
            work(job)
        except Cancelled:
            pass
        except PlaygroundError as error:
            job.error = error.message
        except Exception as error:
            job.error = f"{job.doing} {name} failed: {error!r}."
            raise
        finally:
            job.over = True
            if not job.error:
                self._jobs.pop(name, None)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
