"""The models that other servers run, as the catalogue lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from playground.backends.inventory import Entry
from playground.backends.remote_config import ModelConfig
from playground.errors import ModelUnavailable
from tools.async_loop import AsyncLoop

if TYPE_CHECKING:
    from playground.backends.remote import RemoteBackend


class RemoteModels:
    """By name. One loop serves all of them."""

    def __init__(self, configs: Sequence[ModelConfig] = ()) -> None:
        self._loop = AsyncLoop("remote-models")
        self._models = {config.name: _connected(config, self._loop) for config in configs}

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, as the settings order them."""
        return tuple(self._models)

    def find(self, name: str) -> RemoteBackend | None:
        """The model of this name, if other servers run it."""
        return self._models.get(name)

    def entry(self, model: RemoteBackend) -> Entry:
        """The model for a list. It is always here: there is nothing to download."""
        able = model.capabilities
        hosts = ", ".join(server.host for server in model.servers)
        return Entry(
            name=model.config.name,
            state="here",
            about=model.config.about or f"Runs at {hosts}",
            images=able.images,
            context_tokens=able.context_tokens,
            note=model.problem,
            remote=hosts,
        )

    def check(self, model: RemoteBackend) -> None:
        """Look whether it can be reached now.

        Raises: ModelUnavailable saying why not.
        """
        model.check()
        if model.problem:
            raise ModelUnavailable(model.problem, code="backend_failed", param="model")

    def close(self) -> None:
        """End all replies and close the connections."""
        for model in self._models.values():
            if model.was_used:
                model.close()
        self._loop.close()


def _connected(config: ModelConfig, loop: AsyncLoop) -> RemoteBackend:
    """The model behind its servers. The client's package is imported here: most starts have no use for it."""
    from playground.backends.remote import RemoteBackend

    return RemoteBackend(config, loop)
