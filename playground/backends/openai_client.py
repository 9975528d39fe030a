"""One server that speaks OpenAI's protocol, through the official client: what it can do, and its streams of chunks.

Everything runs in one asyncio loop, so that a reply that nobody wants any more closes its connection at once, which is
how servers learn to stop.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeAlias

import openai

from playground.backends.remote_config import ServerConfig
from playground.backends.remote_failures import explain
from playground.backends.server_facts import Facts, names, read_capabilities, read_models
from playground.errors import ModelUnavailable, PlaygroundError
from playground.wire.openai_flavours import FLAVOURS, Flavour
from tools.async_loop import AsyncLoop

CONNECT_S = 5.0
ASK_S = 5.0
POLL_S = 0.02
REST_S = 30.0
"""How long a server that failed is asked last."""
STANDARD = {
    *("model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "seed", "stop"),
    *("presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "response_format"),
    *("tools", "tool_choice", "parallel_tool_calls", "reasoning_effort"),
}
"""Fields that the client knows; the others travel in its `extra_body`."""

_News: TypeAlias = "Mapping[str, Any] | PlaygroundError | None"


class OpenAIServer:
    """Safe to use from any thread. `problem` says in words why it is thought to be down; empty when it is not."""

    def __init__(self, config: ServerConfig, loop: AsyncLoop) -> None:
        self.config = config
        self.facts: Facts | None = None
        self.problem = ""
        self.in_use = 0
        self._failed_at: float | None = None
        self._loop = loop
        self._client: openai.AsyncOpenAI | None = None
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """How people are told of it."""
        return self.config.host

    @property
    def model(self) -> str:
        """The model's name there."""
        return self.config.model or (self.facts.model if self.facts else "")

    @property
    def flavour(self) -> Flavour:
        """What it understands besides the protocol."""
        return FLAVOURS[self.config.kind or (self.facts.kind if self.facts else "openai")]

    @property
    def rests(self) -> bool:
        """Whether it failed a moment ago."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < REST_S

    def worked(self) -> None:
        """Note that it answers."""
        self._failed_at, self.problem = None, ""

    def failed(self, error: PlaygroundError) -> None:
        """Note that it does not."""
        self._failed_at, self.problem = time.monotonic(), error.message

    async def ask(self) -> None:
        """Look whether it is up and what it says of the model; the answer is kept, and so is a failure."""
        try:
            self.facts = await self._facts()
        except PlaygroundError as error:
            self.failed(error)
        else:
            self.worked()

    def chunks(self, body: Mapping[str, Any], cancel: threading.Event) -> Iterator[Mapping[str, Any]]:
        """The chunks of one reply. Setting `cancel`, or closing the iterator, closes the connection.

        Raises: PlaygroundError in plain words.
        """
        news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        with self._lock:
            self.in_use += 1
        pump = self._loop.start(self._pump(body, news))
        try:
            while not cancel.is_set():
                try:
                    item = news.get(timeout=POLL_S)
                except queue.Empty:
                    continue
                if item is None:
                    return
                if isinstance(item, PlaygroundError):
                    raise item
                yield item
        finally:
            pump.cancel()
            with self._lock:
                self.in_use -= 1

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.close()

    async def _pump(self, body: Mapping[str, Any], news: queue.SimpleQueue[_News]) -> None:
        fields = {name: value for name, value in body.items() if name in STANDARD}
        extra = {name: value for name, value in body.items() if name not in STANDARD}
        try:
            stream = await self._open().chat.completions.create(**fields, extra_body=extra)
            async with stream:
                async for chunk in stream:
                    news.put(chunk.to_dict())
        except Exception as error:
            news.put(explain(error, self.host, self.model))
        finally:
            news.put(None)

    def _open(self) -> openai.AsyncOpenAI:
        """The client; made in the loop that it lives in."""
        if self._client is None:
            self._client = openai.AsyncOpenAI(
                base_url=self.config.url,
                api_key=self.config.secret or "none",
                default_headers=dict(self.config.headers),
                timeout=openai.Timeout(self.config.timeout_s, connect=CONNECT_S),
                max_retries=0,  # another server is the better second try
            )
        return self._client

    async def _facts(self) -> Facts:
        """Raises: PlaygroundError."""
        listed = await self._get("/models")
        facts = read_models(listed, self.config.model, self.host)
        if facts is None:
            there = ", ".join(names(listed)[:8]) or "none"
            wanted = self.config.model
            raise ModelUnavailable(f"{self.host} lists no model {wanted!r}. It lists: {there}.")
        if facts.kind == "playground":
            with suppress(PlaygroundError):  # the list alone will do
                facts = replace(facts, **read_capabilities(await self._get("/capabilities"), facts.model))
        return facts

    async def _get(self, path: str) -> Any:
        try:
            return await self._open().with_options(timeout=ASK_S).get(path, cast_to=object)
        except Exception as error:
            raise explain(error, self.host, self.model or "the model") from error
