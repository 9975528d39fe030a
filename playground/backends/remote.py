"""A model that other servers run: the best of them is asked, and the next one where it fails before its first token.

Implements `Backend`, so that pages, APIs and the tool loop know no difference. What cannot be had from afar is said
where it is missed: token ids, and with them a replay; an exact count of a prompt's tokens.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any

from playground.backends.backend import Capabilities, TokenCount
from playground.backends.openai_client import ASK_S, OpenAIServer
from playground.backends.remote_card import make_remote_card
from playground.backends.remote_config import ModelConfig
from playground.backends.remote_failures import BackendFailed, may_another
from playground.errors import CallerError, PlaygroundError, UnsupportedInput
from playground.events import Event, Failed, Finished, Usage
from playground.messages import Image, Message, Text, Thinking, ToolCall, ToolResult
from playground.token_trace import NO_TRACE, Trace
from playground.turn import Turn
from playground.wire.openai_chunks import ChunkReader
from playground.wire.openai_request import ChatBody, write_request
from tools.async_loop import AsyncLoop
from tools.time_limit import Cancelled, OutOfTime

FAMILY = "remote"
CONTEXT_TOKENS = 8192
"""Taken for a model of which neither its servers nor the settings say more: small, so that nothing is cut off there."""
BYTES_PER_TOKEN = 4
IMAGE_TOKENS = 280
CHECK_S = 30.0
"""How often the servers are looked at."""


class RemoteBackend:
    """Safe to use from several threads."""

    def __init__(self, config: ModelConfig, loop: AsyncLoop) -> None:
        self.config = config
        self.servers = tuple(OpenAIServer(server, loop) for server in config.servers)
        self._loop = loop
        self._asked_at: float | None = None
        self._asking = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """What the settings say, else the servers that have answered, else a guess."""
        self.check_if_due()
        said = [server.facts for server in self.servers if server.facts is not None]
        config = self.config
        contexts = [facts.context_tokens for facts in said if facts.context_tokens]
        return Capabilities(
            name=config.name,
            family=FAMILY,
            context_tokens=config.context_tokens or min(contexts, default=CONTEXT_TOKENS),
            images=_known(config.images, [facts.images for facts in said]),
            thinking=_known(config.thinking, [facts.thinking for facts in said]),
            tools=_known(config.tools, [facts.tools for facts in said]),
            details={"servers": [server.host for server in self.servers], "context_known": bool(contexts)},
        )

    @property
    def problem(self) -> str:
        """Why no server can answer, in words; empty while one can."""
        return "" if any(not server.problem for server in self.servers) else self.servers[0].problem

    @property
    def was_used(self) -> bool:
        """Whether a server was ever asked, so that there are connections."""
        return self._asked_at is not None

    def check(self) -> None:
        """Ask all servers at once; later checks follow in the background."""
        with self._asking:
            first, self._asked_at = self._asked_at is None, time.monotonic()
        with suppress(OutOfTime, Cancelled):  # each server notes its own silence
            self._loop.run(self._ask_all(), ASK_S * 2 + 1)
        if first:
            self._loop.start(self._keep_checking())

    def check_if_due(self) -> None:
        """Ask the servers when that was never done."""
        if self._asked_at is None:
            self.check()

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """See `Backend.reply`."""
        if turn.raw is not None:
            text = f"{self.config.name} runs on another server, which is not given raw prompts here; send messages."
            yield Failed(UnsupportedInput(text, param="prompt"))
            return
        if turn.begun:
            text = f"{self.config.name} runs on another server, which cannot go on from token ids; use a model here."
            yield Failed(UnsupportedInput(text))
            return
        self.check_if_due()
        turn = replace(turn, options=turn.options.with_seed())
        tried: list[PlaygroundError] = []
        for server in self._in_order():
            attempt = _Attempt(server, turn, cancel, self.config.name, [error.message for error in tried])
            failed = yield from attempt.events()
            if failed is None:
                return
            tried.append(failed)
        yield Failed(_all_failed(self.config.name, tried))

    def trace(self, *_: object) -> Trace:
        """See `Backend.trace`: other servers tell no token ids."""
        raise CallerError(NO_TRACE.format(name=self.capabilities.name))

    def count_tokens(self, turn: Turn) -> TokenCount:
        """See `Backend.count_tokens`. An estimate: four bytes of text a token; only the server has the tokenizer."""
        system = sum(_bytes(message) for message in turn.messages if message.role == "system")
        tools = sum(len(json.dumps([t.name, t.description, dict(t.parameters)]).encode()) for t in turn.tools)
        images = sum(len(message.images) for message in turn.messages) * IMAGE_TOKENS
        text = sum(_bytes(message) + 16 for message in turn.messages)
        total = (text + tools) // BYTES_PER_TOKEN + images
        context = self.capabilities.context_tokens
        return TokenCount(total, system // BYTES_PER_TOKEN, tools // BYTES_PER_TOKEN, images, context)

    def sight(self, image: Image) -> None:  # the protocol's
        """See `Backend.sight`: the server does not say."""

    def close(self) -> None:
        """Close the connections; the loop is its owner's to close."""
        with suppress(OutOfTime, Cancelled):  # the process ends, and the connections with it
            self._loop.run(self._close_all(), ASK_S)

    def _in_order(self) -> Sequence[OpenAIServer]:
        """The servers as they are to be tried: those that failed a moment ago last, else by priority, then by load."""
        return sorted(self.servers, key=lambda server: (server.rests, server.config.priority, server.in_use))

    async def _ask_all(self) -> None:
        await asyncio.gather(*(server.ask() for server in self.servers))

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            await self._ask_all()

    async def _close_all(self) -> None:
        for server in self.servers:
            await server.close()


