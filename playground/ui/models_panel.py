"""The list of models: what is here, what fits, under which licence; download, load and unload them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from playground.backends.catalogue import Catalogue, Listing
from playground.engine.memory import gigabytes
from playground.errors import PlaygroundError
from playground.ui.model_jobs import Job, ModelJobs

CLOSED = "This server is open to others, so models are downloaded and unloaded only from its own machine."
DEVICES = {"cpu": "the CPU", "cuda": "the NVIDIA GPU", "mps": "the Apple GPU"}
NAMES = {
    "download": "Download",
    "resume": "Go on",
    "load": "Load",
    "unload": "Unload",
    "cancel": "Stop",
    "repair": "Check files",
}


class ModelsPanel:
    """Shows the catalogue, and does what its rows' buttons ask. `open_to_all` is false where strangers may visit."""

    def __init__(self, catalogue: Catalogue, jobs: ModelJobs, *, open_to_all: bool) -> None:
        self._catalogue = catalogue
        self._jobs = jobs
        self._open_to_all = open_to_all

    @property
    def is_open(self) -> bool:
        """Whether visitors may manage the models."""
        return self._open_to_all

    def shown(self, problem: str = "") -> str:
        """The list as HTML; `problem` stands above it."""
        rows = "".join(self._row(listing, number) for number, listing in enumerate(self._catalogue.listings()))
        alert = f'<div class="notice problem" role="alert">{html.escape(problem)}</div>' if problem else ""
        closed = "" if self._open_to_all else f'<p class="model-note">{CLOSED}</p>'
        where = f'<p class="model-note">{html.escape(self.where())}</p>'
        return f'{alert}{closed}{where}<ul class="models">{rows}</ul>'

    def where(self) -> str:
        """Where models run and in which numbers, in a sentence."""
        return f"Models run on {DEVICES[self._catalogue.device.type]}, in {self._catalogue.precision.reason}."

    def run_in(self, numbers: str) -> str:
        """Choose the numbers of models that are loaded from now on; gives what went wrong, or nothing."""
        if not self._open_to_all:
            return CLOSED
        try:
            match numbers:
                case "auto":
                    self._catalogue.run_in("auto", "auto")
                case "bfloat16" | "float32":
                    self._catalogue.run_in(numbers)
                case "int8" | "int4":
                    self._catalogue.run_in("auto", numbers)
        except PlaygroundError as error:
            return error.message
        return ""

    def choices(self) -> list[tuple[str, str]]:
        """Label and name of the models that can answer now."""
        return [(one.entry.name, one.entry.name) for one in self._catalogue.listings() if one.entry.state == "here"]

    def act(self, action: Mapping[str, Any] | None) -> str:
        """What a row's button asks for; gives what went wrong, or nothing."""
        if not self._open_to_all:
            return CLOSED
        if not (model := self.named(action)):
            return "The list has changed. Choose again."
        return self._do(str((action or {}).get("name")), model)

    def named(self, action: Mapping[str, Any] | None) -> str:
        """The model of the row whose button was pressed; nothing when there is no such row any more."""
        listings = self._catalogue.listings()
        number = (action or {}).get("number")
        return listings[number].entry.name if isinstance(number, int) and 0 <= number < len(listings) else ""

    def _do(self, what: str, model: str) -> str:
        try:
            match what:
                case "download" | "resume" | "repair":
                    self._jobs.download(model)
                case "load":
                    self._jobs.load(model)
                case "unload":
                    self._catalogue.unload(model)
                case "cancel":
                    self._jobs.cancel(model)
        except PlaygroundError as error:
            return error.message
        return ""

    def add(self, name: str) -> str:
        """Offer a model of the hub by its id and start its download; gives what went wrong, or nothing."""
        try:
            listing = self._catalogue.offer(name.strip())
            if listing.entry.state != "here":
                self._jobs.download(listing.entry.name)
        except PlaygroundError as error:
            return error.message
        return ""

    def _row(self, listing: Listing, number: int) -> str:
        entry, job = listing.entry, self._jobs.of(listing.entry.name)
        facts = [entry.about, _size(listing), entry.licence]
        notes = [
            listing.figures,
            entry.note,
            "Asks for a licence click and a token; Download tells the steps." if listing.needs_token else "",
        ]
        if job and job.error:
            notes = [job.error]
        state = "loaded" if listing.loaded else {"here": "here", "partial": "partly here"}.get(entry.state, "")
        return (
            f'<li class="model {"poor" if not listing.fits else ""}"><div class="model-head">'
            f"<b>{html.escape(entry.name)}</b><i>{state}</i>{self._buttons(listing, job, number)}</div>"
            f"<p>{html.escape(' · '.join(fact for fact in facts if fact))}</p>{_progress(job)}"
            f'<p class="{"model-problem" if job and job.error else "model-note"}">'
            f"{html.escape(' '.join(note for note in notes if note))}</p></li>"
        )

    def _buttons(self, listing: Listing, job: Job | None, number: int) -> str:
        if not self._open_to_all or listing.entry.remote:
            return ""
        if job and not job.over:
            acts = ["cancel"]
        elif listing.loaded:
            acts = ["unload"]
        else:
            by_state = {"here": ["load"], "partial": ["resume"], "absent": ["download"], "broken": []}
            acts = by_state[listing.entry.state] if listing.fits or listing.entry.state == "here" else []
            if job and job.error and listing.entry.state == "here" and listing.entry.hub_id:
                acts = [*acts, "repair"]  # it did not load, perhaps for a damaged file
        return "".join(
            f'<button class="row-act do-{act} at-{number}" title="{NAMES[act]} {html.escape(listing.entry.name)}">'
            f"{NAMES[act]}</button>"
            for act in acts
        )


def _size(listing: Listing) -> str:
    entry = listing.entry
    size = gigabytes(entry.bytes_total) if entry.bytes_total else ""
    return f"{size}, sees pictures" if entry.images and size else size


def _progress(job: Job | None) -> str:
    if job is None or job.over:
        return ""
    value = f' value="{job.share:.4f}"' if job.share is not None else ""
    return f'<progress{value}></progress><p class="model-note">{job.doing}: {html.escape(job.words)}</p>'
