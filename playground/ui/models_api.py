"""Gradio's API for the models of this server: list, download with progress, load, unload, stop; as the page's panel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.ui.model_jobs import Job
from playground.ui.models_panel import CLOSED
from playground.ui.services import Services

LOOK_S = 0.3
LIST = (
    "The models of this server, best first: name, whether it is here and loaded, size, memory that it needs and "
    "whether that is free, licence, and whether it needs a token."
)
DOWNLOAD = """Bring a model here: a short name or a hub id. What an earlier download left is used.

Streams how far it is (`doing`, `share`, `words`) and at last the model as `/models` lists it. It goes on when the
client leaves; `/stop_model` stops it, and what has arrived is kept. For a model that is here its files are checked.
"""
LOAD = "Load a model into memory; idle ones make room where they must. Streams as `/download_model` does."
UNLOAD = "Drop a model from memory, unless it is answering. Gives it as `/models` lists it."
STOP = "Stop a model's download or load. Gives it as `/models` lists it."


def add_model_endpoints(services: Services, *, manage_models: bool) -> None:
    """Add the endpoints to the page that is open now. Only the list is for strangers: see `app.is_private`."""
    api = ModelsApi(services, manage_models=manage_models)
    trigger = gr.Button(visible=False)
    trigger.click(
        services.describe_models, None, gr.JSON(label="Models", visible=False), api_name="models", api_description=LIST
    )
    for act, name, about in (
        (api.download, "download_model", DOWNLOAD),
        (api.load, "load_model", LOAD),
        (api.unload, "unload_model", UNLOAD),
        (api.stop, "stop_model", STOP),
    ):
        trigger.click(
            act,
            gr.Textbox(label="The model's name", visible=False),
            gr.JSON(label="The model", visible=False),
            api_name=name,
            api_description=about,
            concurrency_limit=None,
        )


class ModelsApi:
    """The endpoints' functions. Jobs are those of the page, so the page shows them too."""

    def __init__(self, services: Services, *, manage_models: bool) -> None:
        self._services = services
        self._manage_models = manage_models

    def download(self, name: str) -> Iterator[dict[str, Any]]:
        """See `DOWNLOAD`."""
        with _in_words():
            self._let_in()
            name = self._services.catalogue.offer(name).entry.name
            self._services.jobs.download(name)
        yield from self._followed(name)

    def load(self, name: str) -> Iterator[dict[str, Any]]:
        """See `LOAD`."""
        with _in_words():
            self._let_in()
            name = self._services.catalogue.listing(name).entry.name
            self._services.jobs.load(name)
        yield from self._followed(name)

    def unload(self, name: str) -> dict[str, Any]:
        """See `UNLOAD`."""
        with _in_words():
            self._let_in()
            self._services.catalogue.unload(name)
        return self._described(name)

    def stop(self, name: str) -> dict[str, Any]:
        """See `STOP`."""
        with _in_words():
            self._let_in()
            name = self._services.catalogue.listing(name).entry.name
            self._services.jobs.cancel(name)
        return self._described(name)

    def _let_in(self) -> None:
        if not self._manage_models:
            raise gr.Error(CLOSED, print_exception=False)

    def _followed(self, name: str) -> Iterator[dict[str, Any]]:
        """What the model's job is doing, until it is over.

        Raises: gr.Error in the words of its failure.
        """
        job = self._services.jobs.of(name)
        while job is not None and not job.over:
            yield _told(job)
            time.sleep(LOOK_S)
        if job is not None and job.error:
            raise gr.Error(job.error, print_exception=False)
        yield self._described(name)

    def _described(self, name: str) -> dict[str, Any]:
        with _in_words():
            listing = self._services.catalogue.listing(name)
            return self._services.describe_model(listing)


@contextmanager
def _in_words() -> Iterator[None]:
    """Errors within the block reach the client with their own words."""
    try:
        yield
    except PlaygroundError as error:
        raise gr.Error(error.message, print_exception=False) from error


def _told(job: Job) -> dict[str, Any]:
    return {"doing": job.doing.lower(), "share": job.share, "words": job.words}
