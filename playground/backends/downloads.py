"""Download a model from the hub into its ordinary cache: with progress, stopped at once, resumed where it broke off.

The files are fetched here and not by huggingface_hub: since version 1.x (read and tried in 2.4) it drops a partial
file when its download ends early, so a broken connection at 7 of 8 GB would start again at nought. Finished files are
put under the names that its cache gives them, checked against their hashes; huggingface_hub then files them.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import filelock
import httpx
import huggingface_hub
from huggingface_hub.utils import tqdm

from playground.backends.hub import Hub, RemoteFile, RemoteModel, is_hub_id
from playground.engine.memory import gigabytes
from playground.errors import Cancelled, ModelUnavailable

BLOCK_BYTES = 1 << 20
FILES_AT_ONCE = 4
TICK_S = 0.2
"""How often progress is reported and the cancel flag looked at."""
SPEED_WINDOW_S = 5.0
ATTEMPTS = 5
"""Tries in a row that bring no new byte before a download gives up."""
LAST_WRITES_S = 1.0
"""How long a stopped download waits for its threads; one that still connects has no file open."""
DISK_RESERVE_BYTES = 500_000_000
TIMEOUT = httpx.Timeout(10.0, read=30.0)
Result = TypeVar("Result")


@dataclass(frozen=True)
class DownloadProgress:
    """Bytes on this machine and in all, how fast they come, and how long the rest takes (None: not known yet)."""

    done: int
    total: int
    bytes_per_s: float
    remaining_s: float | None


Report: TypeAlias = Callable[[DownloadProgress], None]


def download(
    hub: Hub,
    hub_id: str,
    *,
    report: Report = lambda _: None,
    cancel: threading.Event | None = None,
    retry_s: float = 1.0,
) -> Path:
    """Fetch what is missing of a model; gives the folder with its files. `retry_s` is the first pause after a fault.

    A file of another size than the hub's counts as missing. Where nothing seems to be missing, whoever asks for the
    download doubts the files: all are read and compared with their hashes, and what is damaged comes again.

    Raises: ModelUnavailable with the cause and the cure (what arrived is kept for the next try); Cancelled.
    """
    if not is_hub_id(hub_id):
        raise ModelUnavailable(f"{hub_id!r} is no hub id; those look like google/gemma-4-E2B-it.")
    with _alone(hub, hub_id), _Transfer(hub, cancel or threading.Event(), retry_s) as transfer:
        model = transfer.wait_for(transfer.submit(hub.look_up, hub_id, transfer.client))
        # Equal files share one blob.
        wanted = list({file.etag: file for file in model.files}.values())
        missing = [file for file in wanted if _is_missing(_blob(hub, model, file), file)]
        if not missing:
            checks = [transfer.submit(transfer.is_damaged, model, file) for file in wanted]
            transfer.wait_for(*checks)
            missing = [file for file, check in zip(wanted, checks, strict=True) if check.result()]
        left = sum(file.size - _part_size(hub, model, file) for file in missing)
        _check_disk(hub, hub_id, left)
        meter = _Meter(model.size, model.size - left)
        jobs = [transfer.submit(transfer.fetch, model, file, meter) for file in missing]
        transfer.wait_for(*jobs, tick=lambda: report(meter.read()))
        folder = transfer.wait_for(transfer.submit(_file_away, hub, model))
        report(meter.read())
        return folder


class _Meter:
    """Counts arriving bytes and tells their speed over the last seconds."""

    def __init__(self, total: int, done: int) -> None:
        self.total = total
        self.done = done
        self._lock = threading.Lock()
        self._past = deque([(time.monotonic(), done)])

    def add(self, amount: int) -> None:
        with self._lock:
            self.done += amount

    def read(self) -> DownloadProgress:
        now = time.monotonic()
        with self._lock:
            self._past.append((now, self.done))
            while len(self._past) > 2 and now - self._past[0][0] > SPEED_WINDOW_S:
                self._past.popleft()
            then, before = self._past[0]
            speed = max(0.0, (self.done - before) / (now - then)) if now > then else 0.0
            left = (self.total - self.done) / speed if speed else None
            return DownloadProgress(self.done, self.total, speed, left)


class _Transfer:
    """The connections of one download. Leaving its `with` block ends them, whatever they wait for."""

    def __init__(self, hub: Hub, cancel: threading.Event, retry_s: float) -> None:
        self._hub = hub
        self._cancel = cancel
        self._retry_s = retry_s
        self._stop = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._jobs: list[Future[Any]] = []
        self._pool = ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="download")
        self.client = httpx.Client(headers=hub.headers, timeout=TIMEOUT, follow_redirects=True)

    def __enter__(self) -> _Transfer:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for connection in list(self._sockets):
            _end(connection)
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(self._jobs, timeout=LAST_WRITES_S)
        self.client.close()

    def submit(self, work: Callable[..., Result], *args: Any) -> Future[Result]:
        """Do some work in a thread."""
        job = self._pool.submit(work, *args)
        self._jobs.append(job)
        return job

    def wait_for(self, *jobs: Future[Result], tick: Callable[[], None] = lambda: None) -> Result:
        """The last job's result, once all are done; `tick` is called while waiting.

        Raises: Cancelled as soon as that is asked for; the first error of a job.
        """
        result: Any = None
        waiting = set(jobs)
        while waiting:
            done, waiting = wait(waiting, timeout=TICK_S, return_when=FIRST_EXCEPTION)
            if self._cancel.is_set():
                raise Cancelled("The download was stopped. What has arrived is kept and used when it is started again.")
            for job in done:
                result = job.result()
            tick()
        return result  # type: ignore[no-any-return]  # untyped library

    def is_damaged(self, model: RemoteModel, file: RemoteFile) -> bool:
        """Whether a file that is here holds something else than the hub's; it is removed then."""
        blob = _blob(self._hub, model, file)
        if _etag(blob, file) == file.etag:
            return False
        blob.unlink()
        return True

    def fetch(self, model: RemoteModel, file: RemoteFile, meter: _Meter) -> None:
        """Bring one file here, going on where an earlier try ended.

        Raises: ModelUnavailable when the hub refuses, stays silent, sends something else, or the disk is full.
        """
        blob = _blob(self._hub, model, file)
        part = _part(blob)
        blob.parent.mkdir(parents=True, exist_ok=True)
        tries = 2 if _size(part) else 1  # what an earlier try left may itself be what is damaged
        for _ in range(tries):
            self._complete(model, file, part, meter)
            if self._stop.is_set():
                return
            if _etag(part, file) == file.etag:
                part.replace(blob)
                return
            part.unlink()
            meter.add(-file.size)
        raise ModelUnavailable(f"{file.name} of {model.hub_id} arrived damaged and was removed. Download it again.")

    def _complete(self, model: RemoteModel, file: RemoteFile, part: Path, meter: _Meter) -> None:
        """Append to a partial file until it is as long as the hub says, or the download is stopped."""
        vain, best = 0, _size(part)
        while _size(part) < file.size or not part.exists():
            fault: Exception = httpx.ReadError("an answer without content")
            try:
                self._append(model, file, part, meter)
            except httpx.HTTPError as error:
                fault = error
            except OSError as error:
                raise _disk_error(error, part.parent) from error
            if self._stop.is_set():
                return
            vain = 0 if _size(part) > best else vain + 1
            best = max(best, _size(part))
            if vain >= ATTEMPTS:
                raise self._hub.unreachable(model.hub_id, fault) from fault
            if _size(part) < file.size:
                self._stop.wait(self._retry_s * 2**vain)

    def _append(self, model: RemoteModel, file: RemoteFile, part: Path, meter: _Meter) -> None:
        """One request for what is missing of a file."""
        start = _size(part)
        ask = {"range": f"bytes={start}-"} if start else {}
        watched = {"trace": self._remember}
        url = self._hub.file_url(model, file)
        with self.client.stream("GET", url, headers=ask, extensions=watched) as response:
            if response.is_server_error:
                response.raise_for_status()  # passing, perhaps: worth another try
            if response.status_code != 416:
                self._hub.check(response, model.hub_id)
            if start and response.status_code != 206:
                meter.add(-start)  # the server does not continue this file: begin again
                part.unlink()
            if response.status_code == 416:
                return
            with part.open("ab") as out:
                for block in response.iter_raw():  # as it arrives: a broken connection loses nothing
                    if self._stop.is_set():
                        return
                    out.write(block)
                    meter.add(len(block))

    def _remember(self, event: str, info: Mapping[str, Any]) -> None:
        """Note each connection as it is made, so that it can be ended from outside whatever it waits for.

        Source: httpcore's "trace" request extension.
        """
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            connection = info["return_value"].get_extra_info("socket")
            self._sockets.add(connection)
            if self._stop.is_set():
                _end(connection)


