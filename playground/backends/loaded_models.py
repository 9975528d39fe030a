"""The models in memory: loaded when first needed, kept while anybody uses them, given up when another needs the room.

Loads happen one at a time. A model under a running request is never unloaded.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import torch

from playground.backends.backend import Backend
from playground.engine import weights
from playground.engine.devices import DeviceName, DtypeName, QuantizeName
from playground.engine.weights import LoadedModel, Report, Source
from playground.errors import Cancelled, ModelUnavailable

POLL_S = 0.1


class ClosableBackend(Backend, Protocol):
    """A backend that holds a model, and lets go of it."""

    def cache_usage(self) -> Mapping[str, int]:
        """Bytes that past tokens take here and may take, by name; nothing where no engine runs yet."""
        ...

    def close(self) -> None:
        """End its threads and drop the model; replies that are still running end as cancelled."""
        ...


MakeBackend: TypeAlias = Callable[[LoadedModel, str], ClosableBackend]


@dataclass(eq=False)
class Seat:
    """A loaded model. `users` are requests that hold it; `used_at` orders idle ones; `size` is its weights' bytes."""

    name: str
    source: Source
    backend: ClosableBackend = field(repr=False)
    size: int
    users: int = 0
    used_at: float = field(default_factory=time.monotonic)


class LoadedModels:
    """Seats by what they were loaded from. Safe to use from any thread."""

    def __init__(
        self,
        make_backend: MakeBackend,
        device: DeviceName = "auto",
        dtype: DtypeName = "auto",
        quantize: QuantizeName = "none",
    ) -> None:
        self._make_backend = make_backend
        self._device: DeviceName = device
        self.dtype: DtypeName = dtype
        self.quantize: QuantizeName = quantize
        """Both of what is loaded from now on."""
        self._seats: dict[Source, Seat] = {}
        self._state = threading.Lock()
        self._one_change = threading.Lock()

    def seats(self) -> list[Seat]:
        """What is loaded now, least recently used first."""
        with self._state:
            return sorted(self._seats.values(), key=lambda seat: seat.used_at)

    def take(self, source: Source) -> Seat | None:
        """Hold a model that is loaded already; None when it is not. Every hold ends with `give_back`."""
        with self._state:
            seat = self._seats.get(source)
            if seat is not None:
                seat.users += 1
            return seat

    def give_back(self, seat: Seat) -> None:
        """End one hold."""
        with self._state:
            seat.users -= 1
            seat.used_at = time.monotonic()

    def load(
        self,
        name: str,
        source: Source,
        *,
        report: Report = lambda _: None,
        cancel: threading.Event | None = None,
        force: bool = False,
    ) -> Seat:
        """Hold a model, loading it first if need be; idle models make room for it, the longest unused first.

        Raises: ModelUnavailable; Cancelled.
        """
        with self._alone(cancel or threading.Event()):
            seat = self.take(source)
            while seat is None:
                try:
                    seat = self._load(name, source, report, cancel, force)
                except ModelUnavailable as error:
                    if error.code != "not_enough_memory":
                        raise
                    if not self._drop_idle():
                        raise self._with_users(error) from error
            return seat

    @contextmanager
    def hold(self, name: str, source: Source) -> Iterator[Backend]:
        """Hold a model for the time of a block."""
        seat = self.take(source) or self.load(name, source)
        try:
            yield seat.backend
        finally:
            self.give_back(seat)

    def unload(self, source: Source) -> None:
        """Drop a model and give its memory back. Nothing happens when it is not loaded.

        Raises: ModelUnavailable when requests are using it.
        """
        with self._alone(threading.Event()):
            with self._state:
                seat = self._seats.get(source)
                if seat is not None and seat.users:
                    raise ModelUnavailable(
                        f"{seat.name} is answering {seat.users} request(s). Stop them or wait, then unload it.",
                        code="model_in_use",
                    )
                self._seats.pop(source, None)
            if seat is not None:
                _close(seat)

    def unload_idle(self, *, but: Source | None = None) -> None:
        """Drop every model that nobody is using, except one."""
        with self._alone(threading.Event()):
            while self._drop_idle(but):
                pass

    def close(self) -> None:
        """Drop all models, in use or not."""
        with self._alone(threading.Event()):
            with self._state:
                seats, self._seats = list(self._seats.values()), {}
            for seat in seats:
                _close(seat)

    def _load(self, name: str, source: Source, report: Report, cancel: threading.Event | None, force: bool) -> Seat:
        try:
            model = weights.load(
                source,
                name=name,
                device=self._device,
                dtype=self.dtype,
                quantize=self.quantize,
                report=report,
                cancel=cancel,
                force=force,
            )
            size = model.weight_bytes
            seat = Seat(name, source, self._make_backend(model, name), size, users=1)
        except BaseException:
            release_memory()  # of the half that was loaded
            raise
        _trim()  # what converting and rounding the weights took would not look free to whoever asks what else fits
        with self._state:
            self._seats[source] = seat
        return seat

    def _drop_idle(self, but: Source | None = None) -> bool:
        """Unload the idle model that was not used for longest; False when there is none."""
        with self._state:
            free = [seat for seat in self._seats.values() if not seat.users and seat.source != but]
            idle = min(free, key=lambda seat: seat.used_at, default=None)
            if idle is not None:
                del self._seats[idle.source]
        if idle is not None:
            _close(idle)
        return idle is not None

    def _with_users(self, error: ModelUnavailable) -> ModelUnavailable:
        """The error with the models that could not make room."""
        names = ", ".join(seat.name for seat in self.seats())
        in_use = f" In use, and so not unloaded: {names}." if names else ""
        return ModelUnavailable(error.message + in_use, code=error.code)

    @contextmanager
    def _alone(self, cancel: threading.Event) -> Iterator[None]:
        """One load or unload at a time; waiting for another's can be cancelled."""
        while not self._one_change.acquire(timeout=POLL_S):
            if cancel.is_set():
                raise Cancelled("Loading was stopped while another model was being loaded.")
        try:
            yield
        finally:
            self._one_change.release()


def _close(seat: Seat) -> None:
    seat.backend.close()
    del seat.backend  # whoever still holds the seat must not hold the weights
    release_memory()


def release_memory() -> None:
    """Give freed memory back to the system: Python, the C library and torch all keep some for later.

    Of weights that were converted while loading, glibc still keeps up to 64 MB for each arena, and uses it again.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
    _trim()


def _trim() -> None:
    """Let the C library give back what it keeps of freed memory; quick, unlike looking for garbage."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
        if trim is not None:
            trim(0)
