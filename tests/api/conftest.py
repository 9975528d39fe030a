"""A live server with the HTTP API over scripted models, and the official clients pointed at it."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import anthropic
import openai
import pytest
import uvicorn
from fastapi import FastAPI

from playground.api.server import add_api
from playground.api.service import Service
from playground.backends.scripted import ANYTHING_GOES, ScriptedBackend
from playground.errors import ModelUnavailable
from playground.settings import Settings
from tools.calculator import calculator
from tools.tool import Citation
from tools.web_search import web_search


class Library:
    """A search provider that knows two pages."""

    def search(self, query, count, context):
        return [Citation("Gemma", "https://example.com/gemma", "A gem."), Citation("Opal", "https://example.com/opal")]


TOOLS = {"calculator": calculator(), "web_search": web_search(Library())}


class Site:
    """A server on a free port. `backend` is the model that answers; a test replaces it by its own script."""

    def __init__(self, settings):
        self.backend = ScriptedBackend()
        self.app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        self.clients = []
        add_api(self.app, Service(settings, self._resolve, lambda: [self.backend.capabilities.name], TOOLS))
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def play(self, *scripts, **able):
        self.backend = ScriptedBackend(*scripts, capabilities=replace(ANYTHING_GOES, **able))
        return self.backend

    def openai(self, **options):
        return self._client(openai.OpenAI, {"base_url": f"{self.url}/v1"} | options)

    def anthropic(self, **options):
        return self._client(anthropic.Anthropic, {"base_url": self.url} | options)

    def close_clients(self):
        while self.clients:
            self.clients.pop().close()

    def _client(self, kind, options):
        self.clients.append(kind(**{"api_key": "none", "max_retries": 0} | options))
        return self.clients[-1]

    def _resolve(self, name):
        if name not in (None, self.backend.capabilities.name):
            raise ModelUnavailable(f"There is no model {name!r} here. There are: {self.backend.capabilities.name}.")
        return self.backend


@contextmanager
def serving(settings):
    site = Site(settings)
    server = uvicorn.Server(uvicorn.Config(site.app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [site.socket]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield site
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def open_site():
    with serving(Settings(allow_private_urls=False)) as site:
        yield site


@pytest.fixture
def site(open_site):
    open_site.play()
    yield open_site
    open_site.close_clients()


@pytest.fixture(scope="session")
def locked_site():
    with serving(Settings(api_key=("first", "second"))) as site:
        yield site


@pytest.fixture(scope="session")
def embedded_site(embedded):
    """The embedded model behind the API."""
    with serving(Settings()) as site:
        site.backend = embedded
        yield site
        site.close_clients()
