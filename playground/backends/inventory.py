"""Which models there are for this machine, where each of them is, and whether it fits the memory. Loads nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import huggingface_hub

from playground.backends.embedded import ABOUT, BASE_HUB_ID, EMBEDDED, INSTALL, EmbeddedModel
from playground.backends.gguf_places import found_files
from playground.backends.hub import Hub, is_hub_id
from playground.backends.known_models import GEMMA_TERMS, KNOWN, KnownModel
from playground.engine.adapters import CONFIG
from playground.engine.checkpoint import FAMILIES, Checkpoint, read_checkpoint, read_json, read_optional_json
from playground.engine.devices import Precision
from playground.engine.gguf.file import is_gguf
from playground.engine.gguf.unpack import GENERATION
from playground.engine.memory import MemoryNeed, foresee, gigabytes
from playground.engine.weights import Source
from playground.errors import ModelUnavailable

State: TypeAlias = Literal["here", "partial", "absent", "broken"]


@dataclass(frozen=True)
class Entry:
    """One model that can be chosen, for a list of models and for loading.

    `state`: `here` can be loaded; `partial` and `absent` can be downloaded; `broken` needs what `note` says.
    `bytes_here` of `bytes_total` are on this disk. `need` is None where nothing is known of the model yet.
    """

    name: str
    state: State
    hub_id: str | None = None
    source: Source | None = None
    about: str = ""
    licence: str = ""
    gated: bool = False
    images: bool = False
    context_tokens: int = 0
    bytes_here: int = 0
    bytes_total: int | None = None
    need: MemoryNeed | None = None
    note: str = ""
    remote: str = ""
    """The servers that run it, where it is not this process."""
    checkpoint: Checkpoint | None = field(default=None, repr=False, compare=False)

    @property
    def is_embedded(self) -> bool:
        """Whether this is the small model that comes with the playground."""
        return self.name == EMBEDDED

    @property
    def recommended(self) -> dict[str, Any]:
        """What the model's own files say of generation; an adapter's overrides its base's."""
        if self.source is None:
            return {}
        place = self.source.place
        said = dict(GENERATION) if is_gguf(place) else read_optional_json(place / "generation_config.json")
        for adapter in self.source.adapters:
            said |= read_optional_json(adapter / "generation_config.json")
        return said