@dataclass
class _Attempt:
    """One reply of one server."""

    server: OpenAIServer
    turn: Turn
    cancel: threading.Event
    name: str
    failed_before: list[str]

    def events(self) -> Generator[Event, None, PlaygroundError | None]:
        """The reply to its end. The generator's value is the error that another server may be spared, or None."""
        calls = [part.id for message in self.turn.messages for part in message.parts if isinstance(part, ToolCall)]
        reader = ChunkReader(calls, self.turn.prefill)
        clock = _Clock()
        began = False
        try:
            body = write_request(self.turn, self.server.model, self.server.flavour)
            with closing(_closable(self.server.chunks(body.fields, self.cancel))) as chunks:
                for chunk in chunks:
                    for event in reader.read(chunk):
                        began = True
                        clock.tick()
                        yield event
            if not self.cancel.is_set():
                yield from reader.finish()
                self._check_end(reader)
        except PlaygroundError as error:
            if may_another(error):
                self.server.failed(error)
                if not began:
                    return error
            yield Failed(error, (reader.message,) if reader.message.parts else ())
            return None
        self.server.worked()
        yield self._finished(reader, clock, body)
        return None

    def _check_end(self, reader: ChunkReader) -> None:
        """Raises: BackendFailed when the stream just stopped."""
        if reader.was_filtered:
            raise BackendFailed(f"A filter of {self.server.host} ended the reply.")
        if not reader.has_ended:
            raise BackendFailed(f"{self.server.host} broke the reply off without saying why. Try again.")

    def _finished(self, reader: ChunkReader, clock: _Clock, body: ChatBody) -> Finished:
        message = reader.message
        usage = clock.stamped(reader.usage)
        reason = "cancelled" if self.cancel.is_set() else reader.reason
        seed = self.turn.options.seed
        assert seed is not None
        stop = reader.stop if reader.stop in self.turn.options.stop else None
        card = make_remote_card(
            name=self.name,
            host=self.server.host,
            model=self.server.model,
            fingerprint=reader.fingerprint,
            turn=self.turn,
            message=message,
            reason=reason,
            usage=usage,
            not_sent=body.not_sent,
            failed_before=self.failed_before,
        )
        return Finished(reason, (message,) if message.parts else (), usage, seed, stop=stop, card=card)


class _Clock:
    """When the first and the last piece of a reply came, as seen from here: the network and its queue included."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: float | None = None
        self._last = self._began

    def tick(self) -> None:
        self._last = time.monotonic()
        if self._first is None:
            self._first = self._last

    def stamped(self, usage: Usage) -> Usage:
        """The counts with the times."""
        if self._first is None:
            return usage
        waited = self._first - self._began
        return replace(usage, first_token_s=waited, prefill_s=waited, decode_s=self._last - self._first)


def _known(setting: bool | None, said: Sequence[bool | None]) -> bool:
    """The setting; else whether all servers that say something say yes; else yes, as the server refuses what it cannot.

    A no that nobody said would take a switch away that may well work.
    """
    if setting is not None:
        return setting
    return all(one for one in said if one is not None)


def _all_failed(name: str, tried: Sequence[PlaygroundError]) -> PlaygroundError:
    if len(tried) == 1:
        return tried[0]
    said = " ".join(error.message for error in tried)
    return BackendFailed(f"None of the {len(tried)} servers that run {name} answered. {said}")


def _bytes(message: Message) -> int:
    size = 0
    for part in message.parts:
        match part:
            case Text(text) | Thinking(text) | ToolResult(text=text):
                size += len(text.encode("utf-8", "replace"))
            case ToolCall():
                size += len(json.dumps(dict(part.arguments)).encode()) + len(part.name)
            case _:
                pass
    return size


def _closable(chunks: Iterator[Mapping[str, Any]]) -> Generator[Mapping[str, Any], None, None]:
    """The chunks as a generator: closing it closes the connection."""
    yield from chunks
