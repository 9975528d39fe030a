"""A catalogue whose models are scripts: the page's tests drive every case without waiting for a real model."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import torch

from playground.backends.backend import Backend
from playground.backends.catalogue import Choice, Listing
from playground.backends.downloads import DownloadProgress
from playground.backends.inventory import Entry
from playground.engine.devices import choose_precision
from playground.engine.weights import LoadStep
from playground.errors import Cancelled, ModelUnavailable

GIGABYTE = 1_000_000_000


class ScriptedModels:
    """Behaves as `Catalogue` does towards the page. The first backend is the default, `absent` ones can be had."""

    def __init__(
        self, *backends: Backend, absent: tuple[str, ...] = (), seconds: float = 0.5, reason: str = ""
    ) -> None:
        self._backends = {backend.capabilities.name: backend for backend in backends}
        self._entries = {
            name: Entry(name, "here", images=backend.capabilities.images, bytes_total=GIGABYTE)
            for name, backend in self._backends.items()
        }
        self._entries |= {
            name: Entry(
                name,
                "absent",
                hub_id=f"google/{name}-it",
                licence="Apache-2.0",
                bytes_total=8 * GIGABYTE,
                images="-3-1b" not in name,
            )
            for name in absent
        }
        self._loaded = {next(iter(self._backends))}
        self._seconds = seconds
        self.device = torch.device("cpu")
        self.precision = choose_precision(self.device, "float32")
        self._reason = reason

    def run_in(self, dtype: str, quantize: str = "none") -> None:
        self.precision = choose_precision(self.device, dtype, quantize)

    def name_of(self, name: str | None) -> str:
        return name or next(iter(self._backends))

    def default(self) -> Choice:
        return Choice(self.name_of(None), self._reason, fallback=bool(self._reason))

    def resolve(self, name: str | None = None) -> Backend:
        backend = self._backends.get(self.name_of(name))
        if backend is None:
            raise ModelUnavailable(f"There is no model called {name!r} here.", param="model")
        self._loaded.add(self.name_of(name))
        return backend

    def listings(self) -> list[Listing]:
        return [self.listing(name) for name in self._entries]

    def listing(self, name: str) -> Listing:
        if name not in self._entries:
            raise ModelUnavailable(f"There is no model called {name!r} here.", param="model")
        fits = "27b" not in name
        words = "Needs 1.2 GB of memory; fits." if fits else "Needs 60 GB of memory; does not fit, as 8 GB are free."
        return Listing(self._entries[name], name in self._loaded, 0, fits, needs_token="gemma-3" in name, figures=words)

    def offer(self, name: str) -> Listing:
        self._entries.setdefault(name, Entry(name, "absent", hub_id=name, bytes_total=GIGABYTE))
        return self.listing(name)

    def load(self, name: str, *, report: Any, cancel: threading.Event, force: bool = False) -> None:
        for step in range(1, 11):
            if cancel.wait(self._seconds / 10):
                raise Cancelled("Loading was stopped.")
            report(LoadStep("reading", step * GIGABYTE // 10, GIGABYTE))
        self._loaded.add(name)

    def unload(self, name: str) -> None:
        self._loaded.discard(name)

    def download(self, name: str, *, report: Any, cancel: threading.Event) -> None:
        total = self._entries[name].bytes_total or GIGABYTE
        for step in range(1, 21):
            if cancel.wait(self._seconds / 20):
                self._entries[name] = replace(self._entries[name], state="partial", bytes_here=step * total // 20)
                raise Cancelled("The download was stopped.")
            report(DownloadProgress(step * total // 20, total, total / self._seconds, self._seconds * (20 - step) / 20))
        self._entries[name] = replace(self._entries[name], state="here")

    def cache_usage(self) -> dict[str, int]:
        """No engine, no past tokens."""
        return {}

    def close(self) -> None:
        self._loaded.clear()