class Inventory:
    """The embedded model, the known ones, those of the families in the hub's cache, and what was offered by name."""

    def __init__(self, hub: Hub, embedded: EmbeddedModel, precision: Precision, offered: tuple[str, ...] = ()) -> None:
        """`offered` are hub ids and folders that may be used besides; short names need no offering.

        Raises: ModelUnavailable when one of them can be neither.
        """
        self.hub = hub
        self._embedded = embedded
        self.precision = precision
        """Of the weights once they are loaded; what a model needs depends on it."""
        self._offered: list[str] = []
        self._adapters: dict[str, tuple[Path, str]] = {}
        """Folders and the names of their base models."""
        for name in offered:
            self.offer(name)

    def offer(self, name: str) -> None:
        """Let a hub id or a local folder be chosen from now on.

        Raises: ModelUnavailable when it can be neither.
        """
        if name == EMBEDDED or _known(name) or name in self._offered:
            return
        if not _is_local(name) and not is_hub_id(name):
            raise ModelUnavailable(
                f"{name!r} is neither a folder or .gguf file on this machine, nor a hub id like google/gemma-4-E2B-it, "
                f"nor one of {', '.join([EMBEDDED, *(known.name for known in reversed(KNOWN))])}."
            )
        self._offered.append(name)

    def adapt(self, folder: Path, base: str | None = None) -> str:
        """Let a LoRA adapter be chosen from now on, by its folder's name, which is given back.

        `base` is the model to merge it into, if not the one that its own config names.

        Raises: ModelUnavailable when the folder holds no adapter.
        """
        base = base or str(read_json(folder / CONFIG).get("base_model_name_or_path"))
        self._adapters[folder.resolve().name] = folder, base
        return folder.resolve().name

    def entries(self) -> list[Entry]:
        """Every model that can be chosen, best first, the embedded one last."""
        names = [known.name for known in KNOWN]
        names += [hub_id for hub_id in self._cached() if _known(hub_id) is None]
        names += [name for name in (*found_files(), *self._offered, *self._adapters) if name not in names]
        return [self.find(name) for name in [*names, EMBEDDED]]

    def find(self, name: str) -> Entry:
        """The model of a short name, a hub id, or a folder or file that was offered.

        Raises: ModelUnavailable for any other name: a stranger's request must not make us read folders of its choice.
        """
        if name == EMBEDDED:
            return self._found_embedded()
        if known := _known(name):
            return self._published(known)
        if name in self._adapters:
            return self._adapted(name, *self._adapters[name])
        if name in self._offered and _is_local(name):
            return self._local(Entry(name, "here", source=Source(_path(name))))
        if file := found_files().get(name):
            return self._local(Entry(name, "here", source=Source(file), about=f"A GGUF file: {file}"))
        if is_hub_id(name) and (name in self._offered or self._snapshot(name)):
            return self._on_hub(name)
        names = ", ".join([EMBEDDED, *(known.name for known in reversed(KNOWN)), *self._offered])
        raise ModelUnavailable(f"There is no model called {name[:100]!r} here. There are: {names}.", param="model")

    def _found_embedded(self) -> Entry:
        if self._embedded.is_ready:
            known = Entry(EMBEDDED, "here", source=self._embedded.source, about=ABOUT, licence=GEMMA_TERMS)
            return self._local(known)
        base = _known("gemma-3-270m")
        assert base is not None
        entry = replace(self._foreseen(base), name=EMBEDDED, hub_id=None, gated=False, about=ABOUT)
        if self._embedded.is_installed:
            return replace(entry, state="here", source=self._embedded.source)
        return replace(entry, note=f"Install it with {INSTALL} and start again.")

    def _adapted(self, name: str, folder: Path, base: str) -> Entry:
        """The base model's entry with the adapter, under its name."""
        found = self._base(base)
        about = f"{base} with the adapter in {folder}."
        if found.source is None or found.state != "here":
            note = f"Its base model {base} is not on this machine. {found.note}".strip()
            return replace(found, name=name, about=about, note=note)
        source = Source(found.source.place, (*found.source.adapters, folder))
        return replace(found, name=name, hub_id=None, about=about, source=source)

    def _base(self, name: str) -> Entry:
        if name.lower() == BASE_HUB_ID:  # the embedded package holds it
            if not self._embedded.is_installed:
                return Entry(name, "absent", note=f"Install it with {INSTALL} and start again.")
            self._embedded.prepare()
            return self._local(Entry(name, "here", source=Source(self._embedded.place), licence=GEMMA_TERMS))
        if _is_local(name):
            return self._local(Entry(name, "here", source=Source(_path(name))))
        if is_hub_id(name) and _known(name) is None:
            return self._on_hub(name)
        return self.find(name)

    def _local(self, entry: Entry) -> Entry:
        """The entry with what its files say."""
        assert entry.source is not None
        try:
            checkpoint = entry.source.checkpoint()
        except ModelUnavailable as error:
            return replace(entry, state="broken", note=error.message)
        return self._ready(entry.name, checkpoint, entry)

    def _published(self, known: KnownModel) -> Entry:
        return self._cached_state(known.hub_id, self._foreseen(known))

    def _foreseen(self, known: KnownModel) -> Entry:
        return Entry(
            name=known.name,
            state="absent",
            hub_id=known.hub_id,
            about=known.about,
            licence=known.licence,
            gated=known.gated,
            images=known.images,
            context_tokens=known.context_tokens,
            bytes_total=known.weight_bytes,
            need=known.need(self.precision),
        )

    def _on_hub(self, hub_id: str) -> Entry:
        licence = GEMMA_TERMS if "gemma-3" in hub_id.lower() else ""
        return self._cached_state(hub_id, Entry(hub_id, "absent", hub_id=hub_id, licence=licence))

    def _cached_state(self, hub_id: str, entry: Entry) -> Entry:
        """The entry with what the hub's cache holds of it."""
        folder = self._snapshot(hub_id)
        here = _size_of(self.hub.folder(hub_id) / "blobs")
        if folder is None:
            if not here:
                return entry
            note = f"{gigabytes(here)} of {gigabytes(entry.bytes_total or here)} have been downloaded; go on with it."
            return replace(entry, state="partial", bytes_here=here, note=note)
        try:
            checkpoint = read_checkpoint(folder)
        except ModelUnavailable as error:
            note = f"{error.message} Go on with the download: it fetches what is damaged or missing."
            return replace(entry, state="partial", bytes_here=here, note=note)
        return self._ready(entry.name, checkpoint, replace(entry, source=Source(folder)))

    def _ready(self, name: str, checkpoint: Checkpoint, entry: Entry) -> Entry:
        return replace(
            entry,
            name=name,
            state="here",
            checkpoint=checkpoint,
            images=checkpoint.has_images,
            context_tokens=int(checkpoint.text.get("max_position_embeddings", 131_072)),
            bytes_here=checkpoint.file_bytes,
            bytes_total=checkpoint.file_bytes,
            need=foresee(checkpoint, self.precision),
        )

    def _snapshot(self, hub_id: str) -> Path | None:
        """The folder of a model's files in the hub's cache, complete or not."""
        found = huggingface_hub.try_to_load_from_cache(hub_id, "config.json", cache_dir=self.hub.cache)
        return Path(found).parent if isinstance(found, str) else None

    def _cached(self) -> list[str]:
        """Hub ids in the cache whose model is of a supported family."""
        found = []
        for folder in sorted(self.hub.cache.glob("models--*--*")):
            hub_id = folder.name.removeprefix("models--").replace("--", "/", 1)
            snapshot = self._snapshot(hub_id)
            try:
                if snapshot and read_optional_json(snapshot / "config.json").get("model_type") in FAMILIES:
                    found.append(hub_id)
            except ModelUnavailable:
                pass  # somebody else's broken download is none of ours
        return found


def _path(name: str) -> Path:
    # Not `Path.expanduser`, which raises for a home that does not exist.
    return Path(os.path.expanduser(name))


def _is_local(name: str) -> bool:
    """Whether a name is a folder or a GGUF file on this machine."""
    path = _path(name)
    return path.is_dir() or (is_gguf(path) and path.is_file())


def _known(name: str) -> KnownModel | None:
    return next((known for known in KNOWN if name.lower() in {known.name, known.hub_id.lower()}), None)


def _size_of(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) if folder.is_dir() else 0