def _end(connection: socket.socket) -> None:
    """Wake the thread that waits for bytes of a connection. Not TLS's own shutdown: it is not for two threads."""
    with suppress(OSError):  # it may just have been closed
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _NoBar(tqdm):  # type: ignore[misc, unused-ignore]  # tqdm has no types; with its stubs there is nothing to ignore
    """huggingface_hub draws bars; ours is the progress that is reported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "disable": True})


def _file_away(hub: Hub, model: RemoteModel) -> Path:
    """Let huggingface_hub link the fetched files into its cache's snapshot folder."""
    try:
        folder = huggingface_hub.snapshot_download(
            model.hub_id,
            cache_dir=hub.cache,
            endpoint=hub.endpoint,
            token=hub.token or False,
            allow_patterns=[file.name for file in model.files],
            tqdm_class=_NoBar,
        )
    except OSError as error:  # its errors of network and hub are OSErrors too
        raise ModelUnavailable(
            f"The files of {model.hub_id} are here, but could not be filed in {hub.cache}: {error}. Try again."
        ) from error
    return Path(folder)


@contextmanager
def _alone(hub: Hub, hub_id: str) -> Iterator[None]:
    """Two programs must not append to the same partial file."""
    path = hub.cache / ".locks" / hub.folder(hub_id).name / "gemma-playground.lock"
    lock = filelock.FileLock(path, timeout=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise ModelUnavailable(f"{hub_id} is being downloaded already. Wait for it, or stop it there.") from error
    except OSError as error:
        raise _disk_error(error, hub.cache) from error
    try:
        yield
    finally:
        lock.release()


def _check_disk(hub: Hub, hub_id: str, missing: int) -> None:
    free = shutil.disk_usage(hub.cache).free
    if missing and missing + DISK_RESERVE_BYTES > free:
        raise ModelUnavailable(
            f"{hub_id} takes {gigabytes(missing)} more on the disk of {hub.cache}, which has {gigabytes(free)} left. "
            "Make room there, or set HF_HOME to a folder on a larger disk.",
            code="disk_full",
        )


def _disk_error(error: OSError, folder: Path) -> ModelUnavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ModelUnavailable(
            f"The disk of {folder} is full. Make room and start the download again; it goes on where it stopped.",
            code="disk_full",
        )
    return ModelUnavailable(f"{folder} cannot be written to ({error}). Check the folder's owner and rights.")


def _blob(hub: Hub, model: RemoteModel, file: RemoteFile) -> Path:
    return hub.folder(model.hub_id) / "blobs" / file.etag


def _is_missing(blob: Path, file: RemoteFile) -> bool:
    """Whether a file is not here, or not with its size: it was cut short after it had arrived, and goes."""
    if blob.exists() and _size(blob) != file.size:
        blob.unlink()
    return not blob.exists()


def _part(blob: Path) -> Path:
    return blob.with_name(blob.name + ".incomplete")


def _part_size(hub: Hub, model: RemoteModel, file: RemoteFile) -> int:
    """Bytes of a file that earlier tries left. A longer rest than the file is worthless and removed."""
    part = _part(_blob(hub, model, file))
    if (size := _size(part)) > file.size:
        part.unlink()
        return 0
    return size


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _etag(path: Path, file: RemoteFile) -> str:
    """What the hub would call this content: SHA-256 of large files, git's SHA-1 of small ones."""
    digest = hashlib.sha256() if len(file.etag) == 64 else hashlib.sha1(f"blob {file.size}\0".encode())
    with path.open("rb") as content:
        while block := content.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
