"""The embedded model for tests: real Gemma 3 270M, put together once in the cache folder that all tests share."""

from functools import lru_cache
from pathlib import Path

from playground.backends.embedded import EMBEDDED, EmbeddedModel
from playground.backends.local import LocalBackend
from playground.engine import weights
from playground.engine.gguf.unpack import unpacked
from playground.engine.weights import LoadedModel, Source


def embedded_source() -> Source:
    """Its files."""
    model = EmbeddedModel()
    model.prepare()
    return model.source


@lru_cache
def embedded_model() -> LoadedModel:
    """The loaded model; one for each process."""
    return weights.load(embedded_source())


def embedded_backend(**options) -> LocalBackend:
    """A backend of one's own around it."""
    return LocalBackend(embedded_model(), EMBEDDED, threads=1, **options)


def unpacked_base() -> Path:
    """The base model's folder, as transformers loads it: without the adapter."""
    return unpacked(embedded_source().place, lambda *_: None, lambda *_: None)
